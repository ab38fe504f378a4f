package credit

import (
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
)

// vacate is what the loop does when the socket has taken n messages.
func (w *Window) vacate(n int) (resume bool) {
	w.held += uint32(n)
	return w.Return()
}

// TestWindowAllows: what each operation does to each state that matters.
func TestWindowAllows(t *testing.T) {
	for _, tc := range []struct {
		start, took, waits uint32 // took and waits: the state afterwards
		takes, await       bool
	}{
		{0, 1, 0, true, false},
		{Limit - 1, Limit, Limit - 1, true, false},
		{Limit, Limit, Limit | asked, false, true},
		{Limit + 1, Limit + 1, Limit + 1 | asked, false, true},
		{Limit | asked, Limit | asked, Limit | asked, false, true},
	} {
		var w Window
		w.state.Store(tc.start)
		if w.Free() != tc.takes || w.Take() != tc.takes || w.state.Load() != tc.took {
			t.Errorf("take of %x leaves %x", tc.start, w.state.Load())
		}
		w.state.Store(tc.start)
		if w.Await() != tc.await || w.state.Load() != tc.waits {
			t.Errorf("await of %x leaves %x", tc.start, w.state.Load())
		}
	}
	for _, tc := range []struct {
		start, held, left uint32
		resume            bool
	}{
		{Limit, 0, Limit, false},
		{Limit | asked, 0, Limit | asked, false},
		{Limit, 1, Limit - 1, false},
		{Limit | asked, 1, Limit - 1, true},
		{Limit + 2 | asked, 2, Limit | asked, false}, // GETs have taken more than there is
		{Limit + 2 | asked, Limit + 2, 0, true},
	} {
		w := Window{held: tc.held}
		w.state.Store(tc.start)
		if resume := w.Return(); resume != tc.resume || w.state.Load() != tc.left || w.held != 0 {
			t.Errorf("%d places given back to %x leave %x, resume %v", tc.held, tc.start, w.state.Load(), resume)
		}
	}
}

// flow is the state of a connection whose messages come from two shards, in the words of a checker that tries every order
// of their steps and of the loop's.
type flow struct {
	window     uint32 // Window.state, or the places and asked of another protocol
	shards     [2]flowShard
	travelling int8 // messages on the way to the loop
	held       int8 // by the loop
	given      int8 // back, by a protocol with a step in between
	owed       int8 // BatchResumes that the loop has still to send
}

type flowShard struct {
	at      flowStep
	fresh   int8 // messages that will be sent
	ready   int8 // that wait for room
	resumed bool // a BatchResume is in the ring
}

// flowStep is where a shard is.
type flowStep int8

const (
	flowIdle  flowStep = iota // takes the next batch
	flowPump                  // looks at its ready list
	flowRead                  // has read a message, and takes a place for it
	flowAsked                 // of the former protocol: has set the flag, and looks again
	flowUnask                 // of the former protocol: has found room, and clears the flag
)

// protocol makes one atomic step of shard 0 or 1, or of the loop, which is 2 for messages and 3 for room. ok is false when
// there is nothing to do.
type protocol func(f flow, actor int) (next flow, ok bool)

// withWindow is what deliver.go and the engine do with a Window.
func withWindow(f flow, actor int) (flow, bool) {
	var w Window
	w.state.Store(f.window)
	switch {
	case actor == 3 && f.owed > 0:
		f.owed--
		f.shards[f.owed].resumed = true
		return f, true
	case actor == 3:
		if f.held == 0 {
			return f, false
		}
		if w.vacate(int(f.held)) {
			f.owed = int8(len(f.shards))
		}
		f.held = 0
	case actor == 2:
		return f.receive()
	default:
		s := &f.shards[actor]
		switch {
		case s.at == flowIdle && s.fresh > 0:
			if s.fresh--; w.Take() {
				f.travelling++
				break
			}
			s.ready++
			s.at = flowPump
		case s.at == flowIdle && s.resumed:
			s.resumed, s.at = false, flowPump
		case s.at == flowPump && (s.ready == 0 || w.Await()):
			s.at = flowIdle
		case s.at == flowPump:
			s.at = flowRead
		case s.at == flowRead:
			s.at = flowPump
			if w.Take() {
				s.ready--
				f.travelling++
			}
		default:
			return f, false
		}
	}
	f.window = w.state.Load()
	return f, true
}

func (f flow) receive() (flow, bool) {
	if f.travelling == 0 {
		return f, false
	}
	f.travelling--
	f.held++
	return f, true
}

