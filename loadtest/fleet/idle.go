package fleet

import (
	"cmp"
	"context"
	"errors"
	"io"
	"time"

	"switchyard/loadtest/load"
	"switchyard/loadtest/measure"
	"switchyard/loadtest/process"
	"switchyard/loadtest/results"
	"switchyard/loadtest/seeded"
)

// IdleConfig says what Idle does.
type IdleConfig struct {
	load.Client
	Conns         int
	AtOnce        int             // connections that are worked on at a time
	Ramp          time.Duration   // over which the connections are begun; 0: as fast as AtOnce lets them
	Subscriptions int             // in all, to empty queues; 0: none
	Seeded        *seeded.Plan    // subscribe queues of a store that was filled offline instead of creating them
	Group         string          // see HandshakeConfig; empty: the client's
	Scrapes       int             // how often the router's figures are read behind the hold
	Hold          time.Duration   // how long the connections are held, before and after they subscribe; 0: until Until
	Until         <-chan struct{} // ends the hold when closed; may be nil
	measure.Target
	Progress func(measure.Progress)
}

// IdleReport is the result of Idle. Sizes are bytes.
type IdleReport struct {
	Scenario      string   `json:"scenario"`
	Connections   int      `json:"connections"`
	Subscriptions int      `json:"subscriptions"`
	Dropped       int      `json:"dropped"`        // connections that did not last
	ConnectSecond float64  `json:"connectSeconds"` // until all were connected
	HoldSeconds   float64  `json:"holdSeconds"`
	Router        *Idling  `json:"router,omitempty"`
	Scrapes       *Scrapes `json:"scrapes,omitempty"`
}

// Idling is what the router's process needs for idle connections.
type Idling struct {
	RSSBefore       int64   `json:"rssBefore"`
	RSSConnected    int64   `json:"rssConnected"`         // at the end of the hold without subscriptions
	RSSHeld         int64   `json:"rssHeld"`              // at the end
	PerConnection   float64 `json:"bytesPerConnection"`   // without subscriptions
	PerSubscription float64 `json:"bytesPerSubscription"` // beyond the connections
	CPUPercent      float64 `json:"cpuPercent"`           // of one core, during the last hold
}

func (c *IdleConfig) check() error {
	if c.Conns < 1 || c.AtOnce < 1 {
		return errors.New("there must be at least 1 connection, and 1 at a time")
	}
	if c.Ramp < 0 {
		return errors.New("the ramp must not be negative")
	}
	if c.Hold <= 0 && c.Until == nil {
		return errors.New("the connections must be held for a time or until the end of the input")
	}
	if c.Seeded != nil && c.Seeded.Count < uint64(c.Subscriptions) {
		return errors.New("the store has fewer queues than are to be subscribed")
	}
	return cmp.Or(process.RaiseFileLimit(c.Conns), process.CheckMemory(c.Conns, c.Subscriptions))
}

// Idle opens connections, holds them, and tells what they cost the router in resident memory: what its process has
// at the end of the hold, less what it had before, for each connection; the same for each subscription, if there are any.
func Idle(ctx context.Context, c IdleConfig) (*IdleReport, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	fleet, err := newFleet(c.Client, c.Conns, c.AtOnce, c.Group)
	if err != nil {
		return nil, err
	}
	fleet.ramp = c.Ramp
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	o, err := c.Observe(fleet.sources(cancel))
	if err != nil {
		return nil, err
	}
	defer fleet.close()
	defer o.Stop()
	w := measure.Watch(c.Progress)
	defer w.Close()
	r := &IdleReport{Scenario: "idle", Connections: c.Conns, Subscriptions: c.Subscriptions}
	err = r.run(ctx, c, fleet, &measure.Stages{Observer: o, Watcher: w})
	if r.ConnectSecond == 0 {
		return nil, err
	}
	if err == nil && c.Scrapes > 0 {
		r.Scrapes, err = c.scrape(ctx, &measure.Stages{Observer: o, Watcher: w})
	}
	return r, err
}

