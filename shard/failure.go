package shard

import (
	"errors"
	"sync/atomic"

	"switchyard/shard/tally"
	"switchyard/smp"
)

// This file is what happens when a commit fails.
//
// A shard goes on while commits are under way, so the drains that were applied after one that fails have built on what may be
// lost. They are of one generation, and all of it fails: its replies become ERR STORE, or are taken back. The waiter sees
// the failure, and the shard makes it good:
//
//	state of the shard │ by what                       │ waiter                          │ shard
//	───────────────────┼───────────────────────────────┼─────────────────────────────────┼──────────────────────────────────
//	sound              │ generation is not broken      │ releases the replies of drains  │ runs drains
//	failing            │ broken is the generation, or  │ fails the drains of the         │ runs drains that will fail, until
//	                   │ failed is set                 │ generation, notes losses        │ it looks at failed
//	recovering         │ no drain is under way         │ has nothing                     │ takes the losses, marks as stale
//	                   │                               │                                 │ what they name; a new generation
//	sound, in doubt    │ doubt                         │ as when sound                   │ reads what is stale, runs drains,
//	                   │                               │                                 │ says of nothing that it is done
//	                   │                               │                                 │ before that is stored (confirm)
//	a new epoch        │ the store's is not the core's │ as when recovering              │ as when recovering; all that is in
//	                   │                               │                                 │ memory is stale, and suspect
//
// The events:
//
//	sound ──▶ failing          a commit is refused (worker.pass), or has failed when it is waited for (judge)
//	failing ──▶ recovering     the shard is about to run a drain (begin), or a batchProbe makes one; all drains are free (recover)
//	recovering ──▶ in doubt    the losses are taken over (enter); the next drain reads what they name (core.recover)
//	in doubt ──▶ sound         a commit is taken (core.commit), or the epoch ends
//	any ──▶ a new epoch        begin finds that Store.Epoch is another (enter, distrust, and examine in each drain)
//
// Doubt ends with the next commit that the store takes, or with the epoch: after a failure the store may show what it has not kept,
// until it says by a new epoch that it has gone back to what it kept.
//
// A queue that is stale is not found in memory: whatever names it has it read again (core.admit). So it is for their
// subscribers alone that stale queues are read unasked: after a failure those that the failed drains have seen, in the next
// drain; in a new epoch the suspects, which are all that is in memory or parked, some in each drain.
//
// The waiter touches only values of a drain, which the shard has given away. A queue or a subscription may be another one, or
// parked, before the waiter comes to it.
//
//	field                        written and read by
//	failed                       both; the shard alone takes it back, when no drain is under way
//	generation                   the shard
//	broken, lost                 the waiter; the shard when no drain is under way
//	drain.touched, delivered,    the shard; then, with the drain, the waiter
//	drain.generation, epoch
//	core.epoch, doubt, lost,     the shard
//	suspects; queue.age

// breakage is what a shard's goroutine and its waiter know of commits that have failed.
type breakage struct {
	failed atomic.Bool // a commit of the current generation has

	// Of the shard.
	generation uint64 // of the drains that it runs; the first is 1

	// Of the waiter; the shard takes them when it holds all drains.
	broken uint64 // generation that has failed
	lost   losses
}

// losses is what has to be made good after commits have failed.
type losses struct {
	queues []smp.ID   // that the failed drains have seen
	undone []delivery // that were taken back
}

// delivery is a message on its way, as far as a failure has to know of it.
type delivery struct {
	queue  smp.ID // recipient ID
	client *Client
}

// errLost says that a commit was built on one that failed.
var errLost = errors.New("shard: an earlier commit failed")

// judge is told by the waiter how the commit of a drain has ended. It fails the drain if need be, and returns why.
func (w *worker) judge(d *drain, err error) error {
	if err != nil {
		w.broken = d.generation
		w.failed.Store(true)
		w.probeLater()
	}
	if w.broken != d.generation {
		return nil
	}
	d.fail(&w.lost)
	if err == nil {
		return errLost
	}
	return err
}

// fail makes the replies of a drain those of a failed commit and notes what is lost.
func (d *drain) fail(l *losses) {
	for _, g := range d.groups {
		g.fail()
	}
	l.queues = append(l.queues, d.touched...)
	l.undone = append(l.undone, d.delivered...)
}

// begin gives the next drain its generation, a new one when commits of the last have failed or the epoch has ended.
func (w *worker) begin(d *drain) {
	if w.failed.Load() || w.core.store.Epoch() != w.core.epoch {
		w.recover(d)
	}
	d.generation, d.epoch = w.generation, w.core.epoch
}

// recover waits until no drain is under way but the one at hand, and takes over what was lost.
func (w *worker) recover(d *drain) {
	held := [inFlight]*drain{0: d}
	for i := range held[1:] {
		held[1+i] = <-w.free
	}
	w.failed.Store(false)
	w.generation++
	w.core.enter(w.core.store.Epoch(), w.lost)
	w.lost = losses{}
	for _, other := range held[1:] {
		w.free <- other
	}
}

// enter takes over what was lost, when no commit is under way. When an epoch of the store has ended, that may be
// anything: until then reads have shown what failed commits had written, and without SyncAlways more is gone than that.
func (c *core) enter(epoch uint64, l losses) {
	c.doubt, c.wentBack = true, true
	for i := range l.undone {
		c.undo(&l.undone[i])
	}
	for i := range l.queues {
		c.mark(&l.queues[i])
	}
	if epoch == c.epoch {
		return
	}
	c.epoch, c.doubt = epoch, false
	c.links.DropRemovals(c.index)
	c.distrust()
}

