package shard

import (
	"math/rand/v2"
	"testing"
)

// newIdleWorker makes a worker whose goroutines do not run: the test takes its drains.
func newIdleWorker() *worker {
	return newWorker(Config{Shards: 1}.withDefaults(), env{store: newFakeStore(), random: seeded(1)})
}

// laneBatch is a batch of so many commands.
func laneBatch(c *Client, commands int) *Batch {
	b := NewBatch(BatchCommands, c)
	b.Commands = make([]Command, commands)
	return b
}

// nextDrain is the batches of the next drain.
func (w *worker) nextDrain(t *testing.T) []*Batch {
	t.Helper()
	d := new(drain)
	if !w.fill(d) {
		t.Fatal("the shard has stopped")
	}
	return d.batches
}

func wantDrain(t *testing.T, w *worker, want ...*Batch) {
	t.Helper()
	got := w.nextDrain(t)
	for i, b := range want {
		if i >= len(got) || got[i] != b || len(got) != len(want) {
			t.Fatalf("a drain of %d batches is not the %d that were due", len(got), len(want))
		}
	}
}

func TestSingleCommandsOvertakeLargeBatches(t *testing.T) {
	w := newIdleWorker()
	alice, bob := NewClient(1), NewClient(1)
	large := []*Batch{laneBatch(alice, laneTurn), laneBatch(alice, laneTurn), laneBatch(NewClient(1), laneFrom)}
	small := []*Batch{laneBatch(bob, laneFrom-1), laneBatch(bob, 1), laneBatch(bob, 1)}
	for _, b := range []*Batch{large[0], large[1], small[0], large[2], small[1]} {
		w.ring.Put(b)
	}
	wantDrain(t, w, small[0], small[1])
	w.ring.Put(small[2])
	wantDrain(t, w, large[0]) // its turn, although there is more in the ring
	wantDrain(t, w, small[2])
	wantDrain(t, w, large[1])
	wantDrain(t, w, large[2])
}

func TestWhatFollowsALargeBatchStaysBehindIt(t *testing.T) {
	w := newIdleWorker()
	alice, bob := NewClient(1), NewClient(1)
	before, large, after := laneBatch(alice, 1), laneBatch(alice, laneFrom), laneBatch(alice, 1)
	other := laneBatch(bob, 1)
	for _, b := range []*Batch{before, large, after, other} {
		w.ring.Put(b)
	}
	wantDrain(t, w, before, other)
	wantDrain(t, w, large, after)
	again := laneBatch(alice, 1) // nothing of it is put off any more
	w.ring.Put(laneBatch(bob, laneFrom))
	w.ring.Put(again)
	wantDrain(t, w, again)
}

func TestWhatIsPutOffEndsWithTheConnection(t *testing.T) {
	w := newIdleWorker()
	alice, bob := NewClient(1), NewClient(1)
	before, large, closed, other := laneBatch(alice, 1), laneBatch(bob, laneFrom), NewBatch(BatchClosed, alice), laneBatch(bob, 1)
	for _, b := range []*Batch{before, laneBatch(alice, laneFrom), large, laneBatch(alice, 1), closed, other} {
		w.ring.Put(b)
	}
	wantDrain(t, w, before)
	wantDrain(t, w, large, closed, other)
	if l := &w.lane; l.len != 0 || alice.state[0].putOff != 0 {
		t.Errorf("%d batches are put off, %d of the connection that ended", l.len, alice.state[0].putOff)
	}
}

// Whatever comes in whatever mixture, nothing is lost, each connection's batches keep their order, of two drains one is of
// the lane while there is something in it, and the ring is emptied before the end.
func TestLaneKeepsTheOrderOfConnections(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	w := newIdleWorker()
	clients := make([]*Client, 20)
	for i := range clients {
		clients[i] = NewClient(1)
	}
	put, got := make(map[*Client][]*Batch), make(map[*Client][]*Batch)
	puts, gets := 0, 0
	take := func() {
		waiting := w.lane.len
		first := w.nextDrain(t)
		if w.laneDue && waiting > 0 && w.lane.len > 0 {
			first = append(first, w.nextDrain(t)...)
			if w.laneDue {
				t.Fatal("two drains of the ring, while something is put off")
			}
		}
		for _, b := range first {
			got[b.Client] = append(got[b.Client], b)
			gets++
		}
	}
	for range 20_000 {
		if random.IntN(4) == 0 && gets < puts {
			take()
			continue
		}
		c := clients[random.IntN(len(clients))]
		b := laneBatch(c, 1)
		if random.IntN(3) == 0 {
			b = laneBatch(c, laneFrom+random.IntN(laneTurn))
		}
		for !w.ring.Put(b) {
			take()
		}
		put[c] = append(put[c], b)
		puts++
	}
	w.ring.Put(nil)
	for gets < puts {
		take()
	}
	if w.fill(new(drain)) {
		t.Error("there is more than was put")
	}
	for c, want := range put {
		if len(got[c]) != len(want) {
			t.Fatalf("%d of %d batches came", len(got[c]), len(want))
		}
		for i := range want {
			if got[c][i] != want[i] {
				t.Fatal("batches of a connection changed their order")
			}
		}
		if n := c.state[0].putOff; n != 0 {
			t.Errorf("%d batches are counted as put off in the end", n)
		}
	}
}

func TestFullLaneLeavesTheRingAlone(t *testing.T) {
	w := newIdleWorker()
	large := make([]*Batch, laneSize)
	for i := range large {
		large[i] = laneBatch(NewClient(1), laneTurn)
		if !w.lane.putOff(large[i]) {
			t.Fatal("a large batch is not put off")
		}
	}
	small, hop := laneBatch(NewClient(1), 1), laneBatch(NewClient(1), 1)
	w.ring.Put(small)
	w.hops.Put(hop) // of another shard, which may wait for this one
	wantDrain(t, w, hop)
	wantDrain(t, w, large[0])
	wantDrain(t, w, small)
	for _, b := range large[1:] {
		wantDrain(t, w, b)
	}
}

func TestBehind(t *testing.T) {
	w := newIdleWorker()
	set := &Set{workers: []*worker{newIdleWorker(), w}}
	for range laneBehind - 1 {
		w.lane.putOff(laneBatch(NewClient(1), laneTurn))
	}
	if set.Behind() {
		t.Error("behind too early")
	}
	w.lane.putOff(laneBatch(NewClient(1), laneTurn))
	if !set.Behind() {
		t.Error("not behind")
	}
	w.nextDrain(t)
	if set.Behind() {
		t.Error("behind when it has caught up")
	}
}
