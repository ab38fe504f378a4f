package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"switchyard/loadtest/load"
	"switchyard/loadtest/measure"
	"switchyard/loadtest/process"
	"switchyard/loadtest/results"
	"switchyard/loadtest/seeded"
	"switchyard/loadtest/verify"
	"switchyard/smp"
)

// stallTimeout is after how long without any answer a run gives up.
const stallTimeout = 30 * time.Second

// exchangeFlags are those of verify and messages.
type exchangeFlags struct {
	measureFlags
	verify.Config
	auth  string
	proxy string
}

func (f *exchangeFlags) add(cmd *cobra.Command, window int) {
	f.measureFlags.add(cmd)
	flags := cmd.Flags()
	flags.IntVar(&f.Queues, "queues", 100, "number of queues")
	flags.IntVar(&f.Messages, "messages", 100, "messages to each queue")
	flags.IntVar(&f.Conns, "conns", 10, "connections; each queue receives on one and sends on another")
	flags.IntVar(&f.Size, "size", 16000, "bytes of a message body")
	flags.IntVar(&f.Window, "window", window, "messages of a queue on their way, until the recipient has acknowledged them")
	flags.StringVar(&f.auth, "auth", "ed25519", "`KEYS` that authorize senders: x25519, ed25519 or none")
	flags.StringVar(&f.proxy, "proxy", "", "`ADDRESS` of another router, through which senders send as their proxy; with its password if it asks for one")
	flags.DurationVar(&f.Stall, "timeout", stallTimeout, "give up after so long without any answer")
	flags.Float64Var(&f.Rate, "rate", 0, "messages a second in all (default: as many as the windows allow)")
	flags.DurationVar(&f.Ramp, "ramp", 0, "let the rate grow to that from 0 in this time, as 10s, and measure from then on")
}

// runner is Verify or Messages.
type runner func(context.Context, verify.Config) (*verify.Report, error)

func (f *exchangeFlags) run(cmd *cobra.Command, command []string, do runner) error {
	if f.proxy != "" {
		proxy, err := smp.ParseServerAddress(f.proxy)
		if err != nil {
			return fmt.Errorf("--proxy: %w", err)
		}
		f.Proxy = &proxy
	}
	return f.measureFlags.run(cmd, command, func(ctx context.Context, c load.Client, m measure.Target, _ *process.Router) (results.Report, error) {
		p := newProgress(cmd.ErrOrStderr())
		defer p.close()
		f.Client, f.Target, f.Auth, f.Progress = c, m, load.Auth(f.auth), p.tell
		return reported(do(ctx, f.Config))
	})
}

func verifyCommand() *cobra.Command {
	var f exchangeFlags
	var service bool
	cmd := &cobra.Command{
		Use:   "verify --server ADDR",
		Short: "send numbered messages through queues, check that each arrives once and in order",
		Example: `  loadtest verify --server ADDR --queues 200 --messages 50 --conns 20
  loadtest verify --service --queues 100000 --size 2000 -- bin/smp-server start`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if service {
				return f.runService(cmd, args)
			}
			return f.run(cmd, args, verify.Run)
		},
	}
	f.add(cmd, 4)
	cmd.Args = ownCommand
	cmd.Flags().BoolVar(&service, "service", false, "let a client service receive all queues: reconnect and subscribe them with one SUBS (default: 1 message to each)")
	cmd.Flags().Uint64Var(&f.Seed, "seed", 0, "mark of this run's messages (default: random)")
	return cmd
}

// runService verifies the subscription of a client service.
func (f *exchangeFlags) runService(cmd *cobra.Command, command []string) error {
	if !cmd.Flags().Changed("messages") {
		f.Messages = 1
	}
	return f.measureFlags.run(cmd, command, func(ctx context.Context, c load.Client, m measure.Target, _ *process.Router) (results.Report, error) {
		p := newProgress(cmd.ErrOrStderr())
		defer p.close()
		f.Client, f.Target, f.Progress = c, m, p.tell
		return reported(verify.RunService(ctx, f.Config))
	})
}

func messagesCommand() *cobra.Command {
	var f exchangeFlags
	var duration, warmup time.Duration
	stored := seeded.Plan{Foreign: true}
	cmd := &cobra.Command{
		Use:   "messages {--server ADDR --pid PID | -- smp-server start}",
		Short: "messages by rate or as many as fit: latency, messages a second, CPU time of the router for each",
		Example: `  loadtest messages --server ADDR --pid PID --rate 500 --duration 60s --out run.jsonl
  loadtest messages --duration 30s --queues 64 --pprof own --out run.jsonl -- bin/smp-server start`,
		Args: ownCommand,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.Duration, f.Warmup = duration, warmup
			if stored.Count > 0 {
				f.Stored = &stored
			}
			if duration > 0 && !cmd.Flags().Changed("messages") {
				f.Messages = 0
			}
			return f.run(cmd, args, verify.Messages)
		},
	}
	f.add(cmd, 1)
	cmd.Flags().DurationVar(&duration, "duration", 0, "measure for this time, as 30s (default: until --messages have arrived)")
	cmd.Flags().DurationVar(&warmup, "warmup", 0, "do not measure the first time of the exchange, as 2s")
	cmd.Flags().Uint64Var(&stored.Count, "seeded", 0, "the store was filled by seed-queues --foreign with so many queues: use those, once, as they are deleted")
	cmd.Flags().Uint64Var(&stored.Seed, "seed", defaultSeed, "the seed that seed-queues was given")
	return cmd
}
