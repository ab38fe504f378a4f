package shard

import (
	"math"
	"runtime"
	"sync/atomic"
	"time"

	"switchyard/internal/stage"
	"switchyard/server/crash"
	"switchyard/shard/linkid"
	"switchyard/shard/ring"
)

// inFlight is how many drains of a shard may wait for their commits. With group commits of a few milliseconds this is
// more than the shard can fill, and it bounds what a stalled disk holds: 8 drains of 256 messages are 32 MiB.
const inFlight = 8

// worker is the rim around a core: the ring it takes from, its goroutine, and the waiter.
//
//	ring ─▶ run: drain ─▶ core ──order──▶ wait: Commit.Wait ─▶ Loop.Deliver
//	            ▲                                                │
//	            └──────────────────────free──────────────────────┘
//
// The drains that are not under way are in free. Whoever takes all of them knows that none is: run does so after a commit
// has failed (failure.go), and at the end.
type worker struct {
	// Immutable.
	ring   *ring.Ring[*Batch]
	hops   *ring.Ring[*Batch] // from other shards (core.go)
	core   *core
	clock  Clock
	free   chan *drain   // those that are not under way; inFlight in all
	order  chan *drain   // from run to wait
	rested chan struct{} // closed when all that loops have asked for is done
	ended  chan struct{}

	notify *time.Timer // puts a batchNotify

	stopping atomic.Bool // no connection is resumed any more
	probing  atomic.Bool // a batchProbe is arranged
	unsound  atomic.Bool // a commit has failed, so that what was counted may differ from what is stored

	breakage

	// Owned by run.
	carry   *Batch    // did not fit the last drain
	fair    fairQueue // what is put off
	fairDue bool      // the next drain is of the fair queue, if there is something in it
	stopped int       // nil batches that have come: of stopInput and stopHops

	// Of the waiter; read when ended is closed.
	lastErr   error  // of the last drain
	lastEpoch uint64 // in which it ran
}

func newWorker(cfg Config, e env) *worker {
	w := &worker{
		ring:     ring.New[*Batch](RingSize),
		clock:    cfg.Clock,
		free:     make(chan *drain, inFlight),
		order:    make(chan *drain, inFlight),
		rested:   make(chan struct{}),
		ended:    make(chan struct{}),
		breakage: breakage{generation: 1},
	}
	w.hops = ring.NewBeside(w.ring, RingSize)
	for range inFlight {
		w.free <- new(drain)
	}
	e.resume = func(c *Client) { w.later(BatchResume, c, resumeDelay) }
	e.retry = func(c *Client, d time.Duration) { w.later(batchRetry, c, d) }
	w.notify = time.AfterFunc(math.MaxInt64, w.putNotify)
	w.notify.Stop()
	e.notifyLater = func() { w.notify.Reset(cfg.NotifyEvery) }
	w.core = newCore(cfg, e)
	w.fair.shard = e.index
	return w
}

// run is the shard's goroutine.
func (w *worker) run() {
	defer crash.Report()
	for {
		d := <-w.free
		if !w.fill(d) {
			w.free <- d
			break
		}
		w.begin(d)
		began := w.core.cfg.Watch.Now()
		w.core.run(w.clock(), d)
		w.core.cfg.Watch.DrainTook(began)
		w.pass(d)
		if w.core.doubt {
			w.probeLater() // to see the end of the epoch
		}
	}
	w.finish()
	close(w.order)
}

// finish stores what was put off, when all that was applied is known to be stored.
func (w *worker) finish() {
	w.core.suspects.end()
	var held [inFlight]*drain
	for i := range held {
		held[i] = <-w.free
	}
	for _, d := range held {
		w.free <- d
	}
	for late := w.core.late(); len(late) > 0; {
		d := <-w.free
		if w.failed.Load() {
			return
		}
		d.generation, d.epoch = w.generation, w.core.epoch
		late = w.core.flush(d, late)
		w.order <- d
	}
}

// postDelay is how long a shard naps when another one's ring is full and it has nothing else to do.
const postDelay = 50 * time.Microsecond

// fill fills a drain with what is to be done next, and waits until there is something. False means that all shards have
// stopped and everything is answered. While something is put off or done in steps, others may use the processor between two
// drains.
func (w *worker) fill(d *drain) bool {
	for {
		posted := w.core.post()
		if !w.fair.empty() || w.core.choreDue {
			runtime.Gosched()
		}
		if !w.fairDue || w.fair.empty() {
			w.take(d)
		}
		if w.fairDue = len(d.batches) > 0; w.fairDue {
			return true
		}
		if !w.fair.empty() {
			w.fair.fill(d)
			return true
		}
		if posted && w.stopped == 1 {
			w.rest()
		}
		switch {
		case w.stopped == 2:
			return false
		case posted:
			w.ring.Wait()
		default:
			time.Sleep(postDelay)
		}
	}
}

// take takes batches up to the limit of a drain.
func (w *worker) take(d *drain) {
	w.fair.drain++
	for n := 0; n < DrainLimit; {
		b := w.carry
		if w.carry = nil; b == nil {
			var ok bool
			if b, ok = w.get(); !ok {
				return
			}
		}
		if b == nil {
			w.stopped++
			continue
		}
		if n += b.size(); n > DrainLimit && len(d.batches) > 0 {
			w.carry = b
			return
		}
		d.batches = append(d.batches, b)
	}
}

