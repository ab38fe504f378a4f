package fleet

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

// StormConfig says what Storm does.
type StormConfig struct {
	load.Client
	Program   []string // command that calls Serve with what is added to it
	Processes int      // of the fleet

	Conns         int          // of the fleet
	AtOnce        int          // of them that connect at a time; 0: all
	Subscriptions int          // of the fleet, to empty queues
	Seeded        *seeded.Plan // the queues are in the store
	Group         string       // see HandshakeConfig; empty: the client's

	Queues int     // of the measured group
	Links  int     // its connections
	Rate   float64 // its messages a second
	Size   int     // of a message body

	Quiet   time.Duration // how long the group is measured before the storm
	Restore time.Duration // after which a storm that is not over counts as failed
	Stall   time.Duration
	measure.Target
	Progress func(measure.Progress)
}

// StormReport is the result of Storm. Sizes are bytes.
type StormReport struct {
	Scenario      string             `json:"scenario"`
	Connections   int                `json:"connections"`
	Subscriptions int                `json:"subscriptions"`
	Stored        uint64             `json:"stored,omitempty"` // queues in the store before the run
	FirstStart    float64            `json:"firstStartMs"`     // from the start of the process to its first connection
	First         *measure.Operation `json:"first,omitempty"`  // subscriptions that were made before the storm
	Held          int64              `json:"rssHeld"`          // resident, at the end of the quiet time
	Start         float64            `json:"startMs"`          // as FirstStart, after the kill
	Restored      float64            `json:"restoredSeconds"`  // from the kill until all subscriptions were there again
	Redials       int64              `json:"redials"`          // connections that had to be tried again
	After         int64              `json:"rssAfter"`         // resident, when all were there again
	Quiet         results.Latencies  `json:"quiet"`            // SEND to MSG in the group, before
	Storm         results.Latencies  `json:"storm"`            // from when the group had caught up until all were there again
	Outage        results.Latencies  `json:"outage"`           // between
	Router        *results.Use       `json:"router,omitempty"`
	Exchange      *verify.Report     `json:"exchange"` // of the group
	Ended         string             `json:"ended,omitempty"`
}

func (c *StormConfig) check() error {
	switch {
	case c.Conns < 1:
		return errors.New("there must be at least 1 connection")
	case c.Queues < 1 || c.Links < 2:
		return errors.New("the measured group must have at least 1 queue and 2 connections")
	case c.Rate <= 0:
		return errors.New("the measured group must have a rate")
	case c.Quiet <= 0 || c.Restore <= 0:
		return errors.New("the quiet time and the time for restoring must be positive")
	case c.Seeded != nil && c.Seeded.Count < uint64(c.Subscriptions):
		return errors.New("the store has fewer queues than are to be subscribed")
	}
	if err := c.Client.Validate(load.AuthEd25519, c.Size); err != nil {
		return err
	}
	return cmp.Or(process.RaiseFileLimit(c.Links), process.CheckMemory(c.Conns, c.Subscriptions))
}

func (c *StormConfig) processConfig() ProcessConfig {
	atOnce := c.AtOnce
	if atOnce == 0 {
		atOnce = c.Conns
	}
	return ProcessConfig{Server: c.Address.String(), Versions: c.Versions, BlockEncryption: c.BlockEncryption, Conns: c.Conns,
		AtOnce: atOnce, Group: c.Group, Queues: c.Subscriptions, Seeded: c.Seeded}
}

// exchange is what the measured group does.
func (c *StormConfig) exchange() verify.Config {
	return verify.Config{Client: c.Client, Queues: c.Queues, Conns: c.Links, Size: c.Size, Window: stormWindow, Rate: c.Rate,
		Auth: load.AuthEd25519, Duration: time.Hour, Stall: max(c.Stall, c.Restore)}
}

// stormWindow lets the group catch up after the outage.
const stormWindow = 16

// Storm kills a router on which many clients are subscribed, starts it again, and lets all of them come back at once,
// while a group of clients goes on exchanging messages. The router is running, and is running in the end.
func Storm(ctx context.Context, c StormConfig, router *process.Router) (*StormReport, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	r := &StormReport{Scenario: "storm", Connections: c.Conns, Subscriptions: c.Subscriptions,
		FirstStart: milliseconds(router.Took)}
	if c.Seeded != nil {
		r.Stored = c.Seeded.Count
	}
	fleet, err := startProcessGroup(c.Program, c.Processes, c.processConfig())
	if err != nil {
		return nil, err
	}
	defer fleet.Close()
	exchange := c.exchange()
	l, err := exchange.NewLoad()
	if err != nil {
		return nil, err
	}
	defer l.Close()
	from := l.Sources()
	from.Counts["crowd"], from.Counts["subscribed"] = fleet.up.Load, fleet.subscribed.Load
	o, err := c.Observe(from)
	if err != nil {
		return nil, err
	}
	defer o.Stop()
	w := measure.Watch(c.Progress)
	defer w.Close()
	s := &storm{StormConfig: c, report: r, router: router, fleet: fleet, load: l, Stages: measure.Stages{Observer: o, Watcher: w}}
	cause := s.run(ctx)
	if l.Count.Delivered.Load() == 0 {
		return nil, cause
	}
	s.finish(cause)
	return r, cause
}
