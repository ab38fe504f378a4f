package shard

import (
	"switchyard/shard/idtable"
	"switchyard/shard/list"
	"switchyard/smp"
)

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
	return s == nil || s.kind == subNormal && !s.waiting && !s.ready && !s.aside && q.count == 0
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
	p.client.Subscriptions.Add(-1)
}

// endParkedNotifier is the same for one of a notifier.
func (c *core) endParkedNotifier(p *parked) {
	c.endNotifierParking(p)
	p.client.Subscriptions.Add(-1)
}
