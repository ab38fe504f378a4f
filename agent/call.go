package agent

import (
	"context"

	"switchyard/smp"
)

// Response is the answer to a command. In a callback of Do its slices are valid until the callback returns; Call
// returns copies.
type Response struct {
	Tag    smp.ResponseTag
	Entity []byte
	Params []byte // encoded parameters
	// Err is an smp.Error (the router answered ERR), ErrWrongEntity, ErrBadResponse, ErrTimeout, or the reason for which
	// the client ended.
	Err error
}

// Message is the message ID and the sealed body of a MSG response; see RcvQueue.Open.
func (r *Response) Message() (msgID, sealed []byte, ok bool) { panic("agent: being built") }

// Do sends a command and never blocks: the command is encoded and authorized, and waits to be written. done is called
// exactly once, on the reader's goroutine, and must not block. When Do returns an error (ErrWindow, ErrTooLarge, box.ErrNoSessionKey or
// the reason for which the client ended) done is not called.
func (c *Client) Do(command Command, done func(Response)) error { panic("agent: being built") }

// DoBatch sends commands packed into blocks as the reference packs batches, from the last to the first. done is called once for each command with
// its index. All or none are sent.
func (c *Client) DoBatch(commands []Command, done func(int, Response)) error {
	panic("agent: being built")
}

// Call sends a command and waits for the response, before that for a place in the window. The error is that of
// ctx, of Do or Response.Err.
func (c *Client) Call(ctx context.Context, command Command) (Response, error) {
	panic("agent: being built")
}
