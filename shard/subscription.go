package shard

import (
	"time"

	"switchyard/box"
	"switchyard/shard/list"
	"switchyard/smp"
)

// A shard keeps the subscriptions of its connections in four types:
//
//	type          of                             found by                  made by          ended by
//	subscription  a queue in memory              queue.sub, notifier.sub   SUB, NEW, NSUB   another SUB, DEL, the connection
//	parked        a queue that is not in memory  cache.parked…             core.park        the queue is read (core.unpark)
//	receipt       a subscription, or GET         subscription, got         a MSG            ACK, SUB, another GET
//	walk          all queues of a service        clientSubs.walk           SUBS, NSUBS      all rows are seen
//
// A subscription is in one of the lists of its connection, which its state names. The receipt says whether an ACK is due:
//
//	state     ACK is due   there is                                 goes on
//	subIdle   no           no message                               SEND: delivered, ACK is due; or ready without room
//	subIdle   yes          a message that is delivered              ACK: the next one is its response, or ready without room
//	subReady  no           a message, and no room for it so far     pump: delivered, ACK is due; or aside
//	subAside  no           a message that cannot be read            batchRetry: ready
//	subAside  either       a stale queue that cannot be read        batchRetry: idle when it can be read; then as above
//
//	kind         receives        state    leaves
//	subNormal    messages        any      is parked when it is idle, no ACK is due and the queue is empty
//	subNotifier  notifications   subIdle  is parked with its queue
//	subService   messages        any      is dropped when it is idle and no ACK is due: a service keeps none for quiet queues

// subscription is one connection's interest in one queue that is in memory: 64 bytes. It belongs to the shard of the queue.
type subscription struct {
	queue                    *queue
	client                   *Client
	list.Links[subscription] // in one of the lists of the connection
	receipt
	kind   subKind
	state  subState
	unread bool // counted as one that could not be read, since it was delivered from last
	told   bool // of the damage
}

// receipt is what a connection was delivered of a queue.
type receipt struct {
	delivered smp.ID  // message that waits for ACK, when waiting is set
	waiting   bool    // a message is delivered and not acknowledged
	at        [3]byte // when it was delivered: the last bits of the steady second
}

// time is when the message was delivered, at most half a year before now.
func (r *receipt) time(now int64) int64 {
	at := int64(r.at[0])<<16 | int64(r.at[1])<<8 | int64(r.at[2])
	return now - (now-at)&(1<<24-1)
}

// beginWait notes that a message is delivered and waits for its ACK.
func (c *core) beginWait(client *Client, r *receipt) {
	r.waiting = true
	r.at = [3]byte{byte(c.steady >> 16), byte(c.steady >> 8), byte(c.steady)}
	c.present.Deliver(client.waiting.Add(1) == 1)
}

// endWait notes that no message waits for its ACK, if one did.
func (c *core) endWait(client *Client, r *receipt) {
	if r.waiting {
		r.waiting = false
		c.present.End(r.time(c.steady), client.waiting.Add(-1) == 0)
	}
}

// count counts that there is a subscription to messages or notifications more, or less by -1. Subscriptions to all queues of a
// service are not among them.
func (c *core) count(client *Client, kind subKind, n int32) {
	client.Subscriptions.Add(n)
	subs, clients, own := &c.present.Subs, &c.present.Clients, &client.messageSubs
	if kind == subNotifier {
		subs, clients, own = &c.present.NotifierSubs, &c.present.NotifierClients, &client.Notifiers
	}
	*subs += int64(n)
	if left := own.Add(n); left == 0 || left == 1 && n > 0 {
		*clients += int64(n)
	}
}

// subKind tells what a subscription receives.
type subKind uint8

const (
	subNormal   subKind = iota // messages are pushed; the queue has at most one
	subNotifier                // notifications; the queue has at most one
	subService                 // a message is on its way to a service; in the place of a normal one
)

// subState tells which list of its connection a subscription is in.
type subState uint8

const (
	subIdle  subState = iota // nothing is to be delivered now
	subReady                 // a message is to be delivered when the connection has room
	subAside                 // a message is to be delivered when it can be read (deliver.go)
)

// quiet tells that nothing is on its way: no message is to be delivered, and none waits for its ACK.
func (s *subscription) quiet() bool { return s.state == subIdle && !s.waiting && s.queue.empty() }

// clientState is what one shard keeps of a connection.
type clientState struct {
	subs       *clientSubs // nil until there is a subscription
	putOff     *flow       // nil while nothing is
	drain      uint32      // of the ring, the last one with commands of the connection
	taken      uint8       // its commands in that drain
	subscribed bool        // by SUBS or NSUBS; in the shard of the service ID
	left       bool        // has ended; some of its subscriptions may still be there
	parted     bool        // a part of a block is executed, and the last is not

	secrets box.SessionSecrets // in the verifier's cache
}

