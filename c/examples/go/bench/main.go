// Command bench measures the whole job on the bodies of a folder, as tests/bench/bench.c does: one line of JSON for each size.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"yunowebhooks.example/yuno"
)

const (
	secret = "a-bench-secret"
	rounds = 31
)

// What is read goes here, so that no compiler leaves it out.
var seen int

func main() {
	if len(os.Args) != 2 {
		fail("give the folder of the bodies")
	}
	verifier := must(yuno.NewVerifier(yuno.VerifierOptions{HMACSecrets: []string{secret}}))
	for _, size := range []string{"1KiB", "6KiB", "64KiB"} {
		body := must(os.ReadFile(filepath.Join(os.Args[1], size+".json")))
		headers := map[string][]string{
			"Host":             {"shop.example"},
			"Content-Type":     {"application/json"},
			"X-Hmac-Signature": {yuno.Sign(body, secret)},
		}
		count := 20_000_000 / (len(body) + 1500)
		measure(verifier, body, headers, count) // warm
		ours := make([]float64, rounds)
		for round := range ours {
			ours[round] = measure(verifier, body, headers, count)
		}
		slices.Sort(ours)
		fmt.Printf("{\"surface\":\"Go\",\"size\":%q,\"task\":\"view and key\",\"ours_us\":%f}\n", size, ours[rounds/2])
	}
}

// CPU time of one job, in microseconds, with what the garbage collector takes for it.
func measure(verifier *yuno.Verifier, body []byte, headers map[string][]string, count int) float64 {
	start := cpu()
	for range count {
		event := must(verifier.Verify(body, headers))
		resource := event.Resource
		seen = len(event.Kind) + len(resource.ID.V) + len(resource.Status.V) + len(resource.SubStatus.V) + len(resource.Amount.Value) +
			len(resource.Transaction.Type.V) + len(event.DedupeKey) + resource.UpdatedAt.V.Nanosecond()
	}
	return float64((cpu() - start).Nanoseconds()) / 1e3 / float64(count)
}

// CPU time of the process.
func cpu() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		fail(err.Error())
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func fail(what string) {
	fmt.Fprintln(os.Stderr, "bench:", what)
	os.Exit(1)
}

func must[T any](value T, err error) T {
	if err != nil {
		fail(err.Error())
	}
	return value
}
