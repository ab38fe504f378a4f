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
	b.Block = NewBuffer(0)
	return b
}

// waiting is how many commands are put off.
func (w *worker) waiting() int { return int(w.lane.commands.Load()) }

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
	small := []*Batch{laneBatch(bob, laneFrom-2), laneBatch(bob, 1), laneBatch(bob, 1)}
	for _, b := range []*Batch{large[0], large[1], small[0], large[2], small[1]} {
		w.ring.Put(b)
	}
	wantDrain(t, w, small[0], small[1])
	w.ring.Put(small[2])
	wantDrain(t, w, large[0]) // its turn, although there is more in the ring
	wantDrain(t, w, small[2])
	wantDrain(t, w, large[2]) // another connection's turn, with what has room in it
	wantDrain(t, w, large[1])
}

func TestConnectionsHaveTurns(t *testing.T) {
	w := newIdleWorker()
	alice, bob := NewClient(1), NewClient(1)
	var hers, his []*Batch
	for range 3 {
		hers = append(hers, laneBatch(alice, laneTurn/2), laneBatch(alice, laneTurn/2))
	}
	for range 3 {
		his = append(his, laneBatch(bob, laneTurn))
	}
	for _, b := range append(hers, his...) {
		w.ring.Put(b)
	}
	for i := range 3 {
		wantDrain(t, w, hers[2*i], hers[2*i+1])
		wantDrain(t, w, his[i])
	}
}

// Who has more commands in a drain than others may have waits for a turn with the rest, and with what comes until then.
func TestFloodOfSingleCommandsIsPutOff(t *testing.T) {
	w := newIdleWorker()
	alice, bob := NewClient(1), NewClient(1)
	var flood []*Batch
	for range 2 * laneFrom {
		flood = append(flood, laneBatch(alice, 1))
		w.ring.Put(flood[len(flood)-1])
	}
	single := []*Batch{laneBatch(bob, 1), laneBatch(bob, laneFrom-2), laneBatch(bob, laneFrom-1)}
	w.ring.Put(single[0])
	w.ring.Put(single[1])
	wantDrain(t, w, append(flood[:laneFrom-1:laneFrom-1], single[:2]...)...)
	more := laneBatch(alice, 1)
	w.ring.Put(more)
	wantDrain(t, w, flood[laneFrom-1:]...)
	wantDrain(t, w, more) // nothing is before it any more
	w.ring.Put(single[2]) // of another drain
	w.ring.Put(laneBatch(alice, laneFrom-1))
	if got := w.nextDrain(t); len(got) != 2 {
		t.Errorf("a drain of %d batches, of two connections that have nothing in the lane", len(got))
	}
}

// A batch of many commands is executed in parts, between which others have their turns.
func TestLargeBatchesAreExecutedInParts(t *testing.T) {
	w := newIdleWorker()
	alice, bob := NewClient(1), NewClient(1)
	large, behind, other := laneBatch(alice, 2*laneTurn+1), laneBatch(alice, 1), laneBatch(bob, laneTurn)
	block := large.Block
	for i := range large.Commands {
		large.Commands[i].CorrID = []byte{byte(i)}
	}
	for _, b := range []*Batch{large, behind, other} {
		w.ring.Put(b)
	}
	next := 0
	part := func(want int, more bool) {
		t.Helper()
		b := w.nextDrain(t)[0]
		if len(b.Commands) != want || b.Client != alice || b.Block != block || b.more != more {
			t.Fatalf("a part of %d commands, more %v; want %d, %v", len(b.Commands), b.more, want, more)
		}
		for i := range b.Commands {
			if got := int(b.Commands[i].CorrID[0]); got != next {
				t.Fatalf("command %d in the place of %d", got, next)
			}
			next++
		}
		b.release()
	}
	part(laneTurn, true)
	wantDrain(t, w, other)
	part(laneTurn, true)
	d := w.nextDrain(t)
	if len(d) != 2 || d[0] != large || d[1] != behind || len(large.Commands) != 1 || large.more {
		t.Fatal("the last part is not the rest, with what is behind it")
	}
	if int(large.Commands[0].CorrID[0]) != next || w.waiting() != 0 {
		t.Error("the last part is another command, or something still waits")
	}
	if large.release(); block.refs.Load() != 0 {
		t.Error("the block has references when all parts are done")
	}
}

func TestRestOfABatchEndsWithTheConnection(t *testing.T) {
	w := newIdleWorker()
	alice := NewClient(1)
	large, closed := laneBatch(alice, 3*laneTurn), NewBatch(BatchClosed, alice)
	block := large.Block
	w.ring.Put(large)
	w.nextDrain(t)[0].release()
	w.ring.Put(closed)
	wantDrain(t, w, closed)
	if block.refs.Load() != 0 || w.waiting() != 0 || alice.state[0].putOff != nil {
		t.Errorf("%d references to the block, %d commands wait", block.refs.Load(), w.waiting())
	}
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
	wantDrain(t, w, closed, large, other)
	if !w.lane.empty() || w.lane.batches != 0 || w.waiting() != 0 || alice.state[0].putOff != nil {
		t.Errorf("%d batches are put off", w.lane.batches)
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
		waiting := !w.lane.empty()
		first := w.nextDrain(t)
		if w.laneDue && waiting && !w.lane.empty() {
			first = append(first, w.nextDrain(t)...)
			if w.laneDue {
				t.Fatal("two drains of the ring, while something is put off")
			}
		}
		for _, b := range first {
			if b.more {
				continue // the last part is the batch itself
			}
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
			b = laneBatch(c, laneFrom+random.IntN(3*laneTurn))
		}
		for !w.ring.Put(b) {
			take()
		}
		put[c] = append(put[c], b)
		puts++
	}
	w.ring.Put(nil) // as stopInput
	w.ring.Put(nil) // and stopHops do
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
		if c.state[0].putOff != nil {
			t.Error("a connection has something put off in the end")
		}
	}
	if w.lane.batches != 0 || w.waiting() != 0 {
		t.Errorf("%d batches and %d commands are counted as put off in the end", w.lane.batches, w.waiting())
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
	w.lane.putOff(laneBatch(NewClient(1), laneTurn-1))
	for n := laneTurn; n < laneBehind; n += laneTurn {
		w.lane.putOff(laneBatch(NewClient(1), min(laneTurn, laneBehind-n)))
	}
	if set.Behind() {
		t.Error("behind too early")
	}
	w.lane.putOff(laneBatch(NewClient(1), laneFrom))
	if !set.Behind() {
		t.Error("not behind")
	}
	w.nextDrain(t)
	if set.Behind() {
		t.Error("behind when it has caught up")
	}
}
