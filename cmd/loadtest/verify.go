package main

import (
	"time"

	"github.com/spf13/cobra"

	"switchyard/loadtest"
)

// stallTimeout is after how long without any answer a run gives up.
const stallTimeout = 30 * time.Second

// exchangeFlags are those of verify and messages.
type exchangeFlags struct {
	clientFlags
	loadtest.VerifyConfig
	auth string
}

func (f *exchangeFlags) add(cmd *cobra.Command, window int) {
	f.clientFlags.add(cmd)
	flags := cmd.Flags()
	flags.IntVar(&f.Queues, "queues", 100, "number of queues")
	flags.IntVar(&f.Messages, "messages", 100, "messages to each queue")
	flags.IntVar(&f.Conns, "conns", 10, "connections; each queue receives on one and sends on another")
	flags.IntVar(&f.Size, "size", 16000, "bytes of a message body")
	flags.IntVar(&f.Window, "window", window, "messages of a queue on their way, until the recipient has acknowledged them")
	flags.StringVar(&f.auth, "auth", "ed25519", "authorization of senders: x25519, ed25519 or none")
	flags.DurationVar(&f.Stall, "timeout", stallTimeout, "give up after so long without any answer")
	flags.IntVar(&f.PID, "pid", 0, "process of the router, to measure its CPU time and memory")
}

func (f *exchangeFlags) run(cmd *cobra.Command, scenario runner) error {
	client, err := f.client()
	if err != nil {
		return err
	}
	p := newProgress(cmd.ErrOrStderr())
	f.Client, f.Auth, f.Progress = client, loadtest.Auth(f.auth), p.tell
	report, err := scenario(cmd.Context(), f.VerifyConfig)
	p.close()
	if report == nil {
		return err
	}
	return show(cmd, f.json, report, err)
}

func verifyCommand() *cobra.Command {
	var f exchangeFlags
	cmd := &cobra.Command{
		Use:   "verify --server ADDR",
		Short: "send numbered messages through queues, check that each arrives once and in order",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return f.run(cmd, loadtest.Verify) },
	}
	f.add(cmd, 4)
	cmd.Flags().Float64Var(&f.Rate, "rate", 0, "messages a second in all (default: as many as the windows allow)")
	cmd.Flags().Uint64Var(&f.Seed, "seed", 0, "mark of this run's messages (default: random)")
	return cmd
}

func messagesCommand() *cobra.Command {
	var f exchangeFlags
	cmd := &cobra.Command{
		Use:   "messages --server ADDR --pid PID",
		Short: "messages in closed loop: a second, and CPU time of the router for each",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return f.run(cmd, loadtest.Messages) },
	}
	f.add(cmd, 1)
	return cmd
}
