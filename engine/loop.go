package engine

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/panjf2000/gnet/v2"

	"switchyard/engine/socket"
	"switchyard/server/crash"
	"switchyard/shard"
	"switchyard/shard/ring"
	"switchyard/smp"
)

// loop is one event loop: it owns its connections and packs what shards reply to them.
type loop struct {
	// Immutable.
	router *Router
	events gnet.EventLoop
	poller socket.Poller

	// Shared: shards put, the loop takes. awake is set from the wake-up of the loop until it has emptied the inbox.
	inbox   *ring.Ring[*shard.Group]
	waiting atomic.Int64 // bytes in the inbox
	awake   atomic.Bool

	// Shared: relay sessions put, the loop takes.
	relayed relayed

	// Counted by the loop, read by everybody.
	commands [smp.CommandTags]atomic.Int64
	tally    loopTally

	// Owned by the loop.
	sessions  map[*session]struct{}
	greeting  map[*session]struct{} // those that are not open yet
	dirty     []*session            // have replies that are not written
	clogged   []*session            // have messages that the socket has not taken
	halfRead  []*session            // have input that ends within a block, or had a moment ago
	resumable []*session            // whose input may go on, as shards have answered
	resuming  []*session            // memory for the next of these lists
	batches   []*shard.Batch        // by shard: the commands of the block at hand
	pending   [][]*shard.Batch      // by shard: the commands of blocks that were taken since the last turn
	blocks    int                   // that have something in pending
	worked    int                   // blocks opened and sealed since the loop last yielded
	deferred  []deferredBatch       // batches for shards whose ring was full, and those made where waiting is not allowed
	scratch   []byte                // head of a reply of the loop's own
	records   [][]byte              // sealed blocks of one write
	nextIdle  time.Time             // next look for idle sessions
	idle      []*session            // that are still to be looked at for that
	input     bool                  // false once the router stops
	leaving   map[*session]struct{} // closed by us while stopping, and not by the peer yet
	draining  *time.Timer           // of the next look at clogged sockets; nil: none is arranged
	drainIn   time.Duration         // when nothing moves: until the look after that
	writeAt   time.Time             // not before: to sockets that are watched for nothing
}

// deferredBatch is a batch on its way to a shard.
type deferredBatch struct {
	shard int
	batch *shard.Batch
}

const (
	// inboxSize is the capacity of a loop's inbox in groups, one a drain.
	inboxSize = 256
	// inboxBytes is how many bytes in the inbox have shards wait: link data makes 4 MiB of one block of commands.
	inboxBytes = 16 << 20
)

// newLoop makes the loop of an event loop. Called with r.mu held, as is Stop's look at the loops.
func newLoop(r *Router, e gnet.EventLoop) *loop {
	select {
	case <-r.stopping:
		return &loop{
			router:   r,
			events:   e,
			poller:   socket.NoPoller,
			inbox:    ring.New[*shard.Group](1),
			sessions: make(map[*session]struct{}),
			greeting: make(map[*session]struct{}),
		}
	default:
	}
	return &loop{
		router:   r,
		events:   e,
		poller:   r.pollerOf(e),
		inbox:    ring.New[*shard.Group](inboxSize),
		sessions: make(map[*session]struct{}),
		greeting: make(map[*session]struct{}),
		batches:  make([]*shard.Batch, r.shards.Len()),
		pending:  make([][]*shard.Batch, r.shards.Len()),
		nextIdle: time.Now().Add(r.cfg.InactiveCheck),
		input:    true,
	}
}

// Deliver implements shard.Loop: it takes the replies of a drain from a shard's goroutine. The shard waits while the
// inbox is full; the loop empties it whatever else it waits for.
func (l *loop) Deliver(g *shard.Group) {
	n := int64(g.Size())
	for l.waiting.Load() > inboxBytes || !l.inbox.Put(g) {
		l.wake()
		time.Sleep(ringWait)
	}
	l.waiting.Add(n) // late, so it may be below zero for a moment
	l.wake()
}

// wake makes the loop turn soon, unless that is already arranged.
func (l *loop) wake() {
	if l.awake.CompareAndSwap(false, true) {
		_ = l.events.Execute(context.Background(), l) // fails only when the loop has ended
	}
}

// Run implements gnet.Runnable for wake.
func (l *loop) Run(context.Context) error {
	defer crash.Report()
	l.awake.Store(false) // before the inbox is read: what comes later wakes again
	l.turn()
	return nil
}

// run does something on the loop, from any goroutine.
func (l *loop) run(do func()) {
	_ = l.events.Execute(context.Background(), gnet.RunnableFunc(func(context.Context) error {
		defer crash.Report()
		do()
		l.turn()
		return nil
	}))
}

