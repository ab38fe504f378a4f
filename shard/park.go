package shard

import "switchyard/smp"

// A subscription to a queue in which nothing happens is all that is kept of the queue in memory: when there are too many
// queues (Config.QueueCache), those are evicted too, and their subscriptions are parked until the queue is read again:
//
//	queue with its subscription ──evicted──▶ cache.parked: recipient ID → parked
//	                            ◀──read────
//
// It takes a tenth of what a queue does, and most subscriptions of a large router are of this kind at any time.

// parked is a connection's interest in a queue that is not in memory: 48 bytes. Nothing waited there when it left.
type parked struct {
	recipientID   smp.ID
	client        *Client
	links[parked] // in the list of the connection
}

// mayLeave tells that the queue may leave memory, with its subscription if it has one. One that is stale stays until it is
// read again, for those who wait for what it may hold.
func (c *cache) mayLeave(q *queue) bool {
	if c.stale(q) {
		return !q.awaited()
	}
	s := q.sub
	return s == nil || s.kind == subNormal && !s.waiting && !s.ready && !s.aside && q.count == 0
}

// park keeps what is needed of the subscription to a queue that has left memory.
func (c *core) park(q *queue) {
	s := q.sub
	if s == nil {
		return
	}
	subs := s.client.state[c.index].subs
	subs.idle.remove(s)
	p := &parked{recipientID: q.recipientID, client: s.client}
	subs.parked.push(p)
	c.cache.parked.add(p)
}

// unpark gives a queue that has come into memory its subscription back.
func (c *core) unpark(q *queue) {
	p := c.cache.parked.find(&q.recipientID)
	if p == nil {
		return
	}
	c.cache.parked.remove(&q.recipientID)
	subs := p.client.state[c.index].subs
	subs.parked.remove(p)
	q.sub = &subscription{queue: q, client: p.client, kind: subNormal}
	subs.idle.push(q.sub)
}

// endParked is unlink for a subscription that is parked.
func (c *core) endParked(p *parked) {
	c.cache.parked.remove(&p.recipientID)
	p.client.state[c.index].subs.parked.remove(p)
	p.client.Subscriptions.Add(-1)
}
