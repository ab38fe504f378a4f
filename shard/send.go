package shard

import (
	"errors"
	"math"

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

// remove deletes the first message, whose header is known.
func (c *core) remove(q *queue) {
	c.write().DeleteMessage(&q.recipientID, q.head.Seq)
	q.advance()
	if q.dayLate {
		c.putQueue(q)
	}
}

// expire deletes all messages that are older than the limit from the head of the queue.
func (c *core) expire(q *queue) error {
	_, err := c.expireSome(q, math.MaxInt)
	return err
}

// expireSome deletes messages older than the limit, as many as it may, from the head of the queue, and returns how many. A
// quota marker there ends it.
func (c *core) expireSome(q *queue, most int) (n int, err error) {
	if c.cfg.MessageTTL <= 0 {
		return 0, nil
	}
	before := c.judgedAt - int64(c.cfg.MessageTTL.Seconds())
	for ; n < most && q.count > 0; n++ {
		if err := c.peek(q); err != nil {
			return n, err
		}
		if q.head.Kind == KindQuota || q.head.Time >= before {
			return n, nil
		}
		c.remove(q)
	}
	return n, nil
}
