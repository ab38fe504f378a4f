package fleet

import (
	"cmp"
	"context"
	"errors"
	"io"

	"switchyard/loadtest/load"
	"switchyard/loadtest/measure"
	"switchyard/loadtest/process"
	"switchyard/loadtest/results"
	"switchyard/loadtest/seeded"
)

// SubscribeConfig says what Subscribe does.
type SubscribeConfig struct {
	load.Client
	Conns   int
	AtOnce  int          // connections that are worked on at a time
	Queues  int          // in all
	Seeded  *seeded.Plan // subscribe queues of a store that was filled offline instead of creating them
	NewOnly bool         // create the queues and leave it at that
	Group   string       // see HandshakeConfig; empty: the client's
	measure.Target
	Progress func(measure.Progress)
}

// SubscribeReport is the result of Subscribe.
type SubscribeReport struct {
	Scenario    string             `json:"scenario"`
	Connections int                `json:"connections"`
	Queues      int                `json:"queues"`
	Created     *measure.Operation `json:"created,omitempty"`    // NEW, each in a block of its own
	Reconnected *measure.Operation `json:"reconnected"`          // handshakes
	Subscribed  *measure.Operation `json:"subscribed,omitempty"` // SUB, in batches
	Router      *results.Use       `json:"router,omitempty"`
}

func (c *SubscribeConfig) check() error {
	switch {
	case c.Conns < 1 || c.AtOnce < 1:
		return errors.New("there must be at least 1 connection, and 1 at a time")
	case c.Queues < 1:
		return errNoQueues
	case c.Seeded != nil && c.Seeded.Count < uint64(c.Queues):
		return errors.New("the store has fewer queues than are to be subscribed")
	}
	return cmp.Or(process.RaiseFileLimit(c.Conns), process.CheckMemory(c.Conns, c.Queues))
}

// Subscribe creates queues, ends the connections, connects again and subscribes all queues in batches, as clients do.
// It leaves the queues behind. When the context ends, it ends with what it has so far.
func Subscribe(ctx context.Context, c SubscribeConfig) (*SubscribeReport, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	fleet, err := newFleet(c.Client, c.Conns, c.AtOnce, c.Group)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	o, err := c.Observe(fleet.sources(cancel))
	if err != nil {
		return nil, err
	}
	defer fleet.close()
	w := measure.Watch(c.Progress)
	defer w.Close()
	s := &measure.Stages{Observer: o, Watcher: w}
	r := &SubscribeReport{Scenario: "subscribe", Connections: c.Conns, Queues: c.Queues}
	if c.NewOnly {
		r.Scenario = "newqueues"
	}
	cause := r.run(ctx, c, fleet, s)
	_, r.Router = o.Stop()
	if r.Reconnected == nil {
		return nil, cause
	}
	return r, cause
}

// run goes through the stages and fills in the report as far as it gets.
func (r *SubscribeReport) run(ctx context.Context, c SubscribeConfig, fleet *fleet, s *measure.Stages) (err error) {
	if c.Seeded != nil {
		if err := fleet.adopt(*c.Seeded, 0, c.Queues); err != nil {
			return err
		}
	}
	connect := func() error { return fleet.connect(ctx) }
	if r.Reconnected, err = s.Measure("connecting", c.Conns, &fleet.up, connect); err != nil {
		return err
	}
	if c.Seeded == nil {
		create := func() error { return fleet.create(ctx, c.Queues) }
		if r.Created, err = s.Measure("creating queues", c.Queues, &fleet.created, create); err != nil || c.NewOnly {
			return err
		}
		s.Enter("closing")
		fleet.close()
		if r.Reconnected, err = s.Measure("reconnecting", c.Conns, &fleet.up, connect); err != nil {
			return err
		}
	}
	subscribe := func() error { return fleet.subscribe(ctx) }
	r.Subscribed, err = s.Measure("subscribing", c.Queues, &fleet.subscribed, subscribe)
	return err
}

// Clean is true: what fails is an error.
func (r *SubscribeReport) Clean() bool { return true }

// Metrics implements Measured.
func (r *SubscribeReport) Metrics() []results.Metric {
	m := r.Created.Metrics("new")
	m = append(m, r.Reconnected.Metrics("connect")...)
	return append(m, r.Subscribed.Metrics("sub")...)
}

// WriteText prints the report as a table.
func (r *SubscribeReport) WriteText(out io.Writer) error {
	t := results.NewTable(out)
	t.Row("connections", r.Connections, "queues", r.Queues)
	t.Flush()
	t = results.NewTable(out)
	t.Row("operation", "count", "seconds", "per second", "router CPU µs each")
	for _, o := range []struct {
		name string
		*measure.Operation
	}{{"NEW", r.Created}, {"connect", r.Reconnected}, {"SUB", r.Subscribed}} {
		if o.Operation != nil {
			t.Row(o.name, o.Count, results.Fixed(o.Seconds), results.Fixed(o.PerSecond), results.Fixed(o.CPUMicros))
		}
	}
	if r.Router != nil {
		t.Row("router RSS MiB", results.MiB(r.Router.RSSBefore), "to", results.MiB(r.Router.RSSAfter))
	}
	return t.Flush()
}
