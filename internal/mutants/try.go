package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// result is what became of a change.
type result struct {
	*mutant
	killed bool
	by     string // the test that failed, or what ended the run
	tests  int    // that reach it
}

const (
	// A run may take runFactor times what its tests took, and runLeast; what takes longer has changed so much that it hangs.
	runFactor = 8
	runLeast  = 20 * time.Second
	// memoryLimit is how much memory a run may take, which a loop that does not end fills soon.
	memoryLimit = 4 << 30
	memoryLook  = 200 * time.Millisecond
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
				r := w.tryOne(ctx, m)
				if ctx.Err() != nil {
					return
				}
				mu.Lock()
				results = append(results, r)
				w.say(len(results), len(chosen), &r)
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

func (w *workshop) say(n, of int, r *result) {
	end := "survived"
	if r.killed {
		end = "killed by " + r.by
	}
	fmt.Fprintf(w.log, "%d of %d: %s: %s\n", n, of, r.place(), end)
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
			if r.by, r.killed = w.runBatch(ctx, m.id, tests[:n], took); !r.killed || ctx.Err() != nil || w.trusted(ctx, r.by) {
				break
			}
			r.killed = false
		}
		tests = tests[n:]
	}
	return r
}

// trusted tells whether a test passes without a change. A run that had to be ended counts.
func (w *workshop) trusted(ctx context.Context, name string) bool {
	if !strings.HasPrefix(name, "Test") && !strings.HasPrefix(name, "Fuzz") && !strings.HasPrefix(name, "Example") {
		return true
	}
	i := slices.IndexFunc(w.tests, func(t *test) bool { return t.Name == name })
	if i < 0 {
		return true
	}
	_, fails := w.runBatch(ctx, -1, w.tests[i:i+1], w.tests[i].Took)
	return !fails
}

// runBatch runs tests with a change made, and says what failed.
func (w *workshop) runBatch(ctx context.Context, id int, tests []*test, took time.Duration) (by string, failing bool) {
	var names []string
	for _, t := range tests {
		names = append(names, t.Name)
	}
	limit := runLeast + runFactor*took
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errTime)
	defer cancel()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	cmd := w.command(ctx, "-test.run", "^("+strings.Join(names, "|")+")$", "-test.failfast", "-test.timeout", "0")
	cmd.Env = append(os.Environ(), makes(id))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		return err.Error(), true
	}
	done := make(chan struct{})
	go watchMemory(cmd.Process.Pid, done, func() { stop(errMemory) })
	err := cmd.Wait()
	close(done)
	switch cause := context.Cause(ctx); {
	case err == nil:
		return "", false
	case cause == errTime || cause == errMemory:
		return cause.Error(), true
	}
	if names := failed(out.String()); len(names) > 0 {
		return names[0], true
	}
	return reason(out.String(), err), true
}

// watchMemory calls stop when a process takes too much memory, until it is done.
func watchMemory(pid int, done <-chan struct{}, stop func()) {
	tick := time.NewTicker(memoryLook)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			if resident(pid) > memoryLimit {
				stop()
			}
		}
	}
}

type limitError string

func (e limitError) Error() string { return string(e) }

const (
	errTime   = limitError("time")
	errMemory = limitError("memory")
)

// resident is how much memory a process has, 0 where the system does not tell.
func resident(pid int) int {
	data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "statm"))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(data))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.Atoi(fields[1])
	return pages * os.Getpagesize()
}