// withOneFlag is the protocol that the router had before: each shard sets one flag for all, and clears it when it finds room
// after all. It loses wake-ups, which the checker has to find.
func withOneFlag(f flow, actor int) (flow, bool) {
	full := places(f.window) >= Limit
	if actor == 2 {
		return f.receive()
	}
	if actor == 3 {
		switch {
		case f.owed > 0:
			f.owed--
			f.shards[f.owed].resumed = true
		case f.given > 0: // the second half: the flag
			if f.given = 0; f.window&asked != 0 {
				f.window &^= asked
				f.owed = int8(len(f.shards))
			}
		case f.held > 0:
			f.window -= uint32(f.held)
			f.given, f.held = f.held, 0
		default:
			return f, false
		}
		return f, true
	}
	s := &f.shards[actor]
	switch {
	case s.at == flowIdle && s.fresh > 0:
		if s.fresh--; full {
			s.ready++
			s.at = flowPump
			break
		}
		f.window++
		f.travelling++
	case s.at == flowIdle && s.resumed:
		s.resumed, s.at = false, flowPump
	case s.at == flowPump && s.ready == 0:
		s.at = flowIdle
	case s.at == flowPump && full:
		f.window |= asked
		s.at = flowAsked
	case s.at == flowPump:
		s.at = flowRead
	case s.at == flowAsked && full:
		s.at = flowIdle
	case s.at == flowAsked:
		s.at = flowUnask
	case s.at == flowUnask:
		s.at = flowIdle // the flag was cleared: the loop will have the shard go on
		if f.window&asked != 0 {
			f.window &^= asked
			s.at = flowPump
		}
	case s.at == flowRead && full:
		s.at = flowPump
	case s.at == flowRead:
		s.at = flowPump
		s.ready--
		f.window++
		f.travelling++
	default:
		return f, false
	}
	return f, true
}

// explore tries every order of steps and returns how many states there are, and those in which nobody has anything to do.
func (f flow) explore(step protocol) (states int, ends []flow) {
	seen := map[flow]bool{f: true}
	for todo := []flow{f}; len(todo) > 0; {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		end := true
		for actor := range 4 {
			next, ok := step(at, actor)
			if !ok {
				continue
			}
			end = false
			if !seen[next] {
				seen[next] = true
				todo = append(todo, next)
			}
		}
		if end {
			ends = append(ends, at)
		}
	}
	return len(seen), ends
}

// TestNoWakeUpIsLost tries all orders in which two shards that have messages for a connection, and its loop, can take their
// steps: in the end everything is delivered. Of the former protocol the same search finds the order in which it is not.
func TestNoWakeUpIsLost(t *testing.T) {
	for before := int8(Limit - 2); before <= Limit+1; before++ {
		for _, messages := range [][2]int8{{1, 1}, {3, 1}, {2, 3}, {4, 4}} {
			start := flow{window: uint32(before), held: before}
			for i, n := range messages {
				start.shards[i].fresh = n
			}
			states, ends := start.explore(withWindow)
			for _, f := range ends {
				if f.shards[0].ready+f.shards[1].ready > 0 || f.window != 0 {
					t.Fatalf("%d messages on their way and then %v: nobody goes on from %+v", before, messages, f)
				}
			}
			if len(ends) != 1 {
				t.Errorf("%d ends in %d states", len(ends), states)
			}
		}
	}
	lost := 0
	start := flow{window: Limit, held: Limit, shards: [2]flowShard{{fresh: 1}, {fresh: 1}}}
	_, ends := start.explore(withOneFlag)
	for _, f := range ends {
		lost += int(f.shards[0].ready + f.shards[1].ready)
	}
	if lost == 0 {
		t.Error("the search does not find the wake-up that one flag loses")
	}
}

// TestNoWakeUpIsLostByGoroutines has shards and a loop at work at the same time. A wake-up that is lost ends in a deadlock,
// which the bubble reports.
func TestNoWakeUpIsLostByGoroutines(t *testing.T) {
	const shards, messages = 3, 5000
	synctest.Test(t, func(*testing.T) {
		var w Window
		var all sync.WaitGroup
		var resume [shards]chan struct{}
		way := make(chan struct{}, 2*Limit)
		for i := range resume {
			resume[i] = make(chan struct{}, 1)
			all.Go(func() {
				for n := 0; n < messages; {
					switch {
					case w.Await():
						<-resume[i]
					case w.Take():
						way <- struct{}{}
						n++
					}
				}
			})
		}
		for n := 0; n < shards*messages; {
			<-way
			w.Hold()
			n++
			for len(way) > 0 && n%5 > 0 {
				<-way
				w.Hold()
				n++
			}
			if !w.Return() {
				continue
			}
			runtime.Gosched() // the shards go on before they are told to
			for i := range resume {
				select {
				case resume[i] <- struct{}{}:
				default:
				}
			}
		}
		all.Wait()
	})
}

func BenchmarkWindow(b *testing.B) {
	var w Window
	b.ReportAllocs()
	for b.Loop() {
		w.Take()
		w.Hold()
		w.Return()
	}
}
