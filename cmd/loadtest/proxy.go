package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"switchyard/loadtest/load"
	"switchyard/loadtest/measure"
	"switchyard/loadtest/process"
	"switchyard/loadtest/results"
	"switchyard/loadtest/verify"
)

// proxyCommand is messages by way of a proxy, which is the router that is measured.
func proxyCommand() *cobra.Command {
	var f exchangeFlags
	var duration, warmup time.Duration
	cmd := &cobra.Command{
		Use:   "proxy {--server ADDR --proxy ADDR --pid PID | -- smp-server start}",
		Short: "messages through a proxy: CPU time of the proxy for each; two routers of the run's own, or --pid of the proxy",
		Example: `  loadtest proxy --server ADDR --proxy ADDR --pid $(pidof the proxy) --rate 100 --duration 30s
  loadtest proxy --queues 16 --duration 30s --out run.jsonl -- bin/smp-server start`,
		Args: ownCommand,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.Duration, f.Warmup = duration, warmup
			if duration > 0 && !cmd.Flags().Changed("messages") {
				f.Messages = 0
			}
			if len(args) == 0 && f.proxy == "" {
				return errors.New("give the address of the proxy with --proxy, or run two routers with `-- smp-server start`")
			}
			if len(args) > 0 && f.proxy != "" {
				return errors.New("give either --proxy, or the command of both routers after --")
			}
			if len(args) == 0 {
				return f.run(cmd, args, verify.Messages)
			}
			return f.runBoth(cmd, args)
		},
	}
	f.add(cmd, 1)
	cmd.Flags().DurationVar(&duration, "duration", 0, "measure for this time, as 30s (default: until --messages have arrived)")
	cmd.Flags().DurationVar(&warmup, "warmup", 0, "do not measure the first time of the exchange, as 2s")
	return cmd
}

// runBoth runs two routers: the run's own is the proxy, the other one has the queues.
func (f *exchangeFlags) runBoth(cmd *cobra.Command, command []string) error {
	return f.measureFlags.run(cmd, command, func(ctx context.Context, c load.Client, m measure.Target, proxy *process.Router) (results.Report, error) {
		relay, end, err := process.Own{Command: command}.Start(ctx)
		if err != nil {
			return nil, err
		}
		defer end()
		p := newProgress(cmd.ErrOrStderr())
		defer p.close()
		c.Address = relay.Address
		f.Client, f.Target, f.Auth, f.Progress, f.Proxy = c, m, load.Auth(f.auth), p.tell, &proxy.Address
		return reported(verify.Messages(ctx, f.Config))
	})
}
