package loadtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/agent"
	"switchyard/box"
)

// IdleConfig says what Idle does.
type IdleConfig struct {
	Client
	Conns     int
	AtOnce    int             // handshakes at a time
	Subscribe bool            // each connection has a queue of its own and is subscribed to it
	Hold      time.Duration   // how long the connections are held; 0: until Until
	Until     <-chan struct{} // ends the hold when closed; may be nil
	PID       int             // of the router, to measure it; 0: not
	Progress  func(Progress)
}

// IdleReport is the result of Idle. Sizes are bytes.
type IdleReport struct {
	Scenario      string  `json:"scenario"`
	Connections   int     `json:"connections"`
	Subscriptions int     `json:"subscriptions"`
	Dropped       int     `json:"dropped"`        // connections that did not last
	ConnectSecond float64 `json:"connectSeconds"` // until all were connected
	HoldSeconds   float64 `json:"holdSeconds"`
	Router        *Idling `json:"router,omitempty"`
}

// Idling is what the router's process needs for idle connections.
type Idling struct {
	RSSBefore     int64   `json:"rssBefore"`
	RSSConnected  int64   `json:"rssConnected"` // when the last connection was made
	RSSHeld       int64   `json:"rssHeld"`      // at the end of the hold
	PerConnection float64 `json:"bytesPerConnection"`
	CPUPercent    float64 `json:"cpuPercent"` // of one core, during the hold
}

func (c *IdleConfig) check() error {
	if c.Conns < 1 || c.AtOnce < 1 {
		return errors.New("there must be at least 1 connection, and 1 at a time")
	}
	if c.Hold <= 0 && c.Until == nil {
		return errors.New("the connections must be held for a time or until the end of the input")
	}
	return RaiseFileLimit(c.Conns)
}

// Idle opens connections, holds them, and tells what they cost the router in resident memory: what its process has
// at the end of the hold, less what it had before, for each connection.
func Idle(ctx context.Context, c IdleConfig) (*IdleReport, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	crowd := &crowd{clients: make([]*agent.Client, c.Conns)}
	defer crowd.close()
	w := watch(c.Progress)
	defer w.close()
	before, err := sample(c.PID)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	w.phase("connecting", int64(c.Conns), &crowd.up)
	if err := crowd.open(ctx, c); err != nil {
		return nil, err
	}
	report := &IdleReport{Scenario: "idle", Connections: c.Conns, ConnectSecond: time.Since(began).Seconds()}
	if c.Subscribe {
		report.Subscriptions = c.Conns
	}
	connected, err := sample(c.PID)
	if err != nil {
		return nil, err
	}
	w.phase("holding", int64(c.Conns), &crowd.up)
	held := time.Now()
	cause := hold(ctx, c)
	report.HoldSeconds = time.Since(held).Seconds()
	report.Dropped = c.Conns - int(crowd.up.Load())
	after, err := sample(c.PID)
	if err != nil {
		return report, err
	}
	if c.PID != 0 {
		report.Router = &Idling{
			RSSBefore: before.RSS, RSSConnected: connected.RSS, RSSHeld: after.RSS,
			PerConnection: float64(after.RSS-before.RSS) / float64(c.Conns),
			CPUPercent:    (after.CPU - connected.CPU).Seconds() / report.HoldSeconds * 100,
		}
	}
	return report, cause
}

func hold(ctx context.Context, c IdleConfig) error {
	var end <-chan time.Time
	if c.Hold > 0 {
		timer := time.NewTimer(c.Hold)
		defer timer.Stop()
		end = timer.C
	}
	select {
	case <-end:
	case <-c.Until:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// sample reads the router's process; without one it reads nothing.
func sample(pid int) (Process, error) {
	if pid == 0 {
		return Process{}, nil
	}
	return ReadProcess(pid)
}

// crowd is many clients.
type crowd struct {
	clients []*agent.Client // each written by the goroutine that dials it
	up      atomic.Int64
}

// open connects all clients, some at a time, and stops at the first failure.
func (w *crowd) open(ctx context.Context, c IdleConfig) error {
	return inParallel(ctx, len(w.clients), c.AtOnce, func(ctx context.Context, i int) error {
		config := c.config(i)
		config.OnEvent = func(e agent.Event) {
			if e.Kind == agent.EventClosed {
				w.up.Add(-1)
			}
		}
		client, err := agent.Dial(ctx, config)
		if err != nil {
			return fmt.Errorf("connection %d of %d: %w", i+1, len(w.clients), err)
		}
		w.clients[i] = client
		w.up.Add(1)
		if c.Subscribe {
			_, err = client.NewQueue(ctx, agent.QueueParams{Alg: box.Ed25519, Subscribe: true})
		}
		return err
	})
}

func (w *crowd) close() {
	for _, c := range w.clients {
		if c != nil {
			c.Close()
		}
	}
}

// inParallel calls work with 0 to n-1 on a number of goroutines; the first error ends it.
func inParallel(ctx context.Context, n, goroutines int, work func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(n, goroutines) {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(n) && ctx.Err() == nil; i = next.Add(1) - 1 {
				if err := work(ctx, int(i)); err != nil {
					cancel(err)
				}
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

// Clean reports that no connection was lost.
func (r *IdleReport) Clean() bool { return r.Dropped == 0 }

// WriteText prints the report as a table.
func (r *IdleReport) WriteText(out io.Writer) error {
	t := newTable(out)
	t.row("connections", r.Connections, "subscriptions", r.Subscriptions, "dropped", r.Dropped)
	t.row("seconds to connect", fixed(r.ConnectSecond), "held", fixed(r.HoldSeconds))
	if u := r.Router; u != nil {
		t.row("router RSS MiB before", mebi(u.RSSBefore), "connected", mebi(u.RSSConnected), "held", mebi(u.RSSHeld))
		t.row("idle CPU %", fixed(u.CPUPercent), "resident bytes per connection", fixed(u.PerConnection))
	}
	return t.w.Flush()
}
