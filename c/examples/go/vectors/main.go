// Command vectors runs the cases that it reads from its input and writes what it saw, as c/tests/conformance.c does: a generic runner that knows no
// expectation. Input: records "<name> <length>\n<bytes>\n"; a case ends with the record "end". Output: "<name> <type><length>\n<bytes>\n" with the types
// s (text), n (number), b (bool) and 0 (absent).
package main

import (
	"bufio"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"slices"
	"strconv"
	"time"

	"yunowebhooks.example/yuno"
)

type record struct{ name, value string }

// A case's records, in their order.
type records []record

var (
	in  = bufio.NewReader(os.Stdin)
	out = bufio.NewWriter(os.Stdout)
)

func main() {
	operations := map[string]func(records) error{
		"sign": runSign, "verify": runVerify, "parse": runParse, "keys": runPair, "recency": runPair, "admit": runAdmit, "finality": runFinality,
		"reply": runReply, "schedule": runSchedule, "error": runError, "catalog": runCatalog,
	}
	for own := readCase(); own != nil; own = readCase() {
		run := operations[own.get("operation")]
		if run == nil {
			fail("no such operation")
		}
		if err := run(own); err != nil {
			say("error", codeOf(err).Name())
		}
		say("end", "")
	}
	if err := out.Flush(); err != nil {
		fail(err.Error())
	}
}

func fail(why string) {
	fmt.Fprintln(os.Stderr, "vectors:", why)
	os.Exit(1)
}

func must[T any](value T, err error) T {
	if err != nil {
		fail(err.Error())
	}
	return value
}

func codeOf(err error) yuno.Code {
	var own *yuno.Error
	if !errors.As(err, &own) || !errors.Is(err, own.Code) {
		fail(err.Error())
	}
	return own.Code
}

// --- in ---

// nil at the end of the input.
func readCase() records {
	own := records{}
	for {
		var name string
		var length int
		if _, err := fmt.Fscanf(in, "%s %d\n", &name, &length); err == io.EOF && len(own) == 0 {
			return nil
		} else if err != nil {
			fail(err.Error())
		}
		value := make([]byte, length+1)
		must(io.ReadFull(in, value))
		if name == "end" {
			return own
		}
		own = append(own, record{name, string(value[:length])})
	}
}

func (r records) find(name string) (string, bool) {
	place := slices.IndexFunc(r, func(own record) bool { return own.name == name })
	if place < 0 {
		return "", false
	}
	return r[place].value, true
}

func (r records) get(name string) string {
	value, _ := r.find(name)
	return value
}

func (r records) is(name string) bool { return r.get(name) == "true" }

func (r records) body(name string) []byte { return []byte(r.get(name)) }

// The values of a name; empty, but not nil, if there are none.
func (r records) all(name string) []string {
	values := []string{}
	for _, own := range r {
		if own.name == name {
			values = append(values, own.value)
		}
	}
	return values
}

func (r records) times(name string) []time.Duration {
	values := []time.Duration{}
	for _, text := range r.all(name) {
		values = append(values, time.Duration(number(text))*time.Second)
	}
	return values
}

func number(text string) uint64 { return must(strconv.ParseUint(text, 10, 64)) }

// --- out ---

func write(name string, kind byte, text string) {
	fmt.Fprintf(out, "%s %c%d\n%s\n", name, kind, len(text), text)
}

func say(name, text string) { write(name, 's', text) }

func sayAbsent(name string) { write(name, '0', "") }

func sayOptional(name string, text sql.Null[string]) {
	if text.Valid {
		say(name, text.V)
	} else {
		sayAbsent(name)
	}
}

func sayNumber[T int | int64 | uint | uint32](name string, number T) {
	write(name, 'n', fmt.Sprint(number))
}

func sayOptionalNumber[T uint | uint32](name string, number sql.Null[T]) {
	if number.Valid {
		sayNumber(name, number.V)
	} else {
		sayAbsent(name)
	}
}

func sayTime(name string, own time.Duration) { sayNumber(name, int64(own/time.Second)) }

func sayBool(name string, value bool) { write(name, 'b', strconv.FormatBool(value)) }

func sayInstant(name string, instant sql.Null[time.Time]) {
	if instant.Valid {
		say(name, strconv.FormatInt(instant.V.UnixNano(), 10))
	} else {
		sayAbsent(name)
	}
}

