package shard

import (
	"errors"

	"switchyard/smp"
)

// send stores a message, and delivers it at once when the queue was empty and its subscriber waits for nothing.
func (c *core) send(it *item) {
	q := it.queue
	p, _ := smp.ParseSend(it.command.Params)
	switch {
	case len(p.Body) > smp.MaxBody(it.command.version(it.client)):
		c.fail(it, smp.ErrLargeMsg)
	case q.status == StatusOff:
		c.fail(it, smp.ErrAuth)
	case q.status == StatusBlocked:
		c.fail(it, q.blockedError())
	default:
		c.accept(it, &p)
	}
}

// accept stores a message that the queue may take, unless it is full. The link of a messaging queue has served when its
// sender sends.
func (c *core) accept(it *item, p *smp.SendParams) {
	q := it.queue
	if q.securedMessaging() && c.removeLink(q) {
		c.putQueue(q)
	}
	if c.cfg.ExpireOnSend {
		// What is damaged at the head is in nobody's way here.
		if err := c.expire(q); err != nil && !errors.Is(err, ErrDamaged) {
			c.fail(it, errStore)
			return
		}
	}
	switch {
	case q.full:
		c.fail(it, smp.ErrQuota)
	case int(q.count) >= c.cfg.Quota:
		c.put(q, KindQuota, smp.SendParams{})
		c.fail(it, smp.ErrQuota)
	default:
		c.put(q, KindMessage, *p)
		c.notify(q, &c.fresh[len(c.fresh)-1].header)
		c.deliverFresh(q)
		c.answer(it, smp.AppendOK)
	}
}

// put stores a message, or the marker that the queue is full.
func (c *core) put(q *queue, kind MessageKind, p smp.SendParams) {
	c.fresh = append(c.fresh, freshMessage{
		queue:  q,
		header: MessageHeader{Seq: q.nextSeq(), Time: c.now, Kind: kind, Notify: p.Notify},
	})
	m := &c.fresh[len(c.fresh)-1]
	c.random(m.header.ID[:])
	tx := c.write()
	if kind == KindMessage {
		m.body = c.seal(q, &m.header, p.Body)
		tx.PutMessage(&q.recipientID, &m.header, m.body.Data)
	} else {
		tx.PutMessage(&q.recipientID, &m.header, nil)
	}
	if q.dayLate {
		c.putQueue(q)
	}
	q.append(&m.header)
}

// deliverFresh pushes the message that was just stored, if it is the only one and the subscriber waits for none.
func (c *core) deliverFresh(q *queue) {
	if q.count != 1 {
		return
	}
	s := c.receiver(q)
	if s == nil || s.waiting {
		return
	}
	if !s.client.Window.Take() {
		c.setReady(s, true)
		c.pump(s.client)
		return
	}
	body := c.fresh[len(c.fresh)-1].body
	body.Retain()
	c.push(s, body)
}

// subscribe answers SUB: the connection becomes the one that messages are pushed to. A message that waits is delivered
// apart from the response, and again when the connection has it already.
func (c *core) subscribe(it *item) {
	q := it.queue
	s := q.subscriptionOf(it.client)
	switch {
	case c.gotOf(it.client, &q.recipientID) != nil:
		c.fail(it, smp.ErrCmdProhibited)
		return
	case it.client.Service != nil:
		c.subscribeAs(it)
		return
	case q.service() != nil:
		if err := c.dissociate(q, it.client, replyEnd); err != nil {
			c.fail(it, storeError(err))
			return
		}
		c.putQueue(q)
	}
	if s == nil {
		s = c.newSubscription(q, it.client)
	}
	w := c.respond(it)
	w.head = smp.AppendSOK(w.head, it.client.Version, nil)
	w.end()
	s.waiting, s.told = false, false
	c.setReady(s, !q.empty())
}

// newSubscription subscribes a connection, and ends the subscription of another.
func (c *core) newSubscription(q *queue, client *Client) *subscription {
	if q.sub != nil {
		c.end(q.sub, replyEnd, q.recipientID[:])
	}
	s := &subscription{queue: q, client: client, kind: subNormal}
	c.link(s)
	return s
}

