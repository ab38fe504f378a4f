package client

import (
	"context"

	"switchyard/smp"
)

// callFor is Call of a command that has one good response.
func (c *Client) callFor(ctx context.Context, command Command, want smp.ResponseTag) error {
	r, err := c.Call(ctx, command)
	if err == nil && r.Tag != want {
		err = &UnexpectedError{r.Tag}
	}
	return err
}

// callForMessage is Call of a command that is answered by MSG, or by OK when there is none.
func (c *Client) callForMessage(ctx context.Context, q *RcvQueue, command Command) (*Message, error) {
	r, err := c.Call(ctx, command)
	if err != nil || r.Tag == smp.RespOK {
		return nil, err
	}
	id, sealed, ok := r.Message()
	if !ok {
		return nil, &UnexpectedError{r.Tag}
	}
	m, err := q.Open(id, sealed)
	if err != nil {
		return nil, err
	}
	return &m, nil
}

// Ack acknowledges a message (ACK) and returns the next one, nil when there is none.
func (c *Client) Ack(ctx context.Context, q *RcvQueue, msgID []byte) (*Message, error) {
	return c.callForMessage(ctx, q, q.Ack(msgID))
}

// Get returns the first message of a queue that is not subscribed (GET), nil when there is none.
func (c *Client) Get(ctx context.Context, q *RcvQueue) (*Message, error) {
	return c.callForMessage(ctx, q, q.Get())
}

// Send sends a message (SEND).
func (c *Client) Send(ctx context.Context, s *SndQueue, notify bool, body []byte) error {
	return c.callFor(ctx, s.Send(notify, body), smp.RespOK)
}

// Secure sets the sender's key, a SubjectPublicKeyInfo, by the recipient (KEY).
func (c *Client) Secure(ctx context.Context, q *RcvQueue, senderSPKI []byte) error {
	return c.callFor(ctx, q.Secure(senderSPKI), smp.RespOK)
}

// SecureSender sets the sender's key by the sender (SKEY).
func (c *Client) SecureSender(ctx context.Context, s *SndQueue) error {
	return c.callFor(ctx, s.Secure(), smp.RespOK)
}

// SetKeys replaces the recipient's keys (RKEY); the queue's own Key stays as it is.
func (c *Client) SetKeys(ctx context.Context, q *RcvQueue, spkis ...[]byte) error {
	return c.callFor(ctx, q.SetKeys(spkis...), smp.RespOK)
}

// Off suspends a queue for senders (OFF).
func (c *Client) Off(ctx context.Context, q *RcvQueue) error {
	return c.callFor(ctx, q.Off(), smp.RespOK)
}

// Delete deletes a queue (DEL).
func (c *Client) Delete(ctx context.Context, q *RcvQueue) error {
	return c.callFor(ctx, q.Del(), smp.RespOK)
}

// Info returns a queue's state (QUE).
func (c *Client) Info(ctx context.Context, q *RcvQueue) (smp.Info, error) {
	r, err := c.Call(ctx, q.Que())
	if err != nil {
		return smp.Info{}, err
	}
	if r.Tag != smp.RespInfo {
		return smp.Info{}, &UnexpectedError{r.Tag}
	}
	info, ok := smp.ParseInfo(r.Params)
	if !ok {
		return smp.Info{}, ErrBadResponse
	}
	return info, nil
}

// Ping asks for a sign of life (PING).
func (c *Client) Ping(ctx context.Context) error { return c.callFor(ctx, Ping(), smp.RespPong) }
