package shard

// A subscription to a queue in which nothing happens is all that is kept of the queue in memory: when there are too many
// queues (Config.QueueCache), those are evicted too, and their subscriptions are parked until the queue is read again:
//
//	queue with its subscription ──evicted──▶ cache.parked: recipient ID → subscription
//	                            ◀──read────
//
// A parked subscription has no queue; what it waits for has not come, so the place for the ID of a delivered message
// holds the recipient ID. It takes a tenth of what a queue does, and most subscriptions of a large router are of this
// kind at any time.

// parkable tells that the queue may leave memory although it has a subscription.
func (q *queue) parkable() bool {
	s := q.sub
	return s == nil || s.kind == subNormal && !s.waiting && !s.ready && q.count == 0 && !q.stale
}

// park keeps the subscription of a queue that leaves memory.
func (c *cache) park(q *queue) {
	s := q.sub
	if s == nil {
		return
	}
	s.queue, s.delivered = nil, q.recipientID
	c.parked.add(s)
}

// unpark gives a queue that comes into memory its subscription back.
func (c *cache) unpark(q *queue) {
	s := c.parked.find(&q.recipientID)
	if s == nil {
		return
	}
	c.parked.remove(&q.recipientID)
	s.queue = q
	q.sub = s
}

// unparkAlone forgets a subscription that ends while it is parked.
func (c *cache) unparkAlone(s *subscription) { c.parked.remove(&s.delivered) }
