package client

import (
	"bytes"
	"context"
	"crypto/rand"

	"switchyard/box"
	"switchyard/smp"
)

// QueueParams says what queue to create. The zero value: an Ed25519 key, mode unset, not subscribed, no password.
type QueueParams struct {
	Alg       box.Alg // of the recipient's key; zero means Ed25519
	Subscribe bool
	Mode      smp.QueueMode
	BasicAuth string // the router's password; empty means that of the address
}

// draft is a queue that is not yet created: IDS completes it.
type draft struct {
	queue   *RcvQueue
	dh      *box.PrivateKey
	version smp.Version
}

// newQueue makes keys and the command.
func (c *Client) newQueue(p QueueParams) (draft, Command, error) {
	key, err := NewKey(orDefault(p.Alg, box.Ed25519))
	if err != nil {
		return draft{}, Command{}, err
	}
	dh, err := box.GenerateKey(box.X25519, rand.Reader)
	if err != nil {
		return draft{}, Command{}, err
	}
	public := dh.Public()
	params := &smp.NewParams{
		AuthKey:   key.SPKI(),
		DHKey:     public.AppendSPKI(nil),
		Subscribe: p.Subscribe,
		Mode:      p.Mode,
	}
	if password := orDefault(p.BasicAuth, c.config.Address.BasicAuth); password != "" {
		params.BasicAuth = []byte(password)
	}
	d := draft{&RcvQueue{Key: key}, dh, c.version}
	return d, Command{tag: smp.CmdNew, key: key, new: params}, nil
}

// complete makes the queue of a draft with the response to its NEW.
func (d *draft) complete(r Response) (*RcvQueue, error) {
	if r.Err != nil {
		return nil, r.Err
	}
	if r.Tag != smp.RespIDs {
		return nil, &UnexpectedError{r.Tag}
	}
	ids, ok := smp.ParseIDs(d.version, r.Params)
	if !ok {
		return nil, ErrBadResponse
	}
	serverKey, err := box.ParseX25519(ids.DHKey)
	if err != nil {
		return nil, ErrBadResponse
	}
	q := d.queue
	q.ID, q.SenderID, q.Mode = bytes.Clone(ids.RecipientID), bytes.Clone(ids.SenderID), ids.Mode
	var secret [box.KeySize]byte
	scalar, _ := d.dh.X25519()
	if err := box.DH(&secret, scalar, &serverKey); err != nil {
		return nil, ErrBadResponse
	}
	q.Secret = secret[:]
	return q, nil
}

// NewQueue creates a queue (NEW).
func (c *Client) NewQueue(ctx context.Context, p QueueParams) (*RcvQueue, error) {
	d, command, err := c.newQueue(p)
	if err != nil {
		return nil, err
	}
	r, err := c.Call(ctx, command)
	if err != nil {
		return nil, err
	}
	return d.complete(r)
}

// DoNewQueue is NewQueue by the rules of Do.
func (c *Client) DoNewQueue(p QueueParams, done func(*RcvQueue, error)) error {
	d, command, err := c.newQueue(p)
	if err != nil {
		return err
	}
	return c.Do(command, func(r Response) { done(d.complete(r)) })
}
