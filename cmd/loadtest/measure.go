package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"switchyard/loadtest/fleet"
	"switchyard/loadtest/load"
	"switchyard/loadtest/measure"
	"switchyard/loadtest/process"
	"switchyard/loadtest/results"
	"switchyard/loadtest/seeded"
)

const dialsAtOnce = 16

// fleetFlags are those of the scenarios with many connections.
type fleetFlags struct {
	measureFlags
	conns  int
	atOnce int
	group  string
	seeded seeded.Plan
}

func (f *fleetFlags) add(cmd *cobra.Command, conns int) {
	f.measureFlags.add(cmd)
	flags := cmd.Flags()
	flags.IntVar(&f.conns, "conns", conns, "number of connections")
	flags.IntVar(&f.atOnce, "at-once", dialsAtOnce, "how many connections are worked on at a time")
	flags.StringVar(&f.group, "group", "x448", "`GROUP` of the key exchange: x448, as the reference's clients, or x25519")
}

// addSeeded adds those that name a store which was filled by seed-queues.
func (f *fleetFlags) addSeeded(flags *pflag.FlagSet) {
	flags.Uint64Var(&f.seeded.Count, "seeded", 0, "the store was filled by seed-queues with so many queues: subscribe those")
	flags.Uint64Var(&f.seeded.Seed, "seed", defaultSeed, "the seed that seed-queues was given")
}

const defaultSeed = 1

// plan is the queues of the store, nil when new ones are to be created.
func (f *fleetFlags) plan() *seeded.Plan {
	if f.seeded.Count == 0 {
		return nil
	}
	return &f.seeded
}

func idleCommand() *cobra.Command {
	var f fleetFlags
	var c fleet.IdleConfig
	var stdin, subscribe bool
	cmd := &cobra.Command{
		Use:   "idle {--server ADDR --pid PID | -- smp-server start}",
		Short: "hold idle connections: resident bytes of the router for each, and for each subscription",
		Example: `  loadtest idle --server ADDR --pid PID --conns 10000 --hold 30s
  loadtest idle --conns 5000 --subscriptions 300000 --hold 30s -- bin/smp-server start`,
		Args: ownCommand,
		RunE: func(cmd *cobra.Command, args []string) error {
			if stdin {
				c.Until = closed(cmd.InOrStdin())
			}
			if subscribe {
				c.Subscriptions = f.conns
			}
			f.figures = c.Scrapes > 0
			return f.run(cmd, args, func(ctx context.Context, client load.Client, m measure.Target, _ *process.Router) (results.Report, error) {
				p := newProgress(cmd.ErrOrStderr())
				defer p.close()
				c.Client, c.Target, c.Progress = client, m, p.tell
				c.Conns, c.AtOnce, c.Group, c.Seeded = f.conns, f.atOnce, f.group, f.plan()
				return reported(fleet.Idle(ctx, c))
			})
		},
	}
	f.add(cmd, 1000)
	flags := cmd.Flags()
	f.addSeeded(flags)
	flags.IntVar(&c.Subscriptions, "subscriptions", 0, "subscribe to so many empty queues in all")
	flags.DurationVar(&c.Ramp, "ramp", 0, "begin the connections one after the other over this time, as 10s (default: as fast as --at-once lets them)")
	flags.IntVar(&c.Scrapes, "scrapes", 0, "read the figures of a router of the run's own so often behind the hold: CPU time for each")
	flags.BoolVar(&subscribe, "subscribe", false, "each connection creates a queue and is subscribed to it")
	flags.DurationVar(&c.Hold, "hold", 0, "how long to hold the connections, as 30s")
	flags.BoolVar(&stdin, "until-stdin-closes", false, "hold the connections until the end of standard input")
	cmd.MarkFlagsOneRequired("hold", "until-stdin-closes")
	cmd.MarkFlagsMutuallyExclusive("subscribe", "subscriptions")
	return cmd
}

// closed is closed at the end of a stream.
func closed(r io.Reader) <-chan struct{} {
	end := make(chan struct{})
	go func() {
		defer close(end)
		_, _ = io.Copy(io.Discard, r) // an error is an end, too
	}()
	return end
}

func subscribeCommand() *cobra.Command {
	return fleetCommand("subscribe", "create queues, reconnect, subscribe in batches as clients do: CPU time of the router for each SUB", false)
}

func newQueuesCommand() *cobra.Command {
	return fleetCommand("newqueues", "create queues: CPU time of the router for each NEW", true)
}

// fleetCommand is subscribe or the part of it that only creates.
func fleetCommand(name, short string, newOnly bool) *cobra.Command {
	var f fleetFlags
	c := fleet.SubscribeConfig{NewOnly: newOnly}
	cmd := &cobra.Command{
		Use:   name + " {--server ADDR --pid PID | -- smp-server start}",
		Short: short,
		Args:  ownCommand,
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd, args, func(ctx context.Context, client load.Client, m measure.Target, _ *process.Router) (results.Report, error) {
				p := newProgress(cmd.ErrOrStderr())
				defer p.close()
				c.Client, c.Target, c.Progress = client, m, p.tell
				c.Conns, c.AtOnce, c.Group, c.Seeded = f.conns, f.atOnce, f.group, f.plan()
				return reported(fleet.Subscribe(ctx, c))
			})
		},
	}
	f.add(cmd, 100)
	if !newOnly {
		f.addSeeded(cmd.Flags())
	}
	cmd.Flags().IntVar(&c.Queues, "queues", 10000, "number of queues in all")
	return cmd
}

func handshakeCommand() *cobra.Command {
	var f measureFlags
	var c fleet.HandshakeConfig
	cmd := &cobra.Command{
		Use:   "handshake {--server ADDR --pid PID | -- smp-server start}",
		Short: "connect and close: handshakes for each second of the router's CPU time",
		Args:  ownCommand,
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd, args, func(ctx context.Context, client load.Client, m measure.Target, _ *process.Router) (results.Report, error) {
				p := newProgress(cmd.ErrOrStderr())
				defer p.close()
				c.Client, c.Target, c.Progress = client, m, p.tell
				return reported(fleet.Handshake(ctx, c))
			})
		},
	}
	f.add(cmd)
	flags := cmd.Flags()
	flags.IntVar(&c.Count, "count", 1000, "number of handshakes")
	flags.IntVar(&c.AtOnce, "at-once", dialsAtOnce, "how many at a time")
	flags.StringVar(&c.Group, "group", "x448", "`GROUP` of the key exchange: x448, as the reference's clients, or x25519")
	return cmd
}