// turn takes what shards reply, writes, and hands over what was deferred, such as windows that writing has freed.
func (l *loop) turn() {
	l.takeReplies()
	l.takeRelayed()
	l.resumeInput()
	l.flush()
	l.handOverDeferred()
}

// turnSoon has the loop turn when it has read from all connections that are ready, if that has brought about anything.
// Blocks that were gathered have arranged it already.
func (l *loop) turnSoon() {
	if len(l.dirty) > 0 || len(l.deferred) > 0 {
		l.wake()
	}
}

// takeReplies packs the replies in the inbox into blocks of their sessions.
func (l *loop) takeReplies() {
	for {
		g, ok := l.inbox.Get()
		if !ok {
			return
		}
		l.waiting.Add(-int64(g.Size()))
		for i := range g.Replies {
			r := &g.Replies[i]
			s := r.Client.Owner.(*session)
			if r.Answer {
				s.answered()
			}
			if r.Message {
				r.Client.Window.Hold()
			}
			switch {
			case r.Forward != nil:
				s.answerForwarded(r.Forward.Owner.(*forwarded), r.Head)
			case len(r.Head) == 0: // a message was taken back: only its place in the window comes
				s.touch()
			case r.Body == nil:
				s.reply(r.Head, nil)
			default:
				s.reply(r.Head, r.Body.Data)
			}
		}
		g.Release()
	}
}

// gather keeps the commands of a block for their shards until the loop turns, so that what many connections have to say is
// verified and stored together. Nothing waits for that: the loop turns when it has read what is there.
func (l *loop) gather() {
	some := false
	for i, part := range l.batches {
		if part != nil {
			l.batches[i] = nil
			l.pending[i] = append(l.pending[i], part)
			some = true
		}
	}
	if !some {
		return
	}
	if l.blocks++; l.blocks < gatherLimit {
		l.wake()
		return
	}
	l.takeReplies()
	l.flush()
	l.handOver()
}

// handOver hands what was gathered to the shards. While a ring is full the loop serves its own inbox, as the shard may be
// waiting for that; meanwhile it reads from no connection, so that back-pressure reaches the senders.
func (l *loop) handOver() {
	if l.blocks == 0 {
		return
	}
	l.blocks = 0
	for i, all := range l.pending {
		for rest := all; ; {
			n := l.router.shards.PutAll(i, rest)
			if rest = rest[n:]; len(rest) == 0 {
				break
			}
			l.takeReplies()
			l.flush()
			runtime.Gosched()
			time.Sleep(ringWait)
		}
		clear(all)
		l.pending[i] = all[:0]
	}
	l.yield()
}

// work counts a block that was opened or sealed, and leaves the processor to shards and other loops when there were many:
// gnet's loops leave it only when nothing is ready at any socket.
func (l *loop) work() {
	if l.worked++; l.worked >= yieldAfter {
		l.yield()
	}
}

func (l *loop) yield() {
	l.worked = 0
	runtime.Gosched()
}

// deferBatch arranges that a batch reaches a shard, without waiting for it.
func (l *loop) deferBatch(i int, b *shard.Batch) {
	l.deferred = append(l.deferred, deferredBatch{i, b})
}

// handOverDeferred hands over deferred batches in their order, as far as the rings take them; a stopping router drops them.
// What was gathered goes first, as one of the batches may be a connection's last.
func (l *loop) handOverDeferred() {
	l.handOver()
	if !l.input {
		for _, o := range l.deferred {
			o.batch.Drop()
		}
		l.deferred = nil
		return
	}
	for len(l.deferred) > 0 && l.router.shards.Put(l.deferred[0].shard, l.deferred[0].batch) {
		l.deferred[0] = deferredBatch{}
		l.deferred = l.deferred[1:]
	}
	if len(l.deferred) == 0 {
		l.deferred = nil
		return
	}
	l.drainSoon()
}

// flush writes what the sessions have to say.
func (l *loop) flush() {
	for n := len(l.dirty); n > 0; n = len(l.dirty) {
		s := l.dirty[n-1]
		l.dirty[n-1] = nil
		l.dirty = l.dirty[:n-1]
		s.flush()
	}
}

// lookAfter closes connections that are late with their handshake or a block, and now and then those that are idle.
func (l *loop) lookAfter(now time.Time) {
	l.hurry(now)
	for s := range l.greeting {
		if cause, late := s.late(now); late {
			s.close(cause)
		}
	}
	l.closeIdle(now)
}

// stopInput makes the loop take no more commands than it has.
func (l *loop) stopInput() {
	l.handOver()
	l.input = false
}
