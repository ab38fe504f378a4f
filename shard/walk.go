package shard

import (
	"errors"
	"math"

	"switchyard/shard/tally"
	"switchyard/smp"
)

// A walk visits the queues of a service that have something waiting, in the order of the store's rows, and delivers it:
// messages as far as the window of the connection has room, notifications unless the connection is clogged. It goes on
// in steps between other commands, and ends with ALLS when all shards are done (messages only).
//
//	SUBS ─▶ step: rows of the store ─▶ ready list ─▶ pump ─┐
//	          ▲        └─ batchWalk, or BatchResume ◀──────┘

// walkRows is how many rows of the store a step looks at: some 200 µs of work.
const walkRows = 128

// walk is a walk in one shard.
type walk struct {
	fanOut *fanOut // nil: nobody waits for the end
	from   []byte  // where the store goes on
	due    bool    // a batchWalk is on its way
	waits  bool    // a BatchResume is arranged: the store has failed, or the connection was clogged
	told   bool    // that rows are damaged
	done   bool    // all rows are seen
}

// WaitingRange is the queues of a service in a range of partitions.
type WaitingRange struct {
	Service       smp.ID
	Notifications bool  // those with notifications, else those with messages
	First, Last   uint8 // partitions
	Rows          int   // how many rows may be looked at
}

// startWalk begins to deliver what waits for a connection that has subscribed.
func (c *core) startWalk(j *fanOut) {
	state := &j.client.state[c.index]
	if state.subs == nil {
		state.subs = new(clientSubs)
	}
	c.unlinkLost(state.subs, math.MaxInt) // of when it had the service before
	state.subs.walk = new(walk)
	if j.client.Service.Role == smp.RoleMessaging { // NSUBS has no ALLS
		state.subs.walk.fanOut = j
	}
	c.pump(j.client)
}

// resumeWalk is the next step of a walk.
func (c *core) resumeWalk(client *Client) {
	if subs := client.state[c.index].subs; subs != nil {
		if subs.walk != nil {
			subs.walk.due = false
		}
		c.pump(client)
	}
}

// walkOn takes a step of the connection's walk, if there is one, when all that was found before is delivered. It says
// whether there may be something to deliver.
func (c *core) walkOn(client *Client) bool {
	subs := client.state[c.index].subs
	if subs == nil || client.Service == nil {
		return false
	}
	if subs.walk == nil && subs.behind {
		subs.walk, subs.behind = &walk{}, false
	}
	w := subs.walk
	switch {
	case w == nil || w.due || w.waits:
		return false
	case w.done:
		subs.walk = nil
		if w.fanOut != nil {
			c.out.walked = append(c.out.walked, w.fanOut)
		}
		return subs.behind
	}
	notifications := client.Service.Role == smp.RoleNotifier
	if notifications && client.Window.Clogged() || !c.step(client, w) {
		w.waits = true
		c.resume(client)
		return false
	}
	if !w.done {
		w.due = true
		b := NewBatch(batchWalk, client)
		c.hop(c.index, b)
	}
	return true
}

// resumed goes on with a connection that has room again, or with its walk.
func (c *core) resumed(client *Client) {
	if subs := client.state[c.index].subs; subs != nil && subs.walk != nil {
		subs.walk.waits = false
	}
	c.pump(client)
}

// step looks at the next rows. False means that the store failed; what is damaged of the rows is passed over, and the
// connection is told once that there is something.
func (c *core) step(client *Client, w *walk) bool {
	first, last := c.partitions.Owned(c.index)
	r := WaitingRange{
		Service:       client.Service.ID,
		Notifications: client.Service.Role == smp.RoleNotifier,
		First:         first,
		Last:          last,
		Rows:          walkRows,
	}
	c.found = c.found[:0]
	next, err := c.store.Waiting(&r, w.from, func(id smp.ID) { c.found = append(c.found, id) })
	for i := range c.found {
		c.visit(client, &c.found[i])
	}
	switch {
	case errors.Is(err, ErrDamaged):
		if !w.told {
			w.told = true
			c.tellDamage(client, client.Service.ID[:])
		}
	case err != nil:
		return false
	}
	w.from, w.done = next, next == nil
	return true
}

