package shard

import (
	"time"

	"switchyard/box"
	"switchyard/smp"
)

// subscription is one connection's interest in one queue that is in memory: 64 bytes. It belongs to the shard of the queue.
type subscription struct {
	queue               *queue
	client              *Client
	links[subscription]        // in one of the lists of the connection
	delivered           smp.ID // message that waits for ACK, when waiting is set
	kind                subKind
	waiting             bool // a message is delivered and not acknowledged
	ready               bool // in the ready list: a message could be delivered when the connection has room
	aside               bool // in the list of those aside: one could be delivered when it can be read (aside.go)
	unread              bool // counted as one that could not be read, since it was delivered from last
	told                bool // of the damage
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

	secrets box.SessionSecrets // in the verifier's cache
}

// clientSubs has the subscriptions of a connection in one shard. Each is in one of the lists.
type clientSubs struct {
	walk   *walk // of a service
	behind bool  // a service's messages were left to a walk that is to begin
	idle   subList
	ready  subList    // first come, first served
	aside  subList    // could not be read
	parked parkedList // whose queues are not in memory

	// Of what could not be read.
	retrying bool          // a batchRetry is arranged
	retryIn  time.Duration // until the next one; 0: resumeDelay
	beyond   bool          // more of a service than is kept aside
	lost     int           // of the idle ones, how many were there when the connection lost its service, and may be the service's
}

type (
	subList    = list[subscription, *subscription]
	parkedList = list[parked, *parked]
)

// list is the one that a subscription is in.
func (l *clientSubs) list(s *subscription) *subList {
	switch {
	case s.aside:
		return &l.aside
	case s.ready:
		return &l.ready
	}
	return &l.idle
}

// setReady moves s between the lists of its connection. What is not ready has nothing that waits to be read.
func (c *core) setReady(s *subscription, ready bool) {
	if !ready {
		c.wasRead(s)
	}
	if s.ready == ready && !s.aside {
		return
	}
	subs := s.client.state[c.index].subs
	subs.list(s).remove(s)
	s.ready, s.aside = ready, false
	subs.list(s).push(s)
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
	c.wasRead(s)
	s.client.state[c.index].subs.list(s).remove(s)
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
