package shard

import (
	"switchyard/shard/idtable"
	"switchyard/shard/list"
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

// A subscription to a queue in which nothing happens is all that is kept of the queue in memory: when there are too many
// queues (Config.QueueCache), those are evicted too, and their subscriptions are parked until the queue is read again:
//
//	queue with its subscription ──evicted──▶ cache.parked: recipient ID → parked
//	                            ◀──read────
//
// It takes a tenth of what a queue does, and most subscriptions of a large router are of this kind at any time. Those of
// notifiers are parked apart, by the ID of the credentials, which may be others when the queue is read.

// parked is a connection's interest in a queue that is not in memory: 48 bytes. Nothing waited there when it left.
type parked struct {
	id                 smp.ID // recipient ID, or the notifier's
	client             *Client
	list.Links[parked] // in the list of the connection
}

// HeldID is the ID by which it is found.
func (p *parked) HeldID() *smp.ID { return &p.id }

type parkedTable = idtable.Table[parked, *parked]

// mayLeave tells that the queue may leave memory, with its subscriptions if it has any. One that is stale stays until it is
// read again, for those who wait for what it may hold.
func (c *cache) mayLeave(q *queue) bool {
	if c.stale(q) {
		return !q.awaited()
	}
	s := q.sub
	return s == nil || s.kind == subNormal && s.quiet()
}

// park keeps what is needed of the subscriptions to a queue that has left memory.
func (c *core) park(q *queue) {
	if s := q.sub; s != nil {
		subs := s.client.state[c.index].subs
		c.parkOne(s, &q.recipientID, &subs.parked, &c.cache.parked)
	}
	if n := q.notifier(); n != nil && n.sub != nil {
		subs := n.sub.client.state[c.index].subs
		c.parkOne(n.sub, &n.ID, &subs.parkedNotifiers, &c.cache.parkedNotifiers)
	}
}

func (c *core) parkOne(s *subscription, id *smp.ID, own *parkedList, all *parkedTable) {
	s.client.state[c.index].subs.list(s).Remove(s)
	p := &parked{id: *id, client: s.client}
	own.Push(p)
	all.Add(p)
}

// unpark gives a queue that has come into memory its subscriptions back.
func (c *core) unpark(q *queue) {
	if p := c.cache.parked.Find(&q.recipientID); p != nil {
		c.endParking(p)
		q.sub = &subscription{queue: q, client: p.client, kind: subNormal}
		p.client.state[c.index].subs.idle.Push(q.sub)
	}
	n := q.notifier()
	if n == nil {
		return
	}
	if p := c.cache.parkedNotifiers.Find(&n.ID); p != nil {
		c.endNotifierParking(p)
		n.sub = &subscription{queue: q, client: p.client, kind: subNotifier}
		p.client.state[c.index].subs.idle.Push(n.sub)
	}
}

func (c *core) endParking(p *parked) {
	c.cache.parked.Remove(&p.id)
	p.client.state[c.index].subs.parked.Remove(p)
}

func (c *core) endNotifierParking(p *parked) {
	c.cache.parkedNotifiers.Remove(&p.id)
	p.client.state[c.index].subs.parkedNotifiers.Remove(p)
}

// endParked is unlink for a subscription that is parked.
func (c *core) endParked(p *parked) {
	c.endParking(p)
	c.count(p.client, subNormal, -1)
}

// endParkedNotifier is the same for one of a notifier.
func (c *core) endParkedNotifier(p *parked) {
	c.endNotifierParking(p)
	c.count(p.client, subNotifier, -1)
}