// visit delivers what waits on a queue. A queue that cannot be read is an event.
func (c *core) visit(client *Client, id *smp.ID) {
	q, err := c.queueOf(id)
	if err == nil && q != nil {
		err = c.deliverWaiting(q, client.Service)
	}
	if err != nil {
		w := c.begin(client, nil, id[:])
		w.note.kind = replyEnd // stays
		w.head = smp.AppendErr(w.head, client.Version, storeError(err))
		w.end()
	}
}

// deliverWaiting has what waits on a queue of the service delivered. What has been delivered is not delivered again.
func (c *core) deliverWaiting(q *queue, s *Service) error {
	if n := q.notifier(); s.Role == smp.RoleNotifier {
		if n == nil || n.service != s.shared {
			return nil
		}
		return c.takeNotifications(q)
	}
	if q.service() != s.shared || q.empty() {
		return nil
	}
	if q.sub != nil && q.sub.client == s.shared.current.Load() {
		c.out.tally.Add(tally.ServiceMessagesDuplicate, 1)
		return nil
	}
	if sub := c.receiver(q); sub != nil {
		c.out.tally.Add(tally.ServiceMessages, 1)
		c.setReady(sub, true)
	}
	return nil
}

// queueOf is the queue with a recipient ID, nil when there is none any more.
func (c *core) queueOf(id *smp.ID) (*queue, error) {
	if q := c.cache.find(ByRecipient, id[:]); q != nil {
		return q, nil
	}
	l := []Lookup{{Kind: ByRecipient, ID: id[:]}}
	c.store.Load(l)
	if l[0].Err != nil {
		return nil, l[0].Err
	}
	q, err := c.admit(&l[0])
	if q != nil {
		c.out.touched = append(c.out.touched, q.recipientID)
	}
	return q, err
}

// endWalks counts the walks that have ended with a drain whose replies are delivered. The last one of a fan-out is followed by
// ALLS.
func (d *drain) endWalks() {
	for i, j := range d.walked {
		d.walked[i] = nil
		if j.walks.Add(-1) == 0 {
			deliverAlls(j.client)
		}
	}
	d.walked = d.walked[:0]
}

// deliverAlls tells a connection that all messages which waited have been delivered.
func deliverAlls(client *Client) {
	g := newGroup()
	g.loop = client.Loop
	w := writer{group: g, reply: Reply{Client: client}}
	w.head = smp.AppendResponseHeader(g.arena, client.Version, client.SessionID, nil, nil)
	w.head = smp.AppendAlls(w.head)
	w.end()
	client.Loop.Deliver(g)
}

// readyLimit is how many queues of a service wait in a shard for room on its connection. What comes for further ones
// is found by a walk later, so that a connection which does not read takes no memory for each queue.
const readyLimit = 256

// receiver is the subscription to push messages to, nil without. For a queue of a service it is made as needed.
func (c *core) receiver(q *queue) *subscription {
	s := q.service()
	if s == nil {
		if q.sub != nil && c.hasLeft(q.sub.client) {
			c.unlink(q.sub)
		}
		return q.sub
	}
	client := s.current.Load()
	if client != nil {
		c.unlinkLost(client.state[c.index].subs, math.MaxInt) // of when it had the service before
	}
	if q.sub != nil && q.sub.client != client {
		c.unlink(q.sub) // its connection has lost the service
	}
	if q.sub != nil || client == nil || c.gotOf(client, &q.recipientID) != nil {
		return q.sub // one that uses GET is not pushed to
	}
	if subs := client.state[c.index].subs; subs != nil && subs.ready.Len() >= readyLimit {
		subs.behind = true
		return nil
	}
	sub := &subscription{queue: q, client: client, kind: subService}
	c.link(sub)
	return sub
}

// settle forgets the subscription of a service to a queue where nothing waits.
func (c *core) settle(s *subscription) {
	if s.kind == subService && !s.waiting && s.state != subReady && s.queue.empty() {
		c.unlink(s)
	}
}
