package agent

import (
	"context"

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

// NewQueue creates a queue (NEW).
func (c *Client) NewQueue(ctx context.Context, p QueueParams) (*RcvQueue, error) {
	panic("agent: being built")
}

// DoNewQueue is NewQueue by the rules of Do.
func (c *Client) DoNewQueue(p QueueParams, done func(*RcvQueue, error)) error {
	panic("agent: being built")
}
