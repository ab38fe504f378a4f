package engine

import (
	"context"
	"errors"
	"fmt"
)

// ProbeLoops has every event loop do something, and returns when all have, or tells of those that have not when ctx ends.
func (r *Router) ProbeLoops(ctx context.Context) error {
	asked, done := 0, make(chan struct{}, 1<<10)
	r.eachLoop(func(l *loop) {
		asked++
		l.run(func() {
			select {
			case done <- struct{}{}:
			default:
			}
		})
	})
	for answers := range asked {
		select {
		case <-done:
		case <-r.halted:
			return errors.New("the event loops have ended")
		case <-ctx.Done():
			return fmt.Errorf("%d of %d event loops do not answer", asked-answers, asked)
		}
	}
	return nil
}

// ProbeShards does the same with the shards, by way of their rings, and has them store what they had committed before.
func (r *Router) ProbeShards(ctx context.Context) error { return r.shards.Probe(ctx) }

// Listening tells why clients are not let in, nil when they are.
func (r *Router) Listening() error {
	select {
	case <-r.stopping:
		return errors.New("the router stops")
	default:
	}
	select {
	case <-r.ready:
		return nil
	default:
		return errors.New("the router does not listen yet")
	}
}
