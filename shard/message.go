package shard

import (
	"errors"

	"switchyard/shard/tally"
	"switchyard/smp"
)

// send stores a message, and delivers it at once when the queue was empty and its subscriber waits for nothing.
func (c *core) send(it *item) {
	q := it.queue
	p, _ := smp.ParseSend(it.command.Params)
	switch {
	case len(p.Body) > smp.MaxBody(it.command.version(it.client)):
		c.out.tally.Add(tally.SentLarge, 1)
		c.fail(it, smp.ErrLargeMsg)
	case q.status == StatusOff:
		c.out.tally.Add(tally.SentAuth, 1)
		c.fail(it, smp.ErrAuth)
	case q.status == StatusBlocked:
		c.out.tally.Add(tally.SentBlocked, 1)
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
		c.out.tally.Add(tally.SentQuota, 1)
		c.fail(it, smp.ErrQuota)
	case int(q.count) >= c.cfg.Quota:
		c.put(q, KindQuota, smp.SendParams{})
		c.out.tally.Add(tally.SentQuota, 1)
		c.fail(it, smp.ErrQuota)
	default:
		c.put(q, KindMessage, *p)
		c.countUse(q, p.Notify, tally.Sent, tally.SentNotify)
		c.notify(q, &c.fresh[len(c.fresh)-1].header)
		c.deliverFresh(q)
		c.answer(it, smp.AppendOK)
	}
}

// countUse counts a message of a queue in a counter, and in the other one when it has the flag for notifications.
func (c *core) countUse(q *queue, notify bool, all, flagged tally.Counter) {
	t := &c.out.tally
	t.Add(all, 1)
	if notify {
		t.Add(flagged, 1)
	}
	t.Used(&q.recipientID, notify)
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
		c.out.tally.Add(tally.Messages, 1)
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
	fresh := s == nil
	if c.gotOf(it.client, &q.recipientID) != nil {
		c.out.tally.Add(tally.SubsProhibited, 1)
		c.fail(it, smp.ErrCmdProhibited)
		return
	}
	if !fresh {
		c.out.tally.Add(tally.SubsDuplicate, 1)
	}
	switch {
	case it.client.Service != nil:
		c.subscribeAs(it, fresh)
		return
	case q.service() != nil:
		if err := c.dissociate(q, it.client, replyEnd); err != nil {
			c.fail(it, storeError(err))
			return
		}
		c.out.tally.Add(tally.AssociatedRemoved, 1)
		c.putQueue(q)
	}
	if fresh && !q.empty() {
		c.out.tally.Add(tally.Subs, 1)
	}
	if s == nil {
		s = c.newSubscription(q, it.client)
	}
	w := c.respond(it)
	w.head = smp.AppendSOK(w.head, it.client.Version, nil)
	w.end()
	c.endWait(it.client, &s.receipt)
	s.told = false
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
	c.out.tally.Event(tally.SubsEnded, tally.SubsEndedBatch, client, endsInBatch)
	w := c.begin(client, nil, entityID)
	w.note.kind = kind
	if kind == replyDeleted {
		w.head = smp.AppendDeld(w.head, client.Version)
	} else {
		w.head = smp.AppendEnd(w.head)
	}
	w.end()
}

// endsInBatch is how many events END and DELD a block has room for.
const endsInBatch = 255

// get answers GET: the first message is the response. It is not pushed to anybody else for that, and the one who is
// subscribed notices nothing.
func (c *core) get(it *item) {
	q, t := it.queue, &c.out.tally
	if q.subscriptionOf(it.client) != nil {
		t.Add(tally.GetProhibited, 1)
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
	again := r.waiting
	c.endWait(it.client, r)
	if q.empty() {
		t.Add(tally.GetNothing, 1)
		c.answer(it, smp.AppendOK)
		return
	}
	body, err := c.readHead(q)
	if err != nil {
		c.fail(it, storeError(err))
		return
	}
	if again {
		t.Add(tally.GetDuplicate, 1)
	} else {
		t.Add(tally.Get, 1)
	}
	it.client.Window.Exceed() // does not wait for room: the loop bounds what a connection may ask for and not read
	c.respondMessage(it, r, body)
}

// errLimit answers what a limit refuses. Clients try again later, as with errStore.
var errLimit = smp.ErrStore("limit")

// ack answers ACK: the message that was delivered is deleted, if it is still there, and the next one is the response to one
// that is subscribed. An empty ID matches every message and deletes none, as in the reference.
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
	there, err := c.makeFirst(q, id)
	if err != nil {
		c.fail(it, storeError(err))
		return
	}
	if there {
		c.countReceived(q, r, s == nil)
		c.remove(q)
	} else if len(id) > 0 {
		c.confirm(q) // it is gone already
	}
	c.endWait(it.client, r)
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

// countReceived counts the first message of a queue, which is about to be deleted as its recipient has it.
func (c *core) countReceived(q *queue, r *receipt, byGet bool) {
	if q.head.Kind != KindMessage {
		return
	}
	t := &c.out.tally
	c.countUse(q, q.head.Notify, tally.Received, tally.ReceivedNotify)
	if byGet {
		t.Add(tally.ReceivedGet, 1)
	}
	t.Waited(c.steady - r.time(c.steady))
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
		c.out.tally.Add(tally.AssociatedRemoved+tally.Notification, 1)
		c.putQueue(q)
	}
	if n.sub != nil && n.sub.client == it.client {
		c.out.tally.Add(tally.NotifierSubsDuplicate, 1)
	} else {
		c.out.tally.Add(tally.NotifierSubs, 1)
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
