package router

import (
	"context"
	"errors"
)

// Probe returns when connections can come in and go: it waits for what they wait for.
func (r *Router) Probe(context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.store.Usage()
	return nil
}

// Listening tells why clients are not let in, nil when they are.
func (r *Router) Listening() error {
	if r.ctx.Err() != nil {
		return errors.New("the router stops")
	}
	select {
	case <-r.ready:
		return nil
	default:
		return errors.New("the router does not listen yet")
	}
}
