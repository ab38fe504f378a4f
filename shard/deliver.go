package shard

import (
	"switchyard/box"
	"switchyard/smp"
)

// A message is delivered to the subscribed connection in one of three ways:
//
//	SEND to an empty queue ──▶ push at once
//	SUB, BatchResume ──▶ ready list ──▶ pump: push while the window has room
//	ACK ──▶ the next message is the response
//
// In between, a normal subscription waits for an ACK, or is in the ready list, or aside as its message cannot be read
// (aside.go), or its queue is empty.

// errBody reports a stored message whose body has not the one size that all have.
const errBody = damaged("shard: stored message is damaged")

// pump delivers to a connection what is ready, as far as the window has room, and then what its walk finds.
func (c *core) pump(client *Client) {
	for c.pumpReady(client) && c.walkOn(client) {
	}
}

// pumpReady delivers what is ready, and says whether all of it went.
func (c *core) pumpReady(client *Client) bool {
	subs := client.state[c.index].subs
	if c.hasLeft(client) {
		return false
	}
	for subs != nil && subs.ready.First() != nil {
		s := subs.ready.First()
		if s.queue.count == 0 || c.cache.stale(s.queue) {
			c.setReady(s, false)
			c.settle(s)
			continue
		}
		if client.Window.Await() {
			return false
		}
		body, err := c.readHead(s.queue)
		if err != nil {
			c.setAside(s, err)
			c.goOn(client)
			return false
		}
		if !client.Window.Take() { // another shard was quicker
			body.Release()
			continue
		}
		c.push(s, body)
	}
	return subs != nil
}

// push delivers the first message as an event; the place in the window is taken.
func (c *core) push(s *subscription, body *Buffer) {
	c.setReady(s, false)
	w := c.begin(s.client, nil, s.queue.recipientID[:])
	w.note.kind = replyMessage
	c.endMessage(&w, s.queue, &s.receipt, body)
}

// endMessage completes a reply as the MSG with the first message of the queue, which then waits for its ACK.
func (c *core) endMessage(w *writer, q *queue, r *receipt, body *Buffer) {
	id := &q.head.ID
	w.head = smp.AppendMsgHeader(w.head, id[:])
	w.reply.Body, w.reply.Message = body, true
	w.end()
	c.out.delivered = append(c.out.delivered, delivery{q.recipientID, w.reply.Client})
	r.delivered, r.waiting = *id, true
}

// peek makes the header of the first message known; the queue is not empty.
func (c *core) peek(q *queue) error {
	if q.headKnown {
		return nil
	}
	if m := c.freshAt(q, q.head.Seq); m != nil {
		q.head, q.headKnown = m.header, true
		return nil
	}
	if c.spoiled(q) {
		return errSpoiled
	}
	h, err := c.store.Header(&q.recipientID, q.head.Seq)
	if err != nil {
		c.judgeRead(q, err)
		return err
	}
	h.Seq = q.head.Seq
	q.head, q.headKnown = h, true
	return nil
}

// readHead returns the sealed body of the first message in a buffer with one reference for the caller.
func (c *core) readHead(q *queue) (*Buffer, error) {
	if err := c.peek(q); err != nil {
		return nil, err
	}
	if q.head.Kind == KindQuota {
		return c.seal(q, &q.head, nil), nil
	}
	if m := c.freshAt(q, q.head.Seq); m != nil {
		m.body.Retain()
		return m.body, nil
	}
	if c.spoiled(q) {
		return nil, errSpoiled
	}
	b := NewBuffer(smp.DeliveredSize)
	n, err := c.store.Body(&q.recipientID, q.head.Seq, b.Data)
	if err == nil && n != len(b.Data) {
		err = errBody
	}
	if err != nil {
		b.Release()
		c.judgeRead(q, err)
		return nil, err
	}
	return b, nil
}

// freshAt finds a message that the transaction at hand stores.
func (c *core) freshAt(q *queue, seq uint64) *freshMessage {
	for i := range c.fresh {
		if m := &c.fresh[i]; m.queue == q && m.header.Seq == seq {
			return m
		}
	}
	return nil
}

// seal makes the body of a message as it is stored and delivered, or that of a quota marker, which is stored without
// one and comes out the same each time.
func (c *core) seal(q *queue, h *MessageHeader, body []byte) *Buffer {
	b := NewBuffer(smp.DeliveredSize)
	padded := b.Data[box.TagSize:]
	var plain []byte
	if h.Kind == KindQuota {
		plain = smp.AppendQuotaBody(padded[2:2], h.Time)
	} else {
		plain = smp.AppendMessageBody(padded[2:2], h.Time, h.Notify, body)
	}
	if err := box.PadInPlace(padded, len(plain)); err != nil {
		panic("shard: message over the limit was let through")
	}
	var subkey [box.KeySize]byte
	box.Precompute(&subkey, &q.secret)
	box.Seal(b.Data, (*[box.NonceSize]byte)(&h.ID), &subkey)
	return b
}
