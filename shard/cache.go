package shard

import (
	"switchyard/shard/idtable"
	"switchyard/smp"
)

// cache is the queues of a shard that are in memory, found by their IDs. Those that may leave it are in a list, in which
// a clock hand finds one that was not looked up lately when there are too many.
type cache struct {
	byRecipient     map[smp.ID]*queue
	bySender        map[smp.ID]*queue
	byNotifier      map[smp.ID]*queue
	byLink          map[string]*queue // those that have a link
	parked          parkedTable       // of queues that are not in memory
	parkedNotifiers parkedTable       // the same for their notifiers
	age             uint16            // of the queues that are not stale; changes with the epoch, and is not 0

	unused []*queue // queues that are not in use; queue.slot is their place
	hand   int
	limit  int // of len(unused)
}

func newCache(limit int) cache {
	return cache{
		byRecipient:     make(map[smp.ID]*queue),
		bySender:        make(map[smp.ID]*queue),
		byNotifier:      make(map[smp.ID]*queue),
		byLink:          make(map[string]*queue),
		parked:          idtable.New[parked](),
		parkedNotifiers: idtable.New[parked](),
		age:             1,
		limit:           limit,
	}
}

// find looks an ID up; nil when the queue is not in memory or has to be loaded again.
func (c *cache) find(kind IDKind, id []byte) *queue {
	var q *queue
	switch kind {
	case ByRecipient:
		q = c.byRecipient[smp.ID(id)]
	case BySender:
		q = c.bySender[smp.ID(id)]
	case ByNotifier:
		q = c.byNotifier[smp.ID(id)]
	case ByLink:
		q = c.byLink[string(id)]
	}
	if q == nil || c.stale(q) {
		return nil
	}
	q.recent = true
	return q
}

// stale tells that what is stored of a queue may differ.
func (c *cache) stale(q *queue) bool { return q.age != c.age }

// grow makes all that is in memory stale.
func (c *cache) grow() { c.age = max(1, c.age+1) }

// add enters a queue under all its IDs.
func (c *cache) add(q *queue) {
	q.age = c.age
	c.byRecipient[q.recipientID] = q
	c.bySender[q.senderID] = q
	if n := q.notifier(); n != nil {
		c.byNotifier[n.ID] = q
	}
	if id := q.linkID(); id != nil {
		c.byLink[string(id)] = q
	}
	q.recent = true
	q.slot = -1
	if !q.inUse() {
		c.idle(q)
	}
}

// remove forgets a queue. Its subscription, if it has one, is to be parked.
func (c *cache) remove(q *queue) {
	delete(c.byRecipient, q.recipientID)
	delete(c.bySender, q.senderID)
	if n := q.notifier(); n != nil {
		delete(c.byNotifier, n.ID)
	}
	delete(c.byLink, string(q.linkID()))
	c.busy(q)
}

// idle enters a queue that is no longer in use into the list of those that may be evicted.
func (c *cache) idle(q *queue) {
	if q.slot >= 0 || q.gone {
		return
	}
	q.slot = int32(len(c.unused))
	c.unused = append(c.unused, q)
}

// busy takes a queue out of that list.
func (c *cache) busy(q *queue) {
	if q.slot < 0 {
		return
	}
	last := c.unused[len(c.unused)-1]
	c.unused[q.slot] = last
	last.slot = q.slot
	c.unused[len(c.unused)-1] = nil
	c.unused = c.unused[:len(c.unused)-1]
	q.slot = -1
}

// victimTries bounds how many queues are looked at in a drain for those to evict, as most of those in memory may be
// waiting for something. A drain brings DrainLimit queues at most, each of which the hand passes twice.
const victimTries = 8 * DrainLimit

// victim takes a queue out of memory when there are too many, nil when there are not, or none is found for now: the
// first that was not looked up since the hand came by, and whose subscription, if it has one, can be parked.
func (c *cache) victim(tries *int) *queue {
	if len(c.unused) <= c.limit {
		return nil
	}
	for ; *tries > 0; *tries-- {
		if c.hand >= len(c.unused) {
			c.hand = 0
		}
		q := c.unused[c.hand]
		if !q.recent && c.mayLeave(q) {
			c.remove(q)
			return q
		}
		q.recent = false
		c.hand++
	}
	return nil
}