// clientSubs has the subscriptions of a connection in one shard. Each is in one of the lists.
type clientSubs struct {
	walk            *walk // of a service
	behind          bool  // a service's messages were left to a walk that is to begin
	idle            subList
	ready           subList             // first come, first served
	aside           subList             // could not be read
	parked          parkedList          // whose queues are not in memory
	parkedNotifiers parkedList          // the same of notifiers
	got             map[smp.ID]*receipt // by recipient ID, of the queues that GET was given for: nothing is pushed

	// Of what could not be read.
	retrying bool          // a batchRetry is arranged
	retryIn  time.Duration // until the next one; 0: resumeDelay
	beyond   bool          // more of a service than is kept aside
	lost     int           // of the idle ones, how many were there when the connection lost its service, and may be the service's
}

type (
	subList    = list.List[subscription, *subscription]
	parkedList = list.List[parked, *parked]
)

// list is the one that a subscription is in.
func (l *clientSubs) list(s *subscription) *subList {
	switch s.state {
	case subAside:
		return &l.aside
	case subReady:
		return &l.ready
	}
	return &l.idle
}

// move puts a subscription behind the others of a list.
func (l *clientSubs) move(s *subscription, to subState) {
	l.list(s).Remove(s)
	s.state = to
	l.list(s).Push(s)
}

// setReady moves s between the lists of its connection. What is not ready has nothing that waits to be read.
func (c *core) setReady(s *subscription, ready bool) {
	to := subReady
	if !ready {
		c.wasRead(s)
		to = subIdle
	}
	if s.state != to {
		s.client.state[c.index].subs.move(s, to)
	}
}

// link enters a subscription at its connection and queue. What was at its place has been unlinked before.
func (c *core) link(s *subscription) {
	state := &s.client.state[c.index]
	if state.subs == nil {
		state.subs = new(clientSubs)
	}
	state.subs.idle.Push(s)
	switch s.kind {
	case subService:
		s.queue.sub = s
		return // a service is subscribed while it has no messages, too
	case subNormal:
		s.queue.sub = s
	case subNotifier:
		s.queue.rare.notifier.sub = s
	}
	c.count(s.client, s.kind, 1)
}

// unlink removes a subscription.
func (c *core) unlink(s *subscription) {
	c.wasRead(s)
	c.endWait(s.client, &s.receipt)
	s.client.state[c.index].subs.list(s).Remove(s)
	q := s.queue
	switch s.kind {
	case subService:
		q.sub = nil
	case subNormal:
		q.sub = nil
		c.count(s.client, s.kind, -1)
	case subNotifier:
		q.rare.notifier.sub = nil
		c.count(s.client, s.kind, -1)
	}
	if !q.inUse() {
		c.cache.idle(q)
	}
}

// subscriptionOf finds the connection's subscription to messages of the queue; nil without one.
func (q *queue) subscriptionOf(client *Client) *subscription {
	if q.sub != nil && q.sub.client == client && (q.sub.kind != subService || q.service().current.Load() == client) {
		return q.sub
	}
	return nil
}

// gotOf is what the connection was delivered by GET of a queue; nil when it has not used GET.
func (c *core) gotOf(client *Client, queue *smp.ID) *receipt {
	subs := client.state[c.index].subs
	if subs == nil {
		return nil
	}
	return subs.got[*queue]
}

// newGot notes that a connection uses GET of a queue. It keeps no queue in memory, as what there is to know is kept with the
// connection; and it counts as a subscription for the limit, beyond which it is nil.
func (c *core) newGot(client *Client, queue *smp.ID) *receipt {
	n := client.Gets.Add(1)
	if limit := c.admission.Load().Subscriptions; limit > 0 && int(n+client.Subscriptions.Load()) > limit {
		client.Gets.Add(-1)
		return nil
	}
	state := &client.state[c.index]
	if state.subs == nil {
		state.subs = new(clientSubs)
	}
	if state.subs.got == nil {
		state.subs.got = make(map[smp.ID]*receipt)
	}
	r := new(receipt)
	state.subs.got[*queue] = r
	return r
}

// endGot forgets that a connection has used GET of a queue.
func (c *core) endGot(client *Client, queue *smp.ID) {
	if r := c.gotOf(client, queue); r != nil {
		c.endWait(client, r)
		delete(client.state[c.index].subs.got, *queue)
		client.Gets.Add(-1)
	}
}
