package fleet

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"switchyard/loadtest/load"
	"switchyard/loadtest/measure"
	"switchyard/loadtest/process"
	"switchyard/smp/client"
	"switchyard/tls"
)

// fleet is many connections, each with its share of the queues. Apart from the counters it is for one goroutine.
type fleet struct {
	client  load.Client
	group   tls.Group     // of the key exchange; 0: the client's choice
	atOnce  int           // connections that are worked on at a time
	ramp    time.Duration // over which connections are begun, when they are for the first time
	first   int           // number of the first connection among those of all processes
	members []member

	up         atomic.Int64 // connections
	created    atomic.Int64 // queues
	subscribed atomic.Int64 // queues, in the current life of the connections
	strange    atomic.Int64 // events that nobody asked for
	redials    atomic.Int64 // connections that failed or were lost and are tried again
}

// member is one connection. It is written by the goroutine that works on it.
type member struct {
	client *client.Client
	queues []*client.RcvQueue
}

func newFleet(c load.Client, conns, atOnce int, group string) (*fleet, error) {
	w := &fleet{client: c, atOnce: atOnce, members: make([]member, conns)}
	if group != "" {
		var ok bool
		if w.group, ok = groups[group]; !ok {
			return nil, fmt.Errorf("group %q is none of x448, x25519", group)
		}
	}
	return w, nil
}

// connect opens all connections, some at a time, and stops at the first failure.
func (w *fleet) connect(ctx context.Context) error {
	if w.ramp == 0 {
		return measure.InParallel(ctx, len(w.members), w.atOnce, w.dial)
	}
	began := time.Now()
	return measure.InParallel(ctx, len(w.members), w.atOnce, func(ctx context.Context, i int) error {
		if err := pause(ctx, time.Until(began.Add(w.due(i)))); err != nil {
			return err
		}
		return w.dial(ctx, i)
	})
}

// due is when a connection is begun on the ramp.
func (w *fleet) due(i int) time.Duration {
	return time.Duration(float64(w.ramp) * float64(i) / float64(len(w.members)))
}

func (w *fleet) dial(ctx context.Context, i int) error {
	config := w.client.DialConfig(w.first + i)
	config.OneCommandPerBlock = true // as today's clients, batches excepted
	if w.group != 0 {
		config.Groups = []tls.Group{w.group}
	}
	config.OnEvent = w.on
	client, err := client.Dial(ctx, config)
	if err != nil {
		return fmt.Errorf("connection %d of %d: %w", i+1, len(w.members), process.ExplainLimit(err))
	}
	w.members[i].client = client
	w.up.Add(1)
	return nil
}

func (w *fleet) on(e client.Event) {
	switch e.Kind {
	case client.EventClosed:
		w.up.Add(-1)
	case client.EventMessage: // a queue that was there before may have one
	default:
		w.strange.Add(1)
	}
}

// close ends all connections and waits until they have.
func (w *fleet) close() {
	for i := range w.members {
		if c := w.members[i].client; c != nil {
			c.Close()
		}
	}
	for i := range w.members {
		if c := w.members[i].client; c != nil {
			<-c.Done()
			w.members[i].client = nil
		}
	}
	w.subscribed.Store(0)
}

// subscribe subscribes all queues in batches, as clients do when they come back.
func (w *fleet) subscribe(ctx context.Context) error {
	return measure.InParallel(ctx, len(w.members), w.atOnce, w.subscribeMember)
}

func (w *fleet) subscribeMember(ctx context.Context, i int) error {
	m := &w.members[i]
	for _, err := range m.client.SubscribeAll(ctx, m.queues) {
		if err != nil {
			return fmt.Errorf("connection %d of %d subscribes: %w", i+1, len(w.members), err)
		}
	}
	w.subscribed.Add(int64(len(m.queues)))
	return nil
}

// comeBack connects all connections again and subscribes their queues, each as often as it takes.
func (w *fleet) comeBack(ctx context.Context) error {
	return measure.InParallel(ctx, len(w.members), w.atOnce, func(ctx context.Context, i int) error {
		for {
			err := w.dial(ctx, i)
			if err == nil {
				err = w.subscribeMember(ctx, i)
			}
			if err == nil || ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if load.IsProtocolError(err) {
				return err
			}
			w.redials.Add(1)
			if c := w.members[i].client; c != nil {
				c.Close()
				<-c.Done()
			}
			if err := pause(ctx, load.MinRedial+rand.N(load.MaxRedial)); err != nil {
				return err
			}
		}
	})
}

// pause waits for a time. The error is that of ctx.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

var errNoQueues = errors.New("there must be at least 1 queue")

// sources is what can be sampled of a fleet.
func (w *fleet) sources(ended func(error)) measure.Sources {
	return measure.Sources{
		Counts: map[string]func() int64{
			"connections": w.up.Load, "created": w.created.Load, "subscribed": w.subscribed.Load,
		},
		Ended: ended,
	}
}