// get takes a batch that is not put off: from other shards always, from loops unless too much is outgoing or put off. A nil
// one is the last of loops. What the shard has arranged for itself, and what its timers bring, is not done after that.
func (w *worker) get() (*Batch, bool) {
	for b, ok := w.hops.Get(); ok; b, ok = w.hops.Get() {
		if w.stopped == 0 || b.hops != nil {
			return b, true
		}
		b.release()
	}
	for len(w.core.outgoing) < outgoingLimit && !w.fair.full() {
		b, ok := w.ring.Get()
		switch {
		case !ok || b == nil:
			return b, ok
		case w.stopped > 0:
			b.release()
		case !w.fair.putOff(b):
			return b, true
		}
	}
	return nil, false
}

// rest tells once that all that loops have asked for is done. Other shards may still hand something to this one.
func (w *worker) rest() {
	select {
	case <-w.rested:
	default:
		close(w.rested)
	}
}

// pass hands a drain to the waiter, unless nothing came of it.
func (w *worker) pass(d *drain) {
	if len(d.groups) == 0 && len(d.requests) == 0 && len(d.walked) == 0 && d.commit == nil && d.err == nil && d.tally.Empty() {
		d.reset()
		w.free <- d
		return
	}
	if d.err != nil {
		w.failed.Store(true)
	}
	w.order <- d
}

// wait is the waiter's goroutine: it releases the replies of the drains, in their order, when they are stored.
func (w *worker) wait() {
	defer crash.Report()
	for d := range w.order {
		err := d.err
		if d.commit != nil {
			if waitErr := d.commit.Wait(); err == nil {
				err = waitErr
			}
			w.core.cfg.Watch.Waited(stage.Sync, d.committed)
		}
		err = w.judge(d, err)
		w.lastErr, w.lastEpoch = err, d.epoch
		w.count(d, err)
		d.answerRequests(err)
		for _, g := range d.groups {
			g.loop.Deliver(g)
		}
		if err == nil && len(d.removals) > 0 { // now other shards may say so, too
			w.core.links.EndRemovals(linkid.Removal{Shard: w.core.index, Drain: d}, d.removals)
		}
		if len(d.delivered) > 0 && err == nil {
			w.core.cfg.Watch.Delivered(d.came)
		}
		d.endWalks()
		d.reset()
		w.free <- d
	}
	close(w.ended)
}

// count counts what a drain has brought, if that is stored.
func (w *worker) count(d *drain, err error) {
	switch {
	case err != nil:
		w.unsound.Store(true)
	case !w.core.cfg.Uncounted:
		w.core.total.Record(&d.tally)
	}
}

// reset makes the drain ready to be used again; its groups are with their loops.
func (d *drain) reset() {
	clear(d.groups)
	clear(d.delivered)
	clear(d.removals)
	d.groups, d.touched, d.delivered, d.removals = d.groups[:0], d.touched[:0], d.delivered[:0], d.removals[:0]
	d.commit, d.err, d.came = nil, nil, time.Time{}
	d.tally.Reset()
}

// resumeDelay is how long a connection waits for the next try when a message could not be read.
const resumeDelay = time.Second

// later puts a batch of the connection into the ring, after a while.
func (w *worker) later(kind BatchKind, client *Client, d time.Duration) {
	time.AfterFunc(d, func() {
		if !w.stopping.Load() && !w.ring.Put(NewBatch(kind, client)) {
			w.later(kind, client, resumeDelay)
		}
	})
}

// putNotify puts a batchNotify into the ring.
func (w *worker) putNotify() {
	if !w.stopping.Load() && !w.ring.Put(NewBatch(batchNotify, nil)) {
		w.notify.Reset(resumeDelay)
	}
}

// probeLater puts a batchProbe into the ring, after a while, unless that is arranged already.
func (w *worker) probeLater() {
	if w.probing.Swap(true) {
		return
	}
	time.AfterFunc(resumeDelay, func() {
		w.probing.Store(false)
		if !w.stopping.Load() && !w.ring.Put(NewBatch(batchProbe, nil)) {
			w.probeLater()
		}
	})
}

// stopInput has the shard rest after it has answered what is in its ring, but for what other shards hand to it: a nil batch is
// the last that it takes.
func (w *worker) stopInput() {
	w.stopping.Store(true)
	w.putNil()
}

// stopHops has the shard end when no shard hands anything to another any more. They all rest.
func (w *worker) stopHops() { w.putNil() }

func (w *worker) putNil() {
	for !w.ring.Put(nil) {
		runtime.Gosched()
	}
}

// end waits for the shard's end, and says whether its last drain was stored. One of an epoch that has ended since is over: who
// asked for it was told, and the store works.
func (w *worker) end() error {
	<-w.ended
	w.notify.Reset(0) // it finds that the shard has stopped; one that is only stopped may hold the shard's memory until its time
	if w.lastEpoch != w.core.store.Epoch() {
		return nil
	}
	return w.lastErr
}
