package verify

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"switchyard/loadtest/history"
	"switchyard/loadtest/load"
	"switchyard/loadtest/measure"
	"switchyard/loadtest/process"
	"switchyard/loadtest/seeded"
	"switchyard/smp"
	"switchyard/smp/client"
)

// Config says what Verify and Messages do.
type Config struct {
	load.Client
	Queues   int
	Messages int                // to each queue; with Duration the limit, 0: none
	Conns    int                // at least 2: no queue receives and sends on one
	Size     int                // of a message body in bytes
	Window   int                // messages of a queue on their way: sent and not yet acknowledged by the recipient
	Rate     float64            // messages a second in all; 0: as many as the windows allow
	Ramp     time.Duration      // in which the rate grows to that; what happens in it is not measured
	Auth     load.Auth          // of senders
	Proxy    *smp.ServerAddress // router through which senders send; nil: they connect to the router itself
	Seed     uint64             // marks the messages of this run; 0: random
	Stall    time.Duration      // time without any answer after which the run ends
	Stored   *seeded.Plan       // queues of the router's store, foreign ones, in the place of new ones; nil: new ones
	Warmup   time.Duration      // what happens in this time from the first message is not measured
	Duration time.Duration      // of what is measured; 0: until all messages have arrived
	measure.Target
	Progress func(measure.Progress)
}

func (c *Config) check() error {
	switch {
	case c.Queues < 1 || c.Messages < 1 && c.Duration <= 0:
		return errors.New("there must be at least 1 queue and 1 message, or a duration")
	case c.Conns < 2:
		return errors.New("there must be at least 2 connections, as recipient and sender of a queue use different ones")
	case c.Window < 1:
		return errors.New("the window must be at least 1")
	case c.Warmup < 0 || c.Duration < 0:
		return errors.New("warm-up and duration must not be negative")
	case c.Rate < 0 || c.Ramp < 0:
		return errors.New("the rate and its ramp must not be negative")
	case c.Ramp > 0 && c.Rate == 0:
		return errors.New("a ramp needs a rate to grow to: give --rate, too")
	case c.Stored != nil && c.Stored.Count < uint64(c.Queues):
		return fmt.Errorf("%d queues are in the store, and %d are to be used", c.Stored.Count, c.Queues)
	}
	if err := c.Client.Validate(c.Auth, c.Size); err != nil {
		return err
	}
	if c.Proxy == nil {
		return process.RaiseFileLimit(c.Conns)
	}
	if limit := smp.MaxBody(smp.ProxiedRange.Max); c.Size > limit {
		return fmt.Errorf("size %d is above %d, the limit of what goes through a proxy", c.Size, limit)
	}
	return process.RaiseFileLimit(2 * c.Conns) // one with the router and one with the proxy each
}

// Dialer is how links connect: to the router, and by way of the proxy if there is one.
func (c *Config) Dialer() load.Dialer {
	if c.Proxy != nil {
		return load.ProxiedDialer(c.Client, *c.Proxy)
	}
	return load.ClientDialer(c.KeeperConfig)
}

// Run sends messages through queues and checks that each arrives once and in order. When the context ends, it ends
// with what it has so far. The error says why the run failed; the report is valid as far as it goes when its Sent is not 0.
func Run(ctx context.Context, c Config) (*Report, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	return exchange(ctx, "verify", c, c.Dialer())
}

// Messages is Verify for measuring: by rate the messages are sent when they are due, whatever became of those before; in
// closed loop a queue sends its next message when the last one is acknowledged.
func Messages(ctx context.Context, c Config) (*Report, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	return exchange(ctx, "messages", c, c.Dialer())
}

func (c *Config) newLoad(d load.Dialer) (*load.Load, error) {
	run := c.Seed
	if run == 0 {
		run = rand.Uint64()
	}
	var stored []*client.RcvQueue
	if c.Stored != nil {
		var err error
		if stored, err = load.NewStoredQueues(*c.Stored).Queues(0, c.Queues); err != nil {
			return nil, err
		}
	}
	return load.New(load.Config{
		Dial: d, Conns: c.Conns, Slots: c.Queues, Size: c.Size, Rate: c.Rate, Ramp: c.Ramp, Auth: c.Auth, Run: run, Stall: c.Stall,
		Oldest:   c.Versions != smp.VersionRange{} && c.Versions.Max < smp.VersionSndAuthKey,
		Window:   func(int) int { return c.Window },
		Messages: func(uint32) uint32 { return c.target() },
		Holds:    func(int) bool { return false },
		Epoch:    func() uint32 { return 0 },
		Stored:   stored,
	})
}

// NewLoad makes the load that the configuration describes.
func (c *Config) NewLoad() (*load.Load, error) { return c.newLoad(c.Dialer()) }

// target is how many messages a queue carries at most.
func (c *Config) target() uint32 {
	if c.Messages < 1 {
		return math.MaxUint32
	}
	return uint32(c.Messages)
}

// total is how many messages there are, 0 when that is not known.
func (c *Config) total() int64 { return int64(c.Queues) * int64(c.Messages) }

// exchange runs the phases: connect, create queues, send, delete queues.
func exchange(ctx context.Context, name string, c Config, d load.Dialer) (*Report, error) {
	l, err := c.newLoad(d)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	w := measure.Watch(c.Progress)
	defer w.Close()

	if err := l.Prepare(ctx, w, load.HostOf(c.Address)); err != nil {
		return nil, err
	}
	w.Phase("exchanging messages", c.total(), &l.Count.Acked)
	w.Notes(measure.NewLive("msg", &l.Count.Delivered, l.Latency.Delivery).Note)
	m, cause := measureExchange(ctx, l, &c)
	w.Notes(nil)
	if m == nil {
		return nil, cause
	}
	w.Phase("deleting queues", int64(c.Queues), &l.Count.Removed)
	l.Remove()
	if cause == nil {
		cause = l.Until(ctx, load.Reached(&l.Count.Removed, c.Queues))
	} else {
		l.Grace(load.Reached(&l.Count.Removed, c.Queues))
	}
	return report(l, name, m, cause), cause
}

// report judges the histories of a load that has ended.
func report(l *load.Load, name string, m *measurement, cause error) *Report {
	r := &Report{
		Scenario: name, Queues: int(l.Count.Created.Load()), Connections: l.Conns, Size: l.Size,
		Missing: int(l.Count.Missing.Load()), Orphans: l.Count.Orphans.Load(), Disconnects: l.Count.Disconnects.Load(),
		Faults: l.Count.AllFaults(), Seconds: m.seconds, Router: m.use, Work: m.work,
	}
	r.Verdict, r.Findings = history.Judge(l.Histories(cause), l.LossWindow)
	r.Measured = m.delivered
	r.Latency.Answer, r.Latency.Delivery = m.answer, m.delivery
	r.Rate = float64(m.delivered) / m.seconds
	if m.use != nil && m.delivered > 0 {
		r.CPUPerMessage = m.use.CPUSeconds * 1e6 / float64(m.delivered)
	}
	if cause != nil {
		r.Ended = cause.Error()
	}
	return r
}
