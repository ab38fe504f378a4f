package loadtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// AbuseConfig says what Abuse does.
type AbuseConfig struct {
	Client
	Kinds     []string // of attackers, see AttackKinds; each has its turn
	Attackers int      // connections of each kind, for those that need many
	Each      time.Duration

	Queues int     // of the measured group
	Links  int     // its connections
	Rate   float64 // its messages a second
	Size   int     // of a message body

	Quiet time.Duration // how long the group is measured before, and how long the router rests after each attack
	Stall time.Duration
	Measure
	Progress func(Progress)
}

// Attack is what came of one kind of attacker.
type Attack struct {
	Kind      string           `json:"kind"`
	Delivery  Latencies        `json:"delivery"` // SEND to MSG in the group meanwhile
	Ratio     float64          `json:"ratio"`    // p99 by that in quiet
	RSS       int64            `json:"rss"`      // of the router in bytes, at the end of the attack
	Rested    int64            `json:"rssRested"`
	Attempts  int64            `json:"attempts"`
	Succeeded int64            `json:"succeeded"`
	Failed    map[string]int64 `json:"failed,omitempty"` // by what the attackers saw
}

// AbuseReport is the result of Abuse.
type AbuseReport struct {
	Scenario string           `json:"scenario"`
	Quiet    Latencies        `json:"quiet"`
	Held     int64            `json:"rssHeld"` // at the end of the quiet time
	Attacks  []Attack         `json:"attacks"`
	Causes   map[string]int64 `json:"causes,omitempty"` // of connections closed and requests refused, as the router counts them
	Router   *Use             `json:"router,omitempty"`
	Exchange *Report          `json:"exchange"` // of the group
	Ended    string           `json:"ended,omitempty"`
}

func (c *AbuseConfig) check() error {
	for _, kind := range c.Kinds {
		if attacks[kind] == nil {
			return fmt.Errorf("there is no attacker %q; give one of %v", kind, AttackKinds())
		}
	}
	switch {
	case len(c.Kinds) == 0 || c.Attackers < 1:
		return errors.New("there must be at least 1 kind of attacker and 1 connection")
	case c.Queues < 1 || c.Links < 2:
		return errors.New("the measured group must have at least 1 queue and 2 connections")
	case c.Rate <= 0 || c.Quiet <= 0 || c.Each <= 0:
		return errors.New("the rate and the times must be positive")
	}
	if err := c.Client.check(AuthEd25519, c.Size); err != nil {
		return err
	}
	return RaiseFileLimit(c.Links + c.Attackers)
}

// Abuse has attackers of each kind at a router, one after the other, while a group of clients exchanges messages. A router
// of the run's own is stopped in the end, as it tells then what it has refused; else router is nil.
func Abuse(ctx context.Context, c AbuseConfig, router *Router) (*AbuseReport, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	exchange := VerifyConfig{Client: c.Client, Queues: c.Queues, Conns: c.Links, Size: c.Size, Window: stormWindow, Rate: c.Rate,
		Auth: AuthEd25519, Duration: time.Hour, Stall: c.Stall}
	l, err := newLoad(exchange.load(agentDialer(c.keeper)))
	if err != nil {
		return nil, err
	}
	defer l.close()
	o, err := c.observe(l.sources())
	if err != nil {
		return nil, err
	}
	defer o.stop()
	w := watch(c.Progress)
	defer w.close()
	a := &abuse{AbuseConfig: c, stages: stages{o, w}, load: l, report: &AbuseReport{Scenario: "abuse"}}
	cause := a.run(ctx)
	if l.count.delivered.Load() == 0 {
		return nil, cause
	}
	a.finish(cause)
	if router != nil && cause == nil {
		cause = router.Stop()
		a.report.Causes = router.causes()
	}
	return a.report, cause
}

// abuse is a run of Abuse.
type abuse struct {
	AbuseConfig
	stages
	load   *load
	report *AbuseReport
}

