package abuse

import (
	"cmp"
	"context"
	"errors"
	"time"

	"switchyard/loadtest/load"
	"switchyard/loadtest/measure"
	"switchyard/loadtest/process"
	"switchyard/loadtest/results"
	"switchyard/loadtest/seeded"
	"switchyard/loadtest/verify"
)

// Config says what Abuse does.
type Config struct {
	load.Client
	Program   []string // command that calls Serve with what is added to it
	Kinds     []string // of attackers, see Kinds; each has its turn
	Scale     float64  // of the number of attackers; 1 is what each kind has
	Attackers int      // connections of each kind; 0: by Scale
	Each      time.Duration
	Empty     *seeded.Plan // queues of the store for those kinds that need them
	Full      *seeded.Plan

	Queues int     // of the measured group
	Links  int     // its connections
	Rate   float64 // its messages a second
	Size   int     // of a message body

	Quiet time.Duration // how long the group is measured before, and how long the router rests after each attack
	Stall time.Duration
	measure.Target
	Progress func(measure.Progress)
}

// groupWindow lets the group catch up after an attack.
const groupWindow = 16

func (c *Config) check() error {
	for _, name := range c.Kinds {
		kind, known := attacks[name]
		switch {
		case !known:
			return unknownAttack(name)
		case c.plan(kind) == nil && kind.store != storeNone:
			return errors.New(name + " needs queues in the store: give the command of a router of the run's own")
		}
	}
	switch {
	case len(c.Kinds) == 0 || c.Attackers < 0 || c.Attackers == 0 && c.Scale <= 0:
		return errors.New("there must be at least 1 kind of attacker, and a scale above 0 or at least 1 connection")
	case c.Queues < 1 || c.Links < 2:
		return errors.New("the measured group must have at least 1 queue and 2 connections")
	case c.Rate <= 0 || c.Quiet <= 0 || c.Each <= 0:
		return errors.New("the rate and the times must be positive")
	}
	if err := c.Client.Validate(load.AuthEd25519, c.Size); err != nil {
		return err
	}
	return process.RaiseFileLimit(c.Links)
}

// plan is the queues that a kind uses, nil when it needs none.
func (c *Config) plan(kind attackKind) *seeded.Plan {
	switch kind.store {
	case storeEmpty:
		return c.Empty
	case storeFull:
		return c.Full
	}
	return nil
}

// attackConfig is how the processes of a kind are set up.
func (c *Config) attackConfig(name string) AttackConfig {
	kind := attacks[name]
	conns := c.Attackers
	if conns == 0 {
		conns = max(1, int(float64(kind.conns)*c.Scale))
	}
	config := AttackConfig{Server: c.Address.String(), Versions: c.Versions, BlockEncryption: c.BlockEncryption, Kind: name, Conns: conns}
	if plan := c.plan(kind); plan != nil {
		config.Seeded, config.Queues = plan, int(plan.Count)
	}
	return config
}

// Run has attackers of each kind at a router, one after the other, while a group of clients exchanges messages. A router
// of the run's own is stopped in the end, as it tells then what it has refused; else router is nil.
func Run(ctx context.Context, c Config, router *process.Router) (*Report, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	exchange := verify.Config{Client: c.Client, Queues: c.Queues, Conns: c.Links, Size: c.Size, Window: groupWindow, Rate: c.Rate,
		Auth: load.AuthEd25519, Duration: time.Hour, Stall: c.Stall}
	l, err := exchange.NewLoad()
	if err != nil {
		return nil, err
	}
	defer l.Close()
	late := measure.StartLateness()
	defer late.Stop()
	from := l.Sources()
	from.Latency["lag"] = late.Late
	o, err := c.Observe(from)
	if err != nil {
		return nil, err
	}
	defer o.Stop()
	w := measure.Watch(c.Progress)
	defer w.Close()
	a := &run{Config: c, Stages: measure.Stages{Observer: o, Watcher: w}, load: l, lateness: late, report: &Report{Scenario: "abuse"}}
	cause := a.run(ctx)
	if l.Count.Delivered.Load() == 0 {
		return nil, cause
	}
	a.finish(cause)
	if router != nil && cause == nil {
		cause = router.Stop()
		a.report.Causes = router.Causes()
	}
	return a.report, cause
}