// undo has a message that was taken back be delivered again. A client that has subscribed anew since then has been failed
// all that its new subscription brought, too.
func (c *core) undo(d *delivery) {
	c.mark(&d.queue)
	if q := c.cache.byRecipient[d.queue]; q != nil && q.sub != nil && q.sub.client == d.client {
		c.endWait(d.client, &q.sub.receipt)
	}
	if r := c.gotOf(d.client, &d.queue); r != nil {
		c.endWait(d.client, r)
	}
}

// mark has a queue read again in the next drain, or forgotten. What is in memory under the ID may have been read after the
// drain that failed; it has seen the failed writes too.
func (c *core) mark(id *smp.ID) {
	switch q := c.cache.byRecipient[*id]; {
	case q == nil && c.cache.parked.Find(id) == nil:
		return
	case q != nil && !q.awaited():
		c.cache.remove(q)
		c.forget(q)
		return
	case q != nil:
		q.age = 0
	}
	c.lost = append(c.lost, *id)
}

// confirm is for commands which find that what they ask for is done. In doubt the store may only show that, so the queue is
// stored once more, and the answer is that of this commit.
func (c *core) confirm(q *queue) {
	if c.doubt {
		c.putQueue(q)
	}
}

// awaited tells that somebody waits for what the queue may hold.
func (q *queue) awaited() bool {
	n := q.notifier()
	return q.sub != nil || n != nil && (n.sub != nil || n.pending != nil) || q.service() != nil && q.service().current.Load() != nil
}

// recover brings the memory of the shard in line with what the store has kept, after a failure: it reads the queues that
// the failed drains have seen, and some of those that are suspect. Messages that were taken back, or whose ACK was, are
// delivered again, unless the client has one behind them by now: they go with the ACK of that one (makeFirst).
func (c *core) recover() {
	for rest := c.lost; len(rest) > 0; {
		n := min(len(rest), recoverStep)
		c.reload(rest[:n])
		rest = rest[n:]
	}
	c.lost = nil
	c.examine()
}

// recoverStep is how many queues are read again at once.
const recoverStep = 1000

// reload reads queues again that are stale. What is parked is only looked at, and stays where it is when there is nothing
// to do for it. A queue that cannot be read stays stale: it is looked up again by the next command, and after a while for
// those who are subscribed (deliver.go).
func (c *core) reload(ids []smp.ID) {
	first := len(c.lookups) // those of the drain, if it has any
	for i := range ids {
		if q := c.cache.byRecipient[ids[i]]; q == nil || c.cache.stale(q) {
			c.lookups = append(c.lookups, Lookup{Kind: ByRecipient, ID: ids[i][:]})
		}
	}
	lookups := c.lookups[first:]
	c.store.Load(lookups)
	for i := range lookups {
		l := &lookups[i]
		switch q := c.cache.byRecipient[smp.ID(l.ID)]; {
		case l.Err != nil:
			c.readLater(q, (*smp.ID)(l.ID), l.Err)
		case q == nil && c.cache.parked.Find((*smp.ID)(l.ID)) == nil:
		case q == nil && l.Found != nil && l.Found.Messages == 0 && l.Found.Record.Service == nil:
		default:
			if _, err := c.admit(l); err != nil {
				c.readLater(q, (*smp.ID)(l.ID), err)
			}
		}
		l.forget()
	}
	clear(lookups)
	c.lookups = c.lookups[:first]
}

// wake delivers the first message to a subscription that waits for none.
func (c *core) wake(q *queue) {
	if q.sub != nil && q.sub.state == subAside {
		c.setReady(q.sub, false) // its queue could not be read
	}
	if q.empty() {
		return
	}
	if s := c.receiver(q); s != nil && !s.waiting {
		c.setReady(s, true)
		c.pump(s.client)
	}
}

// refill sets a stale queue to what was read of it.
func (c *core) refill(q *queue, l *Loaded) error {
	old := q.notifier()
	var id smp.ID
	if old != nil {
		id = old.ID
		if n := l.Record.Notifier; old.sub != nil && (n == nil || n.ID != id) {
			c.unlink(old.sub)
		}
	}
	if old != nil && len(old.pending) > 0 {
		c.out.tally.Add(tally.Notifications, -len(old.pending)) // they are lost
	}
	link, before := q.linkID(), *q
	if err := q.fill(l, c.steady, c.services); err != nil {
		return err
	}
	c.forget(&before)
	delete(c.cache.byLink, string(link))
	if link = q.linkID(); link != nil {
		c.cache.byLink[string(link)] = q
	}
	c.checkService(q)
	if !q.inUse() {
		c.cache.idle(q)
	}
	if old != nil {
		delete(c.cache.byNotifier, id)
	}
	if n := q.notifier(); n != nil {
		c.cache.byNotifier[n.ID] = q
	}
	return nil
}

// checkService ends the subscription to a queue whose change of its service was not stored.
func (c *core) checkService(q *queue) {
	if q.sub != nil && (q.sub.kind == subService) != (q.service() != nil) {
		c.unlink(q.sub)
	}
}

// vanished drops what is kept of a queue that the store does not have.
func (c *core) vanished(id *smp.ID) {
	if q := c.cache.byRecipient[*id]; q != nil && c.cache.stale(q) {
		c.drop(q)
	} else if p := c.cache.parked.Find(id); p != nil {
		c.endParked(p)
	}
}

// drop takes a queue out of memory together with its subscriptions.
func (c *core) drop(q *queue) {
	if q.sub != nil {
		c.unlink(q.sub)
	}
	if n := q.notifier(); n != nil && n.sub != nil {
		c.unlink(n.sub)
	}
	c.cache.remove(q)
	q.gone = true
	c.forget(q)
}
