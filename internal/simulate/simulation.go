package simulate

import (
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// Simulation is a set of actors and their time. It belongs to its driver; actors use it by the functions of this package.
type Simulation struct {
	random  *rand.Rand
	actors  []*actor       // in the order of their beginning
	current *actor         // nil: the driver
	last    *actor         // that has made a step
	stick   float64        // the probability that it makes the next one, too
	began   map[string]int // actors so far, by name
	choices []*actor       // memory

	now    time.Duration   // since the beginning
	wall   time.Duration   // what wall clocks are ahead of that
	closed map[uintptr]any // channels, by address, which keeps others from having it
	ended  bool

	steps int
	trace trace
	err   error
}

// active is the simulation of this process, nil without.
var active *Simulation

// actor is one goroutine.
type actor struct {
	name   string
	weight float64
	resume func() (struct{}, bool)
	stop   func()
	yield  func(struct{}) bool

	ready   func() bool   // what it waits for; nil: it can go on
	when    time.Duration // the time that it waits for, if any
	timed   bool          // it waits for when
	yielded bool          // others go first
	done    bool
	killed  bool
}

// beginning is when all simulations begin.
var beginning = time.Unix(1_700_000_000, 0)

// New begins a simulation.
func New(random *rand.Rand) *Simulation {
	if active != nil {
		panic("simulate: another simulation has not ended")
	}
	active = &Simulation{random: random, began: make(map[string]int), closed: make(map[uintptr]any), stick: []float64{0, 0.5, 0.8, 0.95, 0.99}[random.IntN(5)]}
	return active
}

// End ends what actors are left.
func (s *Simulation) End() {
	s.ended = true
	for _, a := range slices.Backward(s.actors) {
		a.killed = true
		a.stop()
	}
	s.actors = nil
	active = nil
}

// errKilled unwinds an actor of a simulation that ends.
var errKilled = errors.New("simulate: the simulation has ended")

// Go begins an actor.
func Go(name string, f func()) {
	if active == nil {
		go f()
		return
	}
	point("go")
	active.begin(name, f)
}

func (s *Simulation) begin(name string, f func()) *actor {
	s.began[name]++
	a := &actor{name: fmt.Sprint(name, " ", s.began[name]), weight: s.weight()}
	a.resume, a.stop = iter.Pull(func(yield func(struct{}) bool) {
		defer s.over(a)
		a.yield = yield
		if !a.killed {
			f()
		}
	})
	s.actors = append(s.actors, a)
	return a
}

// weight makes some actors much slower than others.
func (s *Simulation) weight() float64 { return []float64{1, 1, 0.3, 0.1, 0.02}[s.random.IntN(5)] }

// over is deferred by each actor: a panic is a failure of what is simulated.
func (s *Simulation) over(a *actor) {
	a.done = true
	if why := recover(); why != nil && why != any(errKilled) && s.err == nil {
		s.err = fmt.Errorf("%s panics: %v\n%s", a.name, why, debug.Stack())
	}
}

// pause ends the step of an actor.
func (a *actor) pause() {
	if a.killed || !a.yield(struct{}{}) {
		a.killed = true
		panic(errKilled)
	}
}

// point is where another actor may go on. It is called in front of each operation, whose name it gets.
func point(operation string) {
	s := active
	if s == nil {
		jitter()
		return
	}
	a := s.current
	if a == nil || a.killed {
		return
	}
	a.ready = nil
	s.trace.add(a.name, operation)
	a.pause()
}

// wait ends the step of an actor that cannot go on before a condition is true.
func wait(operation string, ready func() bool) {
	s := active
	a := s.current
	switch {
	case a == nil:
		panic("simulate: the driver would have to wait: " + operation)
	case a.killed:
		panic(errKilled)
	}
	a.ready = ready
	s.trace.add(a.name, "waits: "+operation)
	a.pause()
	a.ready = nil
}

// Step lets one actor go on to its next point. False means that all of them wait.
func (s *Simulation) Step() bool {
	a := s.choose()
	if a == nil {
		return false
	}
	s.steps++
	s.now += time.Duration(s.random.Int64N(int64(time.Microsecond)))
	if s.random.IntN(256) == 0 {
		a.weight = s.weight()
	}
	s.current = a
	a.resume()
	s.current = nil
	s.last = a
	for _, other := range s.actors {
		if other != a {
			other.yielded = false
		}
	}
	if a.done {
		s.forget(a)
	}
	return true
}

// forget is told that an actor has ended.
func (s *Simulation) forget(a *actor) {
	s.actors = slices.DeleteFunc(s.actors, func(other *actor) bool { return other == a })
}

// choose returns the actor whose step is next, nil when all wait.
func (s *Simulation) choose() *actor {
	s.choices = s.choices[:0]
	yielded := true
	var total float64
	for _, a := range s.actors {
		if a.timed && a.when > s.now || a.ready != nil && !a.ready() || a.yielded && !yielded {
			continue
		}
		if yielded && !a.yielded { // those before go only when nobody else does
			yielded, s.choices, total = false, s.choices[:0], 0
		}
		s.choices = append(s.choices, a)
		total += a.weight
	}
	if len(s.choices) == 0 {
		return nil
	}
	if s.random.Float64() < s.stick && slices.Contains(s.choices, s.last) {
		return s.last
	}
	at := s.random.Float64() * total
	for _, a := range s.choices {
		if at -= a.weight; at < 0 {
			return a
		}
	}
	return s.choices[len(s.choices)-1]
}

// Advance has time pass until the next timer, if that is within a while. It says whether there is one.
func (s *Simulation) Advance(within time.Duration) bool {
	next, some := time.Duration(0), false
	for _, a := range s.actors {
		if a.timed && a.when > s.now && (!some || a.when < next) {
			next, some = a.when, true
		}
	}
	if !some || next-s.now > within {
		return false
	}
	s.now = next
	return true
}

// Elapsed is how much time has passed.
func (s *Simulation) Elapsed() time.Duration { return s.now }

// JumpClock sets wall clocks ahead, or back.
func (s *Simulation) JumpClock(d time.Duration) { s.wall += d }

// Steps is how many there were.
func (s *Simulation) Steps() int { return s.steps }

// Err is why an actor has failed, nil when none has.
func (s *Simulation) Err() error { return s.err }

// Actors names those that have not ended of those that were begun with a name.
func (s *Simulation) Actors(name string) (names []string) {
	for _, a := range s.actors {
		if strings.HasPrefix(a.name, name+" ") {
			names = append(names, a.name)
		}
	}
	return names
}

// Current names the actor that makes a step; empty is the driver.
func Current() string {
	if active == nil || active.current == nil {
		return ""
	}
	return active.current.name
}
