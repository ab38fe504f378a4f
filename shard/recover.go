package shard

import (
	"maps"
	"slices"

	"switchyard/smp"
)

// losses is what has to be made good after commits have failed. The waiter collects it; the shard takes it when no
// commit is under way.
type losses struct {
	queues []smp.ID        // that commands of the failed drains have seen
	undone []*subscription // whose message was taken back
}

// fail makes the replies of a drain those of a failed commit and notes what is lost.
func (d *drain) fail(l *losses) {
	first := len(l.undone)
	for _, g := range d.groups {
		l.undone = g.fail(l.undone)
	}
	for _, s := range l.undone[first:] {
		l.queues = append(l.queues, s.queue.recipientID)
	}
	for _, q := range d.touched {
		l.queues = append(l.queues, q.recipientID)
	}
}

// enter takes over what was lost, when no commit is under way. When an epoch of the store has ended, that may be
// anything: until then reads have shown what failed commits had written, and without SyncAlways more is gone than that.
func (c *core) enter(epoch uint64, l losses) {
	c.lost, c.failed = l, true
	if epoch == c.epoch {
		return
	}
	c.epoch, c.failed = epoch, false
	c.links.returned(c.index)
	c.lost.queues = slices.AppendSeq(c.lost.queues, maps.Keys(c.cache.byRecipient))
	c.lost.queues = slices.AppendSeq(c.lost.queues, c.cache.parked.ids())
}

// recover brings the memory of the shard in line with what the store has kept, after a failure: it forgets the
// queues that the failed drains have seen, so that they are read again, those with a subscription at once. Messages that
// were taken back, or whose ACK was, are delivered again.
func (c *core) recover() {
	if len(c.lost.queues) == 0 {
		return
	}
	for _, s := range c.lost.undone {
		s.waiting = false
	}
	for i := range c.lost.queues {
		// What is in memory under the ID may have been read later; it has seen the failed writes too.
		id := c.lost.queues[i]
		switch q := c.cache.byRecipient[id]; {
		case q == nil && c.cache.parked.find(&id) != nil:
			c.lookups = append(c.lookups, Lookup{Kind: ByRecipient, ID: id[:]})
		case q == nil || q.stale:
		case q.sub != nil, q.inUse(), q.service() != nil && q.service().current.Load() != nil:
			q.stale = true
			c.lookups = append(c.lookups, Lookup{Kind: ByRecipient, ID: q.recipientID[:]})
		default:
			c.cache.remove(q)
		}
		if len(c.lookups) == recoverStep {
			c.reload()
		}
	}
	c.reload()
	c.lost = losses{}
}

// recoverStep is how many queues are read again at once.
const recoverStep = 1000

// reload reads the queues that are looked up for recover.
func (c *core) reload() {
	c.store.Load(c.lookups)
	for i := range c.lookups {
		if l := &c.lookups[i]; l.Err == nil {
			_, _ = c.admit(l) // what cannot be read stays stale, and is looked up again by the next command
		}
	}
	clear(c.lookups)
	c.lookups = c.lookups[:0]
}

// wake delivers the first message to a subscription that waits for none.
func (c *core) wake(q *queue) {
	if q.count == 0 {
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
	link := q.linkID()
	if err := q.fill(l, c.steady, c.services); err != nil {
		return err
	}
	delete(c.cache.byLink, string(link))
	if link = q.linkID(); link != nil {
		c.cache.byLink[string(link)] = q
	}
	if q.sub != nil && (q.sub.kind == subService) != (q.service() != nil) {
		c.unlink(q.sub) // the change of its service was not stored
	}
	if old != nil {
		delete(c.cache.byNotifier, id)
	}
	if n := q.notifier(); n != nil {
		c.cache.byNotifier[n.ID] = q
	}
	return nil
}

// vanished drops a stale queue that the store does not have.
func (c *core) vanished(id *smp.ID) {
	q := c.cache.byRecipient[*id]
	if q == nil || !q.stale {
		return
	}
	c.drop(q)
}

// drop takes a queue out of memory together with its subscriptions.
func (c *core) drop(q *queue) {
	if q.sub != nil {
		c.unlink(q.sub)
	}
	for q.getters != nil {
		c.unlink(&q.getters.subscription)
	}
	if n := q.notifier(); n != nil && n.sub != nil {
		c.unlink(n.sub)
	}
	c.cache.remove(q)
	q.gone = true
	q.forgetKeys()
}
