package client

import (
	"bytes"
	"context"
	"slices"
	"time"

	"switchyard/smp"
)

// Response is the answer to a command. In a callback of Do its slices are valid until the callback returns; Call
// returns copies.
type Response struct {
	Tag    smp.ResponseTag
	Entity []byte
	Params []byte // encoded parameters
	// Err is an smp.Error (the router answered ERR), ErrWrongEntity, ErrBadResponse, ErrTimeout, or the reason for
	// which the client ended.
	Err error
	Bad smp.Error // with ErrBadResponse: what is wrong, ErrCmdUnknown or ErrCmdSyntax …
}

// Message is the message ID and the sealed body of a MSG response; see RcvQueue.Open.
func (r *Response) Message() (msgID, sealed []byte, ok bool) {
	if r.Tag != smp.RespMsg {
		return nil, nil, false
	}
	m, ok := smp.ParseMsg(r.Params)
	return m.ID, m.Body, ok
}

// Do sends a command and never blocks: the command is encoded and authorized, and waits to be written. done is called
// exactly once and must not block: on the reader's goroutine, or on a timer's with ErrTimeout. When Do returns an
// error (ErrWindow, ErrTooLarge, box.ErrNoSessionKey or the reason for which the client ended) done is not called.
func (c *Client) Do(command Command, done func(Response)) error {
	id := newCorrID()
	b, err := c.encodeBlock(&command, &id)
	if err != nil {
		return err
	}
	if err := c.submit(b, id, pending{entity: command.entity, done: done}); err != nil {
		b.release()
		return err
	}
	return nil
}

// submit adds a command to those that wait and its block to the outbox.
func (c *Client) submit(b *buffer, id corrID, p pending) error {
	p.since = c.now()
	b.mark(p.entity)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.admit(1); err != nil {
		return err
	}
	c.pending.add(id, p)
	c.enqueue(b)
	return nil
}

// admit tells whether n more commands may be sent. mu is held.
func (c *Client) admit(n int) error {
	if err := c.Err(); err != nil {
		return err
	}
	if !c.pending.room(c.config.Window, n) {
		return ErrWindow
	}
	c.armTimeout()
	return nil
}

// now is the time for commands that have a timeout.
func (c *Client) now() (t time.Time) {
	if c.config.CommandTimeout > 0 {
		t = time.Now()
	}
	return t
}

// DoBatch sends commands packed into blocks as the reference packs batches, from the last to the first. Routers may execute
// those of a block in any order, so none may depend on another. done is called once for each command with its index, by the
// rules of Do. All or none are sent.
func (c *Client) DoBatch(commands []Command, done func(int, Response)) error {
	_, err := c.submitBatch(commands, done)
	return err
}

// submitBatch is DoBatch that tells the correlation IDs.
func (c *Client) submitBatch(commands []Command, done func(int, Response)) ([]corrID, error) {
	batch, err := c.encodeBatch(commands)
	if err != nil {
		return nil, err
	}
	since := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.admit(len(commands)); err != nil {
		batch.release()
		return nil, err
	}
	for i := range commands {
		c.pending.add(batch.ids[i], pending{entity: commands[i].entity, each: done, index: i, since: since})
	}
	for _, b := range batch.blocks {
		c.enqueue(b)
	}
	return batch.ids, nil
}

// abandon takes commands out of those that wait; their responses will be events.
func (c *Client) abandon(ids []corrID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range ids {
		c.pending.take(id)
	}
}

// Call sends a command and waits for the response, before that for a place in the window. The error is that of
// ctx, of Do or Response.Err.
func (c *Client) Call(ctx context.Context, command Command) (Response, error) {
	id := newCorrID()
	b, err := c.encodeBlock(&command, &id)
	if err != nil {
		return Response{}, err
	}
	got := make(chan Response, 1)
	p := pending{entity: command.entity, done: func(r Response) {
		r.Entity, r.Params = bytes.Clone(r.Entity), bytes.Clone(r.Params)
		got <- r
	}}
	for {
		if err = c.submit(b, id, p); err != ErrWindow {
			break
		}
		if err = c.awaitRoom(ctx, 1); err != nil {
			break
		}
	}
	if err != nil {
		b.release()
		return Response{}, err
	}
	select {
	case r := <-got:
		return r, r.Err
	case <-ctx.Done():
		c.mu.Lock()
		_, waiting := c.pending.take(id)
		c.mu.Unlock()
		if waiting {
			return Response{}, context.Cause(ctx)
		}
		r := <-got // the callback runs at this moment
		return r, r.Err
	}
}

// awaitRoom waits until n commands may fit the window.
func (c *Client) awaitRoom(ctx context.Context, n int) error {
	c.mu.Lock()
	if c.Err() != nil || c.pending.room(c.config.Window, n) {
		c.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	c.pending.queue = append(c.pending.queue, turn)
	c.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := slices.Index(c.pending.queue, turn); i >= 0 {
		c.pending.queue = slices.Delete(c.pending.queue, i, i+1)
	} else {
		c.pending.wake() // this one's turn has come too late: it goes to the next
	}
	return context.Cause(ctx)
}