// run is a run of Abuse.
type run struct {
	Config
	measure.Stages
	load     *load.Load
	lateness *measure.Lateness
	report   *Report
}

func (a *run) run(ctx context.Context) error {
	if err := a.load.Prepare(ctx, a.Watcher, load.HostOf(a.Address)); err != nil {
		return err
	}
	a.Watcher.Phase("quiet", 0, &a.load.Count.Acked)
	a.Enter("warm-up")
	a.load.Send()
	if err := a.load.Until(ctx, load.After(a.Quiet/4)); err != nil {
		return err
	}
	from, err := a.begin("quiet")
	if err != nil {
		return err
	}
	if err := a.load.Until(ctx, load.After(a.Quiet)); err != nil {
		return err
	}
	if a.report.Quiet, err = a.end(from, results.RestPhase); err != nil {
		return err
	}
	for _, kind := range a.Kinds {
		if err := a.attack(ctx, kind); err != nil {
			return err
		}
	}
	return nil
}

// reading is what is known when a phase begins.
type reading struct {
	at      time.Time
	cpu     time.Duration
	figures *measure.Figures
}

func (a *run) read() (r reading, err error) {
	r.at = time.Now()
	r.cpu, _ = a.Now()
	if a.Figures != "" {
		r.figures, err = measure.FetchFigures(a.Figures)
	}
	return r, err
}

// begin begins a phase of the exchange.
func (a *run) begin(phase string) (reading, error) {
	a.Enter(phase)
	a.load.Latency.Delivery.Reset()
	a.lateness.Late.Reset()
	return a.read()
}

// end ends a phase, begins another one, and tells what the first was like.
func (a *run) end(from reading, next string) (p Phase, err error) {
	to, err := a.read()
	p.Delivery, p.Lateness = a.load.Latency.Delivery.Quantiles(), a.lateness.Late.Quantiles()
	_, p.RSS = a.Now()
	p.CPUPercent = (to.cpu - from.cpu).Seconds() / to.at.Sub(from.at).Seconds() * 100
	p.Work, p.Causes = to.figures.Since(from.figures), to.figures.CausesSince(from.figures)
	a.Enter(next)
	a.load.Latency.Delivery.Reset()
	return p, err
}

// attack runs one kind of attackers, and lets the router rest.
func (a *run) attack(ctx context.Context, kind string) error {
	config := a.attackConfig(kind)
	group, err := startAttackGroup(a.Program, config)
	if err != nil {
		return err
	}
	defer group.Close()
	a.Watcher.Phase("attack: "+kind, 0, &group.succeeded)
	if err := group.obey(ctx, a.load, orderPrepare); err != nil {
		return err
	}
	from, err := a.begin(kind)
	if err != nil {
		return err
	}
	used := group.cpu()
	if err := group.Order(orderAttack); err != nil {
		return err
	}
	over := load.After(a.Each)
	cause := a.load.Until(ctx, func() bool { group.sum(); return over() })
	r := Attack{Kind: kind, Connections: config.Conns}
	r.AttackersPercent = (group.cpu() - used).Seconds() / time.Since(from.at).Seconds() * 100
	if r.Phase, err = a.end(from, results.RestPhase); err != nil {
		return cmp.Or(cause, err)
	}
	saw := group.sum()
	r.Attempts, r.Succeeded, r.Failed = saw.Attempts, saw.Succeeded, saw.Failed
	if quiet := a.report.Quiet.Delivery.P99; quiet > 0 {
		r.Ratio = r.Delivery.P99 / quiet
	}
	rested := load.After(a.Quiet / 2)
	err = cmp.Or(cause, group.leave(ctx, a.load), a.load.Until(ctx, rested))
	_, r.Rested = a.Now()
	a.report.Attacks = append(a.report.Attacks, r)
	return err
}

// finish lets the group end and judges its exchange.
func (a *run) finish(cause error) {
	a.report.Exchange, a.report.Router = verify.Finish(a.load, a.Observer, a.report.Scenario, a.report.Quiet.Delivery, cause)
	if cause != nil {
		a.report.Ended = cause.Error()
	}
}
