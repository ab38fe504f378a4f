//go:build simulate

package shard

import (
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"switchyard/internal/simulate"
)

// A deterministic simulation of the router: shards and their waiters, the event loops and sessions of package engine with their
// flow control, the store, sockets and clients. Each goroutine is an actor that is run one step at a time, in an order that a
// seed chooses; between any two operations on what they share anybody else may go on (package simulate). The limits of both
// packages are small (weave/packages.go), so that windows, rings and lanes are full all the time.
//
//	clients ─▶ sockets ─▶ loops ─▶ rings ─▶ shards ─▶ waiters ─▶ tap ─▶ loops ─▶ sockets ─▶ clients
//	driver    simnet      engine             └── simstore ──┘    │ simfollow                driver
//	                                                             └▶ model
//
// The driver, which is the test, makes some steps of its own in between (simstep_test.go): it gives commands for the clients, has them
// read, stop, go and come back, holds commits, breaks and mends the disk, sets the clock, has time pass, stops and starts the
// router. Kinds of steps and commands have other weights in each seed; some have none.
//
// What has to hold:
//
//   - answers and events are what the model of the model check says, in the order in which each shard gives them
//     (simfollow_test.go), and what is stored in the end is what the model says. A queue of which a command failed is in
//     doubt until the next rest: what was answered holds all the same (simdoubt_test.go);
//   - every reply of a shard comes out of its socket once, in the shard's order; every command has one answer (simclient_test.go);
//   - at rest, when nothing holds anybody up, all is answered, no window is taken, no connection waits, every subscriber
//     has been told of the message that waits, and no more queues are in memory than have to be (simrest_test.go);
//   - nobody panics, and the router stops and comes to rest within a bound of steps.
//
// Loose runs are the same with goroutines that run as they like, in a bubble of testing/synctest: they are for the race detector.

var (
	simSeeds = flag.Uint64("simulate.seeds", 100, "how many seeds are simulated")
	simFirst = flag.Uint64("simulate.first", 1, "the first seed")
	simCount = flag.Int("simulate.steps", 60, "steps of the driver with each seed")
	simOnly  = flag.String("simulate.only", "", "numbers of the steps of the driver that are made, separated by commas; empty: all")
	simTrace = flag.Int("simulate.trace", 80, "how many of the last events, and of the last points, are printed of a seed that fails")
	simFails = flag.Int("simulate.failures", 1, "how many seeds fail before it ends")
	simLoose = flag.Bool("simulate.loose", false, "let goroutines run as they like, for the race detector")
)

// Simulate runs the seeds.
func Simulate(t *testing.T, engine func(*Set, SimLimits) SimRouter) {
	var steps []int
	for n := range *simCount {
		steps = append(steps, n)
	}
	if *simOnly != "" {
		steps = nil
		for s := range strings.SplitSeq(*simOnly, ",") {
			n, err := strconv.Atoi(s)
			if err != nil {
				t.Fatal("-simulate.only: ", err)
			}
			steps = append(steps, n)
		}
	}
	points, failures := 0, 0
	for seed := *simFirst; seed < *simFirst+*simSeeds; seed++ {
		run := simRun{seed: seed, steps: steps, engine: engine}
		if *simLoose {
			simulate.Jitter = int(1 + seed%20)
			synctest.Test(t, func(*testing.T) { run.loose() })
		} else {
			run.strict()
		}
		points += run.points
		if run.fault == "" {
			continue
		}
		run.report(t)
		if failures++; failures >= *simFails {
			return
		}
	}
	t.Logf("%d seeds, %d steps", *simSeeds, points)
}

// simRun is a run with a seed, and what came of it.
type simRun struct {
	seed   uint64
	steps  []int // of the driver
	engine func(*Set, SimLimits) SimRouter

	fault  string // empty: none
	at     int    // how many steps were made
	trace  string
	sum    uint64
	points int
}

// strict is a run whose actors make their steps one after the other.
func (r *simRun) strict() {
	v := &verdict{}
	w := newSimulation(v, r.seed, false, r.engine)
	defer func() {
		r.fault, r.sum, r.points = v.text, w.sim.Sum(), w.sim.Steps()
		if r.fault != "" {
			r.trace = w.trace(*simTrace, *simTrace)
		}
		w.sim.End()
	}()
	r.drive(w)
}

// loose is a run whose goroutines run as they like, in a bubble.
func (r *simRun) loose() {
	v := &verdict{}
	w := newSimulation(v, r.seed, true, r.engine)
	r.drive(w)
	r.fault, r.trace = v.text, w.trace(*simTrace, 0)
	if r.fault != "" {
		w.abandon()
	}
}

// drive makes the steps of the driver. It ends with the first fault.
func (r *simRun) drive(w *simulation) {
	defer func() {
		if why := recover(); why != nil && why != any(failure{}) {
			panic(why)
		}
	}()
	w.start()
	w.settle()
	for i := range 1 + w.IntN(w.most) {
		w.create(w.ends[i%len(w.ends)], true)
		w.settle()
	}
	for i, n := range r.steps {
		r.at = i + 1
		w.makeStep(n)
	}
	w.drain()
	w.stop()
}

// report says how to repeat a run that has failed, with as few steps as fail.
func (r *simRun) report(t *testing.T) {
	if !*simLoose {
		r.shrink()
	}
	var only []string
	for _, n := range r.steps {
		only = append(only, strconv.Itoa(n))
	}
	command := fmt.Sprintf("go run ./internal/simulate/weave ./shard -run '^%s$' -args -simulate.first %d -simulate.seeds 1 -simulate.only %s",
		t.Name(), r.seed, strings.Join(only, ","))
	if *simLoose {
		command += " -simulate.loose"
	}
	t.Errorf("seed %d: %s\nagain: %s\nwhat happened last:\n%s", r.seed, r.fault, command, r.trace)
}

// shrinkRuns is how many runs are spent on a shorter one.
const shrinkRuns = 300

// shrink leaves out steps of the driver without which the seed fails, too.
func (r *simRun) shrink() {
	r.steps = r.steps[:r.at]
	runs := 0
	for size := max(1, len(r.steps)/2); size > 0; size /= 2 {
		for at := 0; at < len(r.steps) && runs < shrinkRuns; runs++ {
			fewer := simRun{seed: r.seed, engine: r.engine, steps: slices.Delete(slices.Clone(r.steps), at, min(at+size, len(r.steps)))}
			if fewer.strict(); fewer.fault != "" {
				fewer.steps = fewer.steps[:fewer.at]
				*r = fewer
			} else {
				at += size
			}
		}
	}
}

// verdict is what a run finds, in the place of a test.
type verdict struct {
	testing.TB
	text string
}

// failure unwinds a run that has failed.
type failure struct{}

func (v *verdict) Helper()           {}
func (v *verdict) Failed() bool      { return v.text != "" }
func (v *verdict) Log(args ...any)   { v.text += fmt.Sprintln(args...) }
func (v *verdict) Error(args ...any) { v.text += fmt.Sprintln(args...) }

func (v *verdict) Errorf(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); text != "" {
		v.text += text + "\n"
	}
}

func (v *verdict) Fatal(args ...any) {
	v.Error(args...)
	panic(failure{})
}

func (v *verdict) Fatalf(format string, args ...any) {
	v.Errorf(format, args...)
	panic(failure{})
}
