package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

// result is what became of a mutant.
type result struct {
	*mutant
	outcome
	tests int // that reach it
}

// outcome is how a run of tests went.
type outcome struct {
	killed bool
	by     string // the test that failed, or why the run ended
	ended  bool   // for a limit
}

const (
	// A run may take runFactor times what its tests took, and runLeast; what takes longer has changed so much that it hangs.
	runFactor = 4
	runLeast  = 15 * time.Second
	// firstBatch is how long the tests take that are tried together at first. Each further batch takes twice as long.
	firstBatch = time.Second
	// doubts is how often a change is tried again because what failed for it fails without it, too.
	doubts = 3
)

// try tries changes.
func (w *workshop) try(ctx context.Context, chosen []*mutant, workers int) (results []result) {
	var mu sync.Mutex
	next := make(chan *mutant)
	var all sync.WaitGroup
	for range max(workers, 1) {
		all.Go(func() {
			for m := range next {
				began := time.Now()
				r := w.tryOne(ctx, m)
				if ctx.Err() != nil {
					return
				}
				mu.Lock()
				results = append(results, r)
				w.say(len(results), len(chosen), &r, time.Since(began))
				mu.Unlock()
			}
		})
	}
	for _, m := range chosen {
		select {
		case next <- m:
		case <-ctx.Done():
		}
	}
	close(next)
	all.Wait()
	slices.SortFunc(results, func(a, b result) int { return a.id - b.id })
	return results
}

func (w *workshop) say(n, of int, r *result, took time.Duration) {
	end := "survived"
	if r.killed {
		end = "killed by " + r.by
	}
	fmt.Fprintf(w.log, "%d of %d: %s: %s (%.1f s)\n", n, of, r.place(), end, took.Seconds())
}

// tryOne runs the tests that reach a change, until one fails.
func (w *workshop) tryOne(ctx context.Context, m *mutant) result {
	tests := w.reaching(m)
	r := result{mutant: m, tests: len(tests)}
	for limit := firstBatch; len(tests) > 0 && !r.killed && ctx.Err() == nil; limit *= 2 {
		n, took := 0, time.Duration(0)
		for n < len(tests) && (n == 0 || took+tests[n].Took <= limit) {
			took += tests[n].Took
			n++
		}
		for range doubts {
			if r.outcome = w.runBatch(ctx, m.id, tests[:n], took); !r.killed || ctx.Err() != nil || w.trusted(ctx, &r.outcome) {
				break
			}
			r.outcome = outcome{}
		}
		tests = tests[n:]
	}
	return r
}

// trusted tells whether what failed passes without a change.
func (w *workshop) trusted(ctx context.Context, o *outcome) bool {
	i := slices.IndexFunc(w.tests, func(t *test) bool { return t.Name == o.by })
	return i < 0 || !w.runBatch(ctx, noMutant, w.tests[i:i+1], w.tests[i].Took).killed
}

// runBatch runs tests with a change made, and says what failed.
func (w *workshop) runBatch(ctx context.Context, id int, tests []*test, took time.Duration) outcome {
	var names []string
	for _, t := range tests {
		names = append(names, t.Name)
	}
	limit := w.least + runFactor*took
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errTime)
	defer cancel()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	cmd := w.command(ctx, "-test.run", "^("+strings.Join(names, "|")+")$", "-test.failfast", "-test.timeout", "0")
	cmd.Env = append(os.Environ(), makes(id))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		return outcome{killed: true, by: err.Error()}
	}
	done := make(chan struct{})
	go watch(cmd.Process.Pid, bounds{memory: memoryLimit, idle: w.idle + 2*took}, done, stop)
	err := cmd.Wait()
	close(done)
	switch cause := context.Cause(ctx); {
	case err == nil, errors.Is(err, exec.ErrWaitDelay): // which is a process of the test's that has not ended yet
		return outcome{}
	case errors.As(cause, new(limitError)):
		return outcome{killed: true, by: cause.Error(), ended: true}
	}
	if names := failed(out.String()); len(names) > 0 {
		return outcome{killed: true, by: names[0]}
	}
	return outcome{killed: true, by: reason(out.String(), err)}
}