func (a *abuse) run(ctx context.Context) error {
	if err := a.load.prepare(ctx, a.watcher, hostOf(a.Address)); err != nil {
		return err
	}
	a.watcher.phase("quiet", 0, &a.load.count.acked)
	a.enter("warm-up")
	a.load.send()
	if err := a.load.until(ctx, after(a.Quiet/4)); err != nil {
		return err
	}
	a.begin("quiet")
	if err := a.load.until(ctx, after(a.Quiet)); err != nil {
		return err
	}
	_, a.report.Held = a.now()
	a.report.Quiet = a.begin("rest")
	for _, kind := range a.Kinds {
		if err := a.attack(ctx, kind); err != nil {
			return err
		}
	}
	return nil
}

// begin begins a phase of the exchange and returns what the last was like.
func (a *abuse) begin(phase string) Latencies {
	a.enter(phase)
	before := a.load.latency.delivery.quantiles()
	a.load.latency.delivery.reset()
	return before
}

// attack runs one kind of attackers, and lets the router rest.
func (a *abuse) attack(ctx context.Context, kind string) error {
	crew := newAttackers(a.Client, a.Attackers)
	a.watcher.phase("attack: "+kind, 0, &crew.succeeded)
	a.begin(kind)
	attackCtx, stop := context.WithCancel(ctx)
	defer stop()
	crew.run(attackCtx, attacks[kind])
	err := a.load.until(ctx, after(a.Each))
	r := Attack{Kind: kind}
	_, r.RSS = a.now()
	r.Delivery = a.begin("rest")
	stop()
	crew.wait()
	r.Attempts, r.Succeeded, r.Failed = crew.attempts.Load(), crew.succeeded.Load(), crew.failed
	if a.report.Quiet.P99 > 0 {
		r.Ratio = r.Delivery.P99 / a.report.Quiet.P99
	}
	if err == nil {
		err = a.load.until(ctx, after(a.Quiet/2))
	}
	_, r.Rested = a.now()
	a.report.Attacks = append(a.report.Attacks, r)
	return err
}

// finish lets the group end and judges its exchange.
func (a *abuse) finish(cause error) {
	l := a.load
	l.stop()
	l.grace(reached(&l.count.drained, l.slots))
	m := &measured{delivered: l.count.delivered.Load(), delivery: a.report.Quiet}
	m.seconds, a.report.Router = a.observer.stop()
	l.remove()
	l.grace(reached(&l.count.removed, l.slots))
	a.report.Exchange = l.report("abuse", m, cause)
	if cause != nil {
		a.report.Ended = cause.Error()
	}
}

// Clean reports that the group's exchange was faultless.
func (r *AbuseReport) Clean() bool { return r.Exchange.Clean() }

// Metrics implements Measured.
func (r *AbuseReport) Metrics() []Metric {
	m := []Metric{{"quiet-p99-ms", r.Quiet.P99}}
	for _, a := range r.Attacks {
		m = append(m, Metric{a.Kind + "/quiet", a.Ratio})
	}
	if r.Router != nil {
		m = append(m, Metric{"rss-max-B", float64(r.Router.RSSMax)})
	}
	return m
}

// WriteText prints the report as tables; the last line is that of Report.
func (r *AbuseReport) WriteText(out io.Writer) error {
	t := newTable(out)
	t.row("attackers", "group's p99 ms", "by quiet", "RSS MiB", "rested", "attempts", "succeeded", "failed")
	t.row("none", fixed(r.Quiet.P99), "1.0", mebi(r.Held), "", "", "", "")
	for _, a := range r.Attacks {
		t.row(a.Kind, fixed(a.Delivery.P99), fixed(a.Ratio), mebi(a.RSS), mebi(a.Rested), a.Attempts, a.Succeeded, counts(a.Failed))
	}
	t.flush()
	if len(r.Causes) > 0 {
		fmt.Fprintln(out, "the router counts:", counts(r.Causes))
	}
	e := r.Exchange
	e.writeFaults(out)
	_, err := fmt.Fprintf(out, "acknowledged %d delivered %d duplicates %d corrupt %d lost %d reordered %d\n",
		e.Accepted, e.Delivered, e.Duplicates, e.Corrupt+e.Unexpected, e.Lost, e.Reordered)
	return err
}

// counts is a map as text, in the order of the names.
func counts(all map[string]int64) string {
	var names []string
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	text := ""
	for _, name := range names {
		text += fmt.Sprintf("%s %d, ", name, all[name])
	}
	return text[:max(0, len(text)-2)]
}
