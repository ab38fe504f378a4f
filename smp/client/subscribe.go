package client

import (
	"context"

	"switchyard/box"
	"switchyard/smp"
)

// subscribeChunk is how many subscriptions SubscribeAll has under way: ten blocks with Ed25519 keys. So a client with
// very many queues neither floods the router nor waits for each block.
const subscribeChunk = 1350

// subscribed is the error of a response to SUB.
func subscribed(r Response) error {
	if r.Err == nil && r.Tag != smp.RespSOK && r.Tag != smp.RespOK {
		return &UnexpectedError{r.Tag}
	}
	return r.Err
}

// Subscribe subscribes a queue (SUB).
func (c *Client) Subscribe(ctx context.Context, q *RcvQueue) error {
	r, err := c.Call(ctx, q.Sub())
	if err != nil {
		return err
	}
	return subscribed(r)
}

// SubscribeAll subscribes queues in batches, as many a block as fit (135 with Ed25519 keys). It returns an
// error for each queue, nil where it is subscribed.
func (c *Client) SubscribeAll(ctx context.Context, queues []*RcvQueue) []error {
	errs := make([]error, len(queues))
	chunk := subscribeChunk
	if c.config.Window > 0 {
		chunk = min(chunk, c.config.Window)
	}
	for from := 0; from < len(queues); from += chunk {
		to := min(from+chunk, len(queues))
		c.subscribeSome(ctx, queues[from:to], errs[from:to])
	}
	return errs
}

// subscribeSome subscribes queues that fit the window. One whose key cannot sign here is in the way of no other.
func (c *Client) subscribeSome(ctx context.Context, queues []*RcvQueue, all []error) {
	var places []int
	var commands []Command
	for i, q := range queues {
		if q.Key.Alg() == box.X25519 && c.serverKey == nil {
			all[i] = box.ErrNoSessionKey
			continue
		}
		places, commands = append(places, i), append(commands, q.Sub())
	}
	if len(commands) == 0 {
		return
	}
	errs := make([]error, len(commands))
	defer func() {
		for i, err := range errs {
			all[places[i]] = err
		}
	}()
	type result struct {
		i   int
		err error
	}
	results := make(chan result, len(commands)) // takes all of them, so that the reader never waits
	err := ctx.Err()
	var ids []corrID
	for err == nil {
		ids, err = c.submitBatch(commands, func(i int, r Response) { results <- result{i, subscribed(r)} })
		if err != ErrWindow {
			break
		}
		err = c.awaitRoom(ctx, len(commands))
	}
	answered := make([]bool, len(commands))
	for left := len(commands); err == nil && left > 0; left-- {
		select {
		case r := <-results:
			errs[r.i], answered[r.i] = r.err, true
		case <-ctx.Done():
			err = context.Cause(ctx)
			c.abandon(ids)
		}
	}
	for i := range errs {
		if !answered[i] {
			errs[i] = err
		}
	}
}