// end unlinks a subscription and tells its connection why.
func (c *core) end(s *subscription, kind replyKind, entityID []byte) {
	c.tell(s.client, kind, entityID)
	c.unlink(s)
}

// tell tells a connection that it receives no more of a queue: END or DELD.
func (c *core) tell(client *Client, kind replyKind, entityID []byte) {
	if c.hasLeft(client) {
		return
	}
	w := c.begin(client, nil, entityID)
	w.note.kind = kind
	if kind == replyDeleted {
		w.head = smp.AppendDeld(w.head, client.Version)
	} else {
		w.head = smp.AppendEnd(w.head)
	}
	w.end()
}

// get answers GET: the first message is the response. It is not pushed to anybody else for that, and the one who is
// subscribed notices nothing.
func (c *core) get(it *item) {
	q := it.queue
	if q.subscriptionOf(it.client) != nil {
		c.fail(it, smp.ErrCmdProhibited)
		return
	}
	r := c.gotOf(it.client, &q.recipientID)
	if r == nil {
		if r = c.newGot(it.client, &q.recipientID); r == nil {
			c.cfg.Refused()
			c.fail(it, errLimit)
			return
		}
	}
	r.waiting = false
	if q.empty() {
		c.answer(it, smp.AppendOK)
		return
	}
	body, err := c.readHead(q)
	if err != nil {
		c.fail(it, storeError(err))
		return
	}
	it.client.Window.Exceed() // does not wait for room: the loop bounds what a connection may ask for and not read
	c.respondMessage(it, r, body)
}

// errLimit answers what a limit refuses. Clients try again later, as with errStore.
var errLimit = smp.ErrStore("limit")

// ack answers ACK: the message that was delivered is deleted, if it is still the first, and the next one is the
// response to one that is subscribed. An empty ID matches every message and deletes none, as in the reference.
func (c *core) ack(it *item) {
	q := it.queue
	s, r := q.subscriptionOf(it.client), c.gotOf(it.client, &q.recipientID)
	if s != nil {
		r = &s.receipt
	}
	id, _ := smp.ParseAck(it.command.Params)
	if r == nil || !r.waiting || len(id) > 0 && string(id) != string(r.delivered[:]) {
		c.fail(it, smp.ErrNoMsg)
		return
	}
	if !q.empty() {
		if err := c.peek(q); err != nil {
			c.fail(it, storeError(err))
			return
		}
	}
	if !q.empty() && string(id) == string(q.head.ID[:]) {
		c.remove(q)
	} else if len(id) > 0 {
		c.confirm(q) // it is gone already
	}
	r.waiting = false
	if s == nil || q.empty() {
		if s != nil {
			c.settle(s)
		}
		c.answer(it, smp.AppendOK)
		return
	}
	if it.client.Window.Free() {
		if body, err := c.readHead(q); err == nil {
			if it.client.Window.Take() {
				c.respondMessage(it, r, body)
				return
			}
			body.Release() // another shard was quicker
		}
	}
	// The connection has enough to read, or the store failed. The next message comes as an event, like one that was
	// sent just now.
	c.answer(it, smp.AppendOK)
	c.setReady(s, true)
}

// respondMessage responds with the first message; its place in the window is taken.
func (c *core) respondMessage(it *item, r *receipt, body *Buffer) {
	w := c.respond(it)
	c.endMessage(&w, it.queue, r, body)
}

// subscribeNotifier answers NSUB.
func (c *core) subscribeNotifier(it *item) {
	q := it.queue
	n := q.notifier()
	if err := c.takeNotifications(q); err != nil {
		c.fail(it, storeError(err))
		return
	}
	if it.client.Service != nil {
		c.subscribeNotifierAs(it)
		return
	}
	if n.service != nil {
		if err := c.dissociateNotifier(q, it.client, replyEnd); err != nil {
			c.fail(it, storeError(err))
			return
		}
		c.putQueue(q)
	}
	if n.sub == nil || n.sub.client != it.client {
		if n.sub != nil {
			c.end(n.sub, replyEnd, n.ID[:])
		}
		c.link(&subscription{queue: q, client: it.client, kind: subNotifier})
	}
	w := c.respond(it)
	w.head = smp.AppendSOK(w.head, it.client.Version, nil)
	w.end()
}
