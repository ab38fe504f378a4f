package shard

import "switchyard/smp"

// subscription is one connection's interest in one queue that is in memory: 64 bytes. It belongs to the shard of the queue.
type subscription struct {
	queue               *queue
	client              *Client
	links[subscription]        // in one of the lists of the connection
	delivered           smp.ID // message that waits for ACK, when waiting is set
	kind                subKind
	waiting             bool // a message is delivered and not acknowledged
	ready               bool // in the ready list: a message could be delivered when the connection has room
}

// subKind tells what a subscription receives.
type subKind uint8

const (
	subNormal   subKind = iota // messages are pushed; the queue has at most one
	subGet                     // made by GET: nothing is pushed
	subNotifier                // notifications; the queue has at most one
	subService                 // a message is on its way to a service; in the place of a normal one
)

// getter is the subscription that GET makes. A queue has one for each connection that used GET.
type getter struct {
	subscription
	other *getter // next one of the queue
}

// clientState is what one shard keeps of a connection.
type clientState struct {
	subs       *clientSubs // nil until there is a subscription
	putOff     *backlog    // nil while nothing is
	drain      uint32      // of the ring, the last one with commands of the connection
	taken      uint8       // its commands in that drain
	subscribed bool        // by SUBS or NSUBS; in the shard of the service ID
	left       bool        // has ended; some of its subscriptions may still be there
}

// clientSubs has the subscriptions of a connection in one shard. Each is in one of the lists.
type clientSubs struct {
	walk     *walk // of a service
	behind   bool  // a service's messages were left to a walk that is to begin
	idle     subList
	ready    subList    // first come, first served
	parked   parkedList // whose queues are not in memory
	retrying bool       // a read failed, and a timer will resume
	lost     int        // of the idle ones, how many were there when the connection lost its service, and may be the service's
}

type (
	subList    = list[subscription, *subscription]
	parkedList = list[parked, *parked]
)

func (l *clientSubs) list(ready bool) *subList {
	if ready {
		return &l.ready
	}
	return &l.idle
}

// setReady moves s between the lists of its connection.
func (c *core) setReady(s *subscription, ready bool) {
	if s.ready == ready {
		return
	}
	subs := s.client.state[c.index].subs
	subs.list(s.ready).remove(s)
	s.ready = ready
	subs.list(ready).push(s)
}

// link enters a subscription at its connection and queue. What was at its place has been unlinked before.
func (c *core) link(s *subscription) {
	state := &s.client.state[c.index]
	if state.subs == nil {
		state.subs = new(clientSubs)
	}
	state.subs.idle.push(s)
	switch s.kind {
	case subService:
		s.queue.sub = s
		return // a service is subscribed while it has no messages, too
	case subNormal:
		s.queue.sub = s
	case subNotifier:
		s.queue.rare.notifier.sub = s
		c.cache.busy(s.queue)
	case subGet:
		c.cache.busy(s.queue)
		return // a connection that only uses GET may be closed when it is idle
	}
	s.client.Subscriptions.Add(1)
}

// unlink removes a subscription.
func (c *core) unlink(s *subscription) {
	s.client.state[c.index].subs.list(s.ready).remove(s)
	q := s.queue
	switch s.kind {
	case subService:
		q.sub = nil
	case subNormal:
		q.sub = nil
		s.client.Subscriptions.Add(-1)
	case subNotifier:
		q.rare.notifier.sub = nil
		s.client.Subscriptions.Add(-1)
	case subGet:
		for p := &q.getters; *p != nil; p = &(*p).other {
			if &(*p).subscription == s {
				*p = (*p).other
				break
			}
		}
	}
	if !q.inUse() {
		c.cache.idle(q)
	}
}

// subscriptionOf finds the connection's subscription to messages of the queue, normal or by GET; nil without one.
func (q *queue) subscriptionOf(client *Client) *subscription {
	if q.sub != nil && q.sub.client == client && (q.sub.kind != subService || q.service().current.Load() == client) {
		return q.sub
	}
	for g := q.getters; g != nil; g = g.other {
		if g.client == client {
			return &g.subscription
		}
	}
	return nil
}
