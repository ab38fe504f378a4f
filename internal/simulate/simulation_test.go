package simulate_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/internal/simulate"
	"switchyard/internal/simulate/atomic"
	"switchyard/internal/simulate/sync"
	simtime "switchyard/internal/simulate/time"
)

// run runs actors with a seed until all of them wait, with what time brings.
func run(t *testing.T, seed uint64, begin func()) *simulate.Simulation {
	t.Helper()
	s := simulate.New(rand.New(rand.NewPCG(seed, 0)))
	defer s.End()
	begin()
	for {
		for s.Step() {
		}
		if !s.Advance(time.Hour) {
			return s
		}
	}
}

// Two actors that add to a number without an atomic operation lose something with some seeds, and with each the same.
func TestSeedsInterleave(t *testing.T) {
	count := func(seed uint64) int32 {
		var n atomic.Int32
		run(t, seed, func() {
			for range 2 {
				simulate.Go("add", func() {
					for range 3 {
						n.Store(n.Load() + 1)
					}
				})
			}
		})
		return n.Load()
	}
	var seen []int32
	for seed := range uint64(200) {
		n := count(seed)
		if n != count(seed) {
			t.Fatalf("seed %d: %d, and another time another number", seed, n)
		}
		if !slices.Contains(seen, n) {
			seen = append(seen, n)
		}
	}
	slices.Sort(seen)
	if !slices.Equal(seen, []int32{2, 3, 4, 5, 6}) && !slices.Equal(seen, []int32{3, 4, 5, 6}) {
		t.Errorf("sums %v", seen)
	}
}

// A wake-up that a consumer misses who looks before it sleeps, and not again, is found.
func TestLostWakeUpIsFound(t *testing.T) {
	lost := 0
	for seed := range uint64(300) {
		var filled, asleep atomic.Bool
		wake := make(chan struct{}, 1)
		s := run(t, seed, func() {
			simulate.Go("consumer", func() {
				if filled.Load() {
					return
				}
				asleep.Store(true)
				simulate.Receive(wake)
			})
			simulate.Go("producer", func() {
				filled.Store(true)
				if asleep.Load() {
					simulate.Send(wake, struct{}{})
				}
			})
		})
		if strings.Contains(s.Trace(10), "waits: receive") {
			lost++
		}
	}
	if lost == 0 || lost == 300 {
		t.Errorf("lost with %d seeds of 300", lost)
	}
}

func TestChannels(t *testing.T) {
	for seed := range uint64(50) {
		c, done := make(chan int, 2), make(chan struct{})
		var got []int
		selected := false
		run(t, seed, func() {
			simulate.Go("send", func() {
				for i := range 10 {
					simulate.Send(c, i)
				}
				simulate.Close(c)
			})
			simulate.Go("receive", func() {
				for v := range simulate.Range(c) {
					got = append(got, v)
				}
				simulate.Close(done)
			})
			simulate.Go("select", func() {
				for !selected {
					select {
					case <-done:
						selected = true
					default:
						simulate.Select(simulate.Receivable(done), simulate.Receivable(make(chan int)))
					}
				}
			})
		})
		if !slices.Equal(got, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}) || !selected {
			t.Fatalf("seed %d: %v, selected %v", seed, got, selected)
		}
	}
}

func TestLocks(t *testing.T) {
	for seed := range uint64(50) {
		var mu sync.Mutex
		var all sync.WaitGroup
		var inside, most, n int
		var yield atomic.Bool
		run(t, seed, func() {
			for range 4 {
				all.Go(func() {
					mu.Lock()
					defer mu.Unlock()
					inside++
					yield.Load()
					most = max(most, inside)
					inside--
				})
			}
			simulate.Go("wait", func() {
				all.Wait()
				n = most
			})
		})
		if n != 1 {
			t.Fatalf("seed %d: %d at a time", seed, n)
		}
	}
}

// Timers ring in their order, and not when they are stopped; time passes without waiting.
func TestTime(t *testing.T) {
	for seed := range uint64(50) {
		var rang []string
		note := func(what string) func() { return func() { rang = append(rang, what) } }
		s := run(t, seed, func() {
			simulate.Go("timers", func() {
				simtime.AfterFunc(2*time.Minute, note("2"))
				simtime.AfterFunc(time.Minute, note("1"))
				stopped := simtime.AfterFunc(time.Second, note("stopped"))
				later := simtime.AfterFunc(time.Second, note("3"))
				if !stopped.Stop() || !later.Reset(3*time.Minute) {
					rang = append(rang, "not in time")
				}
				began := simtime.Now()
				simtime.Sleep(30 * time.Second)
				if d := simtime.Since(began); d < 30*time.Second || d > 31*time.Second {
					rang = append(rang, d.String())
				}
				rang = append(rang, "slept")
				simulate.Receive(simtime.NewTimer(time.Second).C)
			})
		})
		if strings.Join(rang, " ") != "slept 1 2 3" || s.Elapsed() < 3*time.Minute {
			t.Fatalf("seed %d: %v", seed, rang)
		}
	}
}

// Now is a time as Go's with both readings: setting the clock moves one of them.
func TestNow(t *testing.T) {
	s := simulate.New(rand.New(rand.NewPCG(1, 0)))
	defer s.End()
	before := simulate.Now()
	s.JumpClock(-time.Hour)
	after := simulate.Now()
	if d := after.Sub(before); d != 0 {
		t.Errorf("by the monotonic clock %v have passed", d)
	}
	if d := after.Round(0).Sub(before.Round(0)); d != -time.Hour {
		t.Errorf("the wall clock was set by %v", d)
	}
	if !after.Equal(after.Round(0).Add(0)) || after.Unix() != before.Unix()-3600 {
		t.Errorf("%v and %v", before, after)
	}
}

func TestPanicIsTold(t *testing.T) {
	s := simulate.New(rand.New(rand.NewPCG(1, 0)))
	defer s.End()
	simulate.Go("careless", func() {
		var m map[string]int
		//lint:ignore SA5000 this is the panic
		m["x"] = 1
	})
	for s.Step() {
	}
	if err := s.Err(); err == nil || !strings.Contains(err.Error(), "careless 1 panics: assignment to entry in nil map") {
		t.Error(err)
	}
}

// Actors that wait for ever are unwound: what they have deferred is done.
func TestEndUnwinds(t *testing.T) {
	s := simulate.New(rand.New(rand.NewPCG(1, 0)))
	unwound := false
	simulate.Go("waits", func() {
		defer func() { unwound = true }()
		simulate.Receive(make(chan int))
	})
	for s.Step() {
	}
	s.End()
	if !unwound {
		t.Error("what was deferred was not done")
	}
}

func TestWithoutASimulation(t *testing.T) {
	c := make(chan int)
	var n atomic.Int64
	var all sync.WaitGroup
	all.Go(func() { simulate.Send(c, 1) })
	n.Add(int64(simulate.Receive(c)))
	all.Wait()
	if simulate.Simulating() || n.Load() != 1 || simulate.Current() != "" {
		t.Error("simulated")
	}
}
