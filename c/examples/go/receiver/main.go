// Command receiver takes the provider's deliveries with net/http: POST /webhooks/yuno on the port PORT of this machine. The variables
// YUNO_WEBHOOK_HMAC_SECRET and the like say what it accepts. It prints a line for each delivery.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"yunowebhooks.example/yuno"
)

const path = "/webhooks/yuno"

// handle is where your work goes: commit the event's DedupeKey and its effect in one transaction of your database, unless the key is there already.
// Until that is done, return an error: the answer is then TryAgain (503), and the provider sends again.
func handle(*yuno.Event) error { return nil }

func main() {
	port, err := strconv.ParseUint(os.Getenv("PORT"), 10, 16)
	if err != nil {
		exit(2, "set PORT to the port to listen on, such as PORT=8080")
	}
	verifier, err := yuno.VerifierFromEnv()
	if err != nil {
		exit(1, err.Error())
	}
	// A client that is slow or silent must not hold a connection for ever. The provider itself gives up after some seconds.
	server := &http.Server{Addr: fmt.Sprintf("127.0.0.1:%d", port), Handler: receiver{verifier}, ReadTimeout: 10 * time.Second, IdleTimeout: time.Minute}

	ended, _ := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		<-ended.Done()
		grace, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		server.Shutdown(grace)
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		exit(1, err.Error())
	}
	<-stopped
}

func exit(code int, why string) {
	fmt.Fprintln(os.Stderr, "receiver:", why)
	os.Exit(code)
}

type receiver struct{ verifier *yuno.Verifier }

func (r receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	switch {
	case request.URL.Path != path:
		w.WriteHeader(http.StatusNotFound)
	case request.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		w.WriteHeader(http.StatusMethodNotAllowed)
	default:
		line, reply, whole := r.receive(request)
		os.Stdout.WriteString(line + "\n")
		if !whole { // the server would wait for the rest
			w.Header().Set("Connection", "close")
			http.NewResponseController(w).SetReadDeadline(time.Now().Add(time.Second / 2))
		}
		if reply.Body != "" {
			w.Header().Set("Content-Type", "application/json")
		}
		w.WriteHeader(reply.Status)
		io.WriteString(w, reply.Body)
	}
}

// receive decides about a delivery: the line to print, the reply, and whether the body was read to its end.
func (r receiver) receive(request *http.Request) (line string, reply yuno.Reply, whole bool) {
	defer func() {
		if failure := recover(); failure != nil {
			debug.PrintStack() // and not the failure, which may quote what the delivery brought
			line, reply = "refused\t-", yuno.TryAgain()
		}
	}()
	encodings := strings.Join(request.Header.Values("Content-Encoding"), ", ")
	if err := r.verifier.Admit(request.Header.Get("Content-Length"), encodings); err != nil {
		line, reply = refuse(err)
		return line, reply, false
	}
	// One byte more than the limit is enough for Verify to see that the body is too large.
	limit := r.verifier.MaxBodyBytes()
	body, err := io.ReadAll(io.LimitReader(request.Body, int64(limit)+1))
	if err != nil { // it broke off, or is no HTTP: a part of a body is never verified
		return "refused\t-", yuno.Reply{Status: http.StatusBadRequest}, false
	}
	whole = uint(len(body)) <= limit
	event, err := r.verifier.Verify(body, request.Header)
	if err != nil {
		line, reply = refuse(err)
		return line, reply, whole
	}
	if err := handle(event); err != nil {
		return "refused\t-", yuno.TryAgain(), whole
	}
	line = fmt.Sprintf("accepted\t%s\t%s\t%s\t%s", event.Kind, field(event.Resource.ID), field(event.Resource.Status), event.DedupeKey)
	return line, yuno.Received(), whole
}

// Where the stage is "payload", the delivery is authentic but no event: keep its bytes for a person to look at, and give ReplyToError true if you have.
func refuse(err error) (line string, reply yuno.Reply) {
	text := "-" // of another error, which may quote what the delivery brought
	var own *yuno.Error
	if errors.As(err, &own) {
		text = own.Error()
	}
	return "refused\t" + text, yuno.ReplyToError(err, false)
}

// A text of the delivery on one line; "-" for one that is absent.
func field(text sql.Null[string]) string {
	if !text.Valid {
		return "-"
	}
	return strings.Map(func(char rune) rune {
		if char < ' ' || char == 0x7f {
			return '?'
		}
		return char
	}, text.V)
}
