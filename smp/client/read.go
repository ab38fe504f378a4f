package client

import (
	"bytes"

	"switchyard/box"
	"switchyard/smp"
)

// read is the reader. When the connection has ended it fails what still waits.
func (c *Client) read() {
	c.fail(c.readBlocks())
	err := c.Err()
	c.stopTimers()
	c.mu.Lock()
	waiting := c.pending.takeAll()
	c.mu.Unlock()
	for _, p := range waiting {
		p.answer(Response{Err: err})
	}
	c.running.Wait()
	c.stream.releaseAll()
	c.forget()
	if c.events != nil {
		close(c.events)
	} else {
		c.config.OnEvent(Event{Client: c, Kind: EventClosed, Err: err})
	}
	close(c.done)
}

// forget overwrites the keys of the session, which has ended: nobody but the reader is left who uses them.
func (c *Client) forget() {
	c.agreement.send.Forget()
	c.agreement.receive.Forget()
	if c.forwarding != nil {
		c.forwarding.forget()
	}
	c.stream.forget()
}

// readBlocks handles blocks until there are no more, and says why.
func (c *Client) readBlocks() error {
	for {
		block, err := c.stream.readBlock()
		if err != nil {
			return disconnected(err)
		}
		c.received()
		c.pings.Store(0)
		if err := c.handleBlock(block); err != nil {
			return err
		}
	}
}

// handleBlock opens a block and handles its transmissions. The error is ErrBadBlock, or the reason for which the client
// ended while an event waited.
func (c *Client) handleBlock(block []byte) error {
	content, ok := []byte(nil), false
	if c.encrypted {
		content, ok = c.agreement.receive.OpenBlock(block)
	} else {
		var err error
		content, err = box.Unpad(block)
		ok = err == nil
	}
	if !ok {
		return ErrBadBlock
	}
	batch, ok := smp.ParseBatch(content)
	if !ok {
		return ErrBadBlock
	}
	for t, more := batch.Next(); more; t, more = batch.Next() {
		if err := c.handleTransmission(t); err != nil {
			return err
		}
	}
	return nil
}

// handleTransmission gives a response to its command, and anything else to the events.
func (c *Client) handleTransmission(b []byte) error {
	t, bad := smp.ParseResponseTransmission(c.version, c.sessionID, b)
	r := Response{Entity: t.EntityID}
	if bad.IsZero() {
		r.Tag, r.Params, bad = smp.ParseResponse(c.version, t.Command)
	}
	if bad.IsZero() {
		bad = smp.CheckResponseEntity(r.Tag, len(t.EntityID) > 0)
	}
	switch {
	case !bad.IsZero():
		r.Err, r.Bad = ErrBadResponse, bad
	case r.Tag == smp.RespErr:
		e, _ := smp.ParseError(r.Params)
		r.Err = e
	}
	if len(t.CorrID) == 0 {
		return c.emit(unasked(r))
	}
	p, ok := c.takePending(t.CorrID)
	if !ok {
		return c.emit(late(r))
	}
	// A router that cannot read a command as far as its entity ID answers without one.
	if !bytes.Equal(p.entity, t.EntityID) && (r.Tag != smp.RespErr || len(t.EntityID) > 0) && r.Err != ErrBadResponse {
		r.Err = ErrWrongEntity
	}
	p.answer(r)
	return nil
}

func (c *Client) takePending(id []byte) (pending, bool) {
	if len(id) != len(corrID{}) {
		return pending{}, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pending.take(corrID(id))
}

// unasked is the event of a transmission without correlation ID.
func unasked(r Response) Event {
	e := Event{Tag: r.Tag, Entity: r.Entity, Params: r.Params, Err: r.Err}
	switch {
	case r.Err == ErrBadResponse:
		e.Kind = EventUnexpected
	case r.Tag == smp.RespErr:
		e.Kind = EventError
	case r.Tag == smp.RespMsg:
		e.Kind = EventMessage
		e.MsgID, e.Body, _ = r.Message()
	case r.Tag == smp.RespEnd:
		e.Kind = EventEnd
	case r.Tag == smp.RespDeld:
		e.Kind = EventDeleted
	case r.Tag == smp.RespNMsg:
		e.Kind = EventNotification
	case r.Tag == smp.RespEnds || r.Tag == smp.RespAlls:
		e.Kind = EventService
	default:
		e.Kind, e.Err = EventUnexpected, &UnexpectedError{r.Tag}
	}
	return e
}

// late is the event of a response to a command that does not wait any more, or never did. A message in it counts as
// delivered for the router, so it is an event like any message.
func late(r Response) Event {
	if r.Tag == smp.RespMsg && r.Err == nil {
		return unasked(r)
	}
	e := Event{Kind: EventUnexpected, Tag: r.Tag, Entity: r.Entity, Params: r.Params, Err: ErrUnknownCommand}
	if r.Err == ErrBadResponse {
		e.Err = r.Err
	}
	return e
}

// emit hands over an event. While the channel is full it waits, and nothing more is read from the socket.
func (c *Client) emit(e Event) error {
	e.Client = c
	if c.events == nil {
		c.config.OnEvent(e)
		return nil
	}
	e.own()
	select {
	case c.events <- e:
		return nil
	case <-c.closing:
		return c.Err()
	}
}