func sayAmount(name string, amount *yuno.Amount) {
	if amount == nil {
		amount = &yuno.Amount{}
		sayAbsent(name + ".value")
	} else {
		say(name+".value", amount.Value)
	}
	sayOptional(name+".currency", amount.Currency)
	sayOptional(name+".minor_units", digits(amount.MinorUnits))
}

func digits(number *big.Int) sql.Null[string] {
	if number == nil {
		return sql.Null[string]{}
	}
	return sql.Null[string]{V: number.String(), Valid: true}
}

func sayEvent(event *yuno.Event) {
	resource, transaction := event.Resource, event.Resource.Transaction
	if transaction == nil {
		transaction = &yuno.Transaction{}
	}
	say("event/kind", event.Kind)
	sayOptional("event/sent_name", event.SentName)
	say("event/shape", event.Shape)
	sayOptional("event/account_id", event.AccountID)
	say("event/finality", event.Finality)
	say("event/dedupe_key", event.DedupeKey)
	sayOptional("event/published_key", event.PublishedKey)
	say("event/resource.kind", resource.Kind)
	sayOptional("event/resource.id", resource.ID)
	sayOptional("event/resource.status", resource.Status)
	sayOptional("event/resource.sub_status", resource.SubStatus)
	sayOptional("event/resource.merchant_reference", resource.MerchantReference)
	sayOptional("event/resource.idempotency_key", resource.IdempotencyKey)
	sayAmount("event/resource.amount", resource.Amount)
	sayOptional("event/resource.transaction.id", transaction.ID)
	sayOptional("event/resource.transaction.type", transaction.Type)
	sayOptional("event/resource.transaction.status", transaction.Status)
	sayAmount("event/resource.transaction.amount", transaction.Amount)
	say("event/data", string(event.Data()))
	sayInstant("event/resource.created_at_ns", resource.CreatedAt)
	sayInstant("event/resource.updated_at_ns", resource.UpdatedAt)
	sayInstant("event/resource.transaction.updated_at_ns", transaction.UpdatedAt)
	sayOptionalNumber("event/retry", event.Retry)
	sayOptionalNumber("event/version", event.Version)
	sayOptionalNumber("event/secret_index", event.SecretIndex)
	sayBool("event/signed", event.Signed)
	sayBool("event/repeatable", event.Repeatable)

	latest := resource.UpdatedAt
	if transaction.UpdatedAt.V.After(latest.V) || !latest.Valid {
		latest = transaction.UpdatedAt
	}
	if event.ChangedAt != latest {
		fail("another change")
	}
}

// --- operations ---

func runSign(r records) error {
	say("signature", yuno.Sign(r.body("body"), r.get("secret")))
	return nil
}

func (r records) verifier() (*yuno.Verifier, error) {
	if r.is("environment") {
		for _, name := range []string{"YUNO_WEBHOOK_HMAC_SECRET", "YUNO_WEBHOOK_API_KEY", "YUNO_WEBHOOK_X_SECRET", "YUNO_WEBHOOK_UNSIGNED"} {
			os.Unsetenv(name)
			if value, ok := r.find(name); ok {
				os.Setenv(name, value)
			}
		}
		return yuno.VerifierFromEnv()
	}
	set := func(name string) []string {
		if !r.is("has_" + name) {
			return nil
		}
		return r.all(name)
	}
	options := yuno.VerifierOptions{HMACSecrets: set("hmac_secret"), APIKeys: set("api_key"), XSecrets: set("x_secret"), Unsigned: r.is("unsigned")}
	for place, own := range r {
		if own.name == "required_header" {
			rest := r[place+1:]
			if end := slices.IndexFunc(rest, func(own record) bool { return own.name != "required_value" }); end >= 0 {
				rest = rest[:end]
			}
			options.RequiredHeaders = append(options.RequiredHeaders, yuno.RequiredHeader{Name: own.value, Values: rest.all("required_value")})
		}
	}
	if text, ok := r.find("max_body_bytes"); ok {
		limit := uint(number(text))
		options.MaxBodyBytes = &limit
	}
	return yuno.NewVerifier(options)
}