// run connects, holds, and if there are to be subscriptions subscribes and holds again.
func (r *IdleReport) run(ctx context.Context, c IdleConfig, fleet *fleet, s *measure.Stages) error {
	_, before := s.Now()
	op, err := s.Measure("connecting", c.Conns, &fleet.up, func() error { return fleet.connect(ctx) })
	if err != nil {
		return err
	}
	r.ConnectSecond = op.Seconds
	i := &Idling{RSSBefore: before}
	if c.PID != 0 {
		r.Router = i
	}
	if c.Hold > 0 || c.Subscriptions == 0 {
		err = r.hold(ctx, c, fleet, s)
	} else {
		_, i.RSSHeld = s.Now() // what ends the hold ends it once
	}
	i.RSSConnected = i.RSSHeld
	i.PerConnection = float64(i.RSSConnected-before) / float64(c.Conns)
	if err != nil || c.Subscriptions == 0 {
		return err
	}
	if err := fleet.subscribeFirst(ctx, c, s); err != nil {
		return err
	}
	err = r.hold(ctx, c, fleet, s)
	i.PerSubscription = float64(i.RSSHeld-i.RSSConnected) / float64(c.Subscriptions)
	return err
}

// subscribeFirst subscribes the connections to queues that are new, or that the store has.
func (w *fleet) subscribeFirst(ctx context.Context, c IdleConfig, s *measure.Stages) error {
	if c.Seeded == nil {
		create := func() error { return w.create(ctx, c.Subscriptions) }
		_, err := s.Measure("creating queues", c.Subscriptions, &w.created, create)
		return err
	}
	if err := w.adopt(*c.Seeded, 0, c.Subscriptions); err != nil {
		return err
	}
	_, err := s.Measure("subscribing", c.Subscriptions, &w.subscribed, func() error { return w.subscribe(ctx) })
	return err
}

// hold lets the connections be for a time and notes what the router's process needs for them.
func (r *IdleReport) hold(ctx context.Context, c IdleConfig, w *fleet, s *measure.Stages) error {
	s.Phase("holding", int64(c.Conns), &w.up)
	s.Enter("holding")
	before, _ := s.Now()
	began := time.Now()
	err := c.wait(ctx)
	r.HoldSeconds = time.Since(began).Seconds()
	r.Dropped = c.Conns - int(w.up.Load())
	after, rss := s.Now()
	if r.Router != nil {
		r.Router.RSSHeld = rss
		r.Router.CPUPercent = (after - before).Seconds() / r.HoldSeconds * 100
	}
	return err
}

// wait returns when the hold is over.
func (c *IdleConfig) wait(ctx context.Context) error {
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
		return context.Cause(ctx)
	}
	return nil
}

// Clean reports that no connection was lost.
func (r *IdleReport) Clean() bool { return r.Dropped == 0 }

// Metrics implements Measured.
func (r *IdleReport) Metrics() []results.Metric {
	if r.Router == nil {
		return r.Scrapes.metrics()
	}
	m := []results.Metric{{Unit: "B/connection", Value: r.Router.PerConnection}, {Unit: "idle-cpu-%", Value: r.Router.CPUPercent},
		{Unit: "rss-B", Value: float64(r.Router.RSSHeld)}}
	if r.Subscriptions > 0 {
		m = append(m, results.Metric{Unit: "B/subscription", Value: r.Router.PerSubscription})
	}
	return append(m, r.Scrapes.metrics()...)
}

// WriteText prints the report as a table.
func (r *IdleReport) WriteText(out io.Writer) error {
	t := results.NewTable(out)
	t.Row("connections", r.Connections, "subscriptions", r.Subscriptions, "dropped", r.Dropped)
	t.Row("seconds to connect", results.Fixed(r.ConnectSecond), "held", results.Fixed(r.HoldSeconds))
	if u := r.Router; u != nil {
		t.Row("router RSS MiB before", results.MiB(u.RSSBefore), "connected", results.MiB(u.RSSConnected), "held", results.MiB(u.RSSHeld))
		t.Row("idle CPU %", results.Fixed(u.CPUPercent), "resident bytes per connection", results.Fixed(u.PerConnection))
		if r.Subscriptions > 0 {
			t.Row("resident bytes per subscription", results.Fixed(u.PerSubscription))
		}
	}
	r.Scrapes.write(t)
	return t.Flush()
}
