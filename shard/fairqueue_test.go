package shard

import (
	"math/rand/v2"
	"testing"
)

// newIdleWorker makes a worker whose goroutines do not run: the test takes its drains.
func newIdleWorker() *worker {
	return newWorker(Config{Shards: 1}.withDefaults(), env{store: newFakeStore(), random: seeded(1)})
}

// batchOf is a batch of so many commands.
func batchOf(c *Client, commands int) *Batch {
	b := NewBatch(BatchCommands, c)
	b.Commands = make([]Command, commands)
	b.Block = NewBuffer(0)
	return b
}

// waiting is how many commands are put off.
func (w *worker) waiting() int { return int(w.fair.commands.Load()) }

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
	large := []*Batch{batchOf(alice, quantum), batchOf(alice, quantum), batchOf(NewClient(1), flowLimit)}
	small := []*Batch{batchOf(bob, flowLimit-2), batchOf(bob, 1), batchOf(bob, 1)}
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
		hers = append(hers, batchOf(alice, quantum/2), batchOf(alice, quantum/2))
	}
	for range 3 {
		his = append(his, batchOf(bob, quantum))
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
	for range 2 * flowLimit {
		flood = append(flood, batchOf(alice, 1))
		w.ring.Put(flood[len(flood)-1])
	}
	single := []*Batch{batchOf(bob, 1), batchOf(bob, flowLimit-2), batchOf(bob, flowLimit-1)}
	w.ring.Put(single[0])
	w.ring.Put(single[1])
	wantDrain(t, w, append(flood[:flowLimit-1:flowLimit-1], single[:2]...)...)
	more := batchOf(alice, 1)
	w.ring.Put(more)
	wantDrain(t, w, flood[flowLimit-1:]...)
	wantDrain(t, w, more) // nothing is before it any more
	w.ring.Put(single[2]) // of another drain
	w.ring.Put(batchOf(alice, flowLimit-1))
	if got := w.nextDrain(t); len(got) != 2 {
		t.Errorf("a drain of %d batches, of two connections that have nothing in the fair queue", len(got))
	}
}

// A batch of many commands is executed in parts, between which others have their turns.
func TestLargeBatchesAreExecutedInParts(t *testing.T) {
	w := newIdleWorker()
	alice, bob := NewClient(1), NewClient(1)
	large, behind, other := batchOf(alice, 2*quantum+1), batchOf(alice, 1), batchOf(bob, quantum)
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
	part(quantum, true)
	wantDrain(t, w, other)
	part(quantum, true)
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
	large, closed := batchOf(alice, 3*quantum), NewBatch(BatchClosed, alice)
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
	before, large, after := batchOf(alice, 1), batchOf(alice, flowLimit), batchOf(alice, 1)
	other := batchOf(bob, 1)
	for _, b := range []*Batch{before, large, after, other} {
		w.ring.Put(b)
	}
	wantDrain(t, w, before, other)
	wantDrain(t, w, large, after)
	again := batchOf(alice, 1) // nothing of it is put off any more
	w.ring.Put(batchOf(bob, flowLimit))
	w.ring.Put(again)
	wantDrain(t, w, again)
}

func TestWhatIsPutOffEndsWithTheConnection(t *testing.T) {
	w := newIdleWorker()
	alice, bob := NewClient(1), NewClient(1)
	before, large, closed, other := batchOf(alice, 1), batchOf(bob, flowLimit), NewBatch(BatchClosed, alice), batchOf(bob, 1)
	for _, b := range []*Batch{before, batchOf(alice, flowLimit), large, batchOf(alice, 1), closed, other} {
		w.ring.Put(b)
	}
	wantDrain(t, w, before)
	wantDrain(t, w, closed, large, other)
	if !w.fair.empty() || w.fair.batches != 0 || w.waiting() != 0 || alice.state[0].putOff != nil {
		t.Errorf("%d batches are put off", w.fair.batches)
	}
}

// Whatever comes in whatever mixture, nothing is lost, each connection's batches keep their order, of two drains one is of
// the fair queue while there is something in it, and the ring is emptied before the end.
func TestFairQueueKeepsTheOrderOfConnections(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	w := newIdleWorker()
	clients := make([]*Client, 20)
	for i := range clients {
		clients[i] = NewClient(1)
	}
	put, got := make(map[*Client][]*Batch), make(map[*Client][]*Batch)
	puts, gets := 0, 0
	take := func() {
		waiting := !w.fair.empty()
		first := w.nextDrain(t)
		if w.fairDue && waiting && !w.fair.empty() {
			first = append(first, w.nextDrain(t)...)
			if w.fairDue {
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
		b := batchOf(c, 1)
		if random.IntN(3) == 0 {
			b = batchOf(c, flowLimit+random.IntN(3*quantum))
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
	if w.fair.batches != 0 || w.waiting() != 0 {
		t.Errorf("%d batches and %d commands are counted as put off in the end", w.fair.batches, w.waiting())
	}
}

func TestFullFairQueueLeavesTheRingAlone(t *testing.T) {
	w := newIdleWorker()
	large := make([]*Batch, fairSize)
	for i := range large {
		large[i] = batchOf(NewClient(1), quantum)
		if !w.fair.putOff(large[i]) {
			t.Fatal("a large batch is not put off")
		}
	}
	small, hop := batchOf(NewClient(1), 1), batchOf(NewClient(1), 1)
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
	w.fair.putOff(batchOf(NewClient(1), quantum-1))
	for n := quantum; n < fairBehind; n += quantum {
		w.fair.putOff(batchOf(NewClient(1), min(quantum, fairBehind-n)))
	}
	if set.Behind() {
		t.Error("behind too early")
	}
	w.fair.putOff(batchOf(NewClient(1), flowLimit))
	if !set.Behind() {
		t.Error("not behind")
	}
	w.nextDrain(t)
	if set.Behind() {
		t.Error("behind when it has caught up")
	}
}