func runVerify(r records) error {
	verifier, err := r.verifier()
	if err != nil {
		return err
	}
	defer verifier.Close()
	headers, values := map[string][]string{}, r.all("header_value")
	for place, name := range r.all("header_name") {
		headers[name] = append(headers[name], values[place])
	}
	event, err := verifier.Verify(r.body("body"), headers)
	if err == nil {
		sayEvent(event)
	}
	return err
}

func runAdmit(r records) error {
	verifier, err := append(records{{"has_hmac_secret", "true"}, {"hmac_secret", "whsec-one"}}, r...).verifier()
	if err != nil {
		return err
	}
	defer verifier.Close()
	if err := verifier.Admit(r.get("content_length"), r.get("content_encoding")); err != nil {
		return err
	}
	sayBool("admitted", true)
	return nil
}

func runParse(r records) error {
	event, err := yuno.ParseUnverified(r.body("body"))
	if err == nil {
		sayEvent(event)
	}
	return err
}

func runPair(r records) error {
	recencies := []string{"unordered", "same", "newer", "older", "unrelated"}
	first, second := must(yuno.ParseUnverified(r.body("first"))), must(yuno.ParseUnverified(r.body("second")))
	say("first", first.DedupeKey)
	say("second", second.DedupeKey)
	sayOptional("first_published", first.PublishedKey)
	sayOptional("second_published", second.PublishedKey)
	sayBool("same", first.DedupeKey == second.DedupeKey)
	recency := first.CompareRecency(second)
	say("first_to_second", recencies[recency])
	say("second_to_first", recencies[second.CompareRecency(first)])
	newer, told := first.IsNewerThan(second)
	if told != (recency != yuno.Unordered && recency != yuno.Unrelated) || newer != (recency == yuno.Newer) {
		fail("another order")
	}
	return nil
}

func runFinality(r records) error {
	say("finality", yuno.Finality(r.get("family"), r.get("status"), r.get("sub_status")))
	return nil
}

func runReply(r records) error {
	reply := yuno.Received()
	if name, ok := r.find("error"); ok {
		code, ok := yuno.CodeNamed(name)
		if !ok {
			fail("no such error")
		}
		var err error = &yuno.Error{Code: code, EmptyBody: r.is("empty_body")}
		if r.is("empty_body") && code == yuno.BodyNotJSON {
			_, err = yuno.ParseUnverified(nil) // as a receiver gets it
		}
		reply = yuno.ReplyToError(err, r.is("stored"))
	}
	sayNumber("status", reply.Status)
	say("body", reply.Body)
	return nil
}

func runSchedule(r records) error {
	since := yuno.SincePreviousTry
	if r.get("since") == "first_try" {
		since = yuno.SinceFirstTry
	}
	schedule, err := yuno.NewSchedule(since, r.times("delay"), r.times("wait"))
	if err != nil {
		return err
	}
	for _, retention := range r.times("retention") {
		if err := schedule.CheckRetention(retention); err != nil {
			say("error", codeOf(err).Name())
		}
	}
	for retry, offset := range schedule.Offsets() {
		sayTime("offsets_seconds[]", offset)
		sayTime("waits_seconds[]", schedule.AcknowledgementWait(uint32(retry)))
	}
	sayTime("total_seconds", schedule.Total())
	sayTime("minimum_retention_seconds", schedule.MinimumRetention())
	return nil
}

func runError(r records) error {
	code, ok := yuno.CodeNamed(r.get("code"))
	if !ok || !slices.Contains(yuno.Codes(), code) || code.Message() == "" {
		fail("an error that is not in the table")
	}
	sayNumber("number", int(code))
	say("stage", code.Stage())
	sayNumber("http_status", code.HTTPStatus())
	return nil
}

func runCatalog(r records) error {
	spelling := r.get("spelling")
	for _, row := range yuno.Catalog() {
		if !slices.Contains(row.Spellings, spelling) {
			continue
		}
		say("kind", row.Kind)
		say("family", row.Family)
		if row.Trigger == nil {
			sayAbsent("trigger")
		} else {
			say("trigger[]", row.Trigger.Field)
			say("trigger[]", row.Trigger.Value)
		}
		return nil
	}
	say("kind", "unknown")
	sayAbsent("family")
	sayAbsent("trigger")
	return nil
}
