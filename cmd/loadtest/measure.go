package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"switchyard/loadtest"
)

// runner is Verify or Messages.
type runner func(context.Context, loadtest.VerifyConfig) (*loadtest.Report, error)

const dialsAtOnce = 16

func idleCommand() *cobra.Command {
	var f clientFlags
	var c loadtest.IdleConfig
	var stdin bool
	cmd := &cobra.Command{
		Use:   "idle --server ADDR --conns N --hold 30s --pid PID",
		Short: "hold idle connections: resident bytes of the router for each",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := f.client()
			if err != nil {
				return err
			}
			if stdin {
				c.Until = closed(cmd.InOrStdin())
			}
			p := newProgress(cmd.ErrOrStderr())
			c.Client, c.Progress = client, p.tell
			report, err := loadtest.Idle(cmd.Context(), c)
			p.close()
			if report == nil {
				return err
			}
			return show(cmd, f.json, report, err)
		},
	}
	f.add(cmd)
	flags := cmd.Flags()
	flags.IntVar(&c.Conns, "conns", 1000, "number of connections")
	flags.IntVar(&c.AtOnce, "at-once", dialsAtOnce, "how many connect at a time")
	flags.BoolVar(&c.Subscribe, "subscribe", false, "each connection creates a queue and is subscribed to it")
	flags.DurationVar(&c.Hold, "hold", 0, "how long to hold the connections, as 30s")
	flags.BoolVar(&stdin, "until-stdin-closes", false, "hold the connections until the end of standard input")
	flags.IntVar(&c.PID, "pid", 0, "process of the router, to measure its memory")
	cmd.MarkFlagsOneRequired("hold", "until-stdin-closes")
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

func handshakeCommand() *cobra.Command {
	var f clientFlags
	var c loadtest.HandshakeConfig
	cmd := &cobra.Command{
		Use:   "handshake --server ADDR --count N --pid PID",
		Short: "connect and close: handshakes for each second of the router's CPU time",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := f.client()
			if err != nil {
				return err
			}
			p := newProgress(cmd.ErrOrStderr())
			c.Client, c.Progress = client, p.tell
			report, err := loadtest.Handshake(cmd.Context(), c)
			p.close()
			if report == nil {
				return err
			}
			return show(cmd, f.json, report, err)
		},
	}
	f.add(cmd)
	flags := cmd.Flags()
	flags.IntVar(&c.Count, "count", 1000, "number of handshakes")
	flags.IntVar(&c.AtOnce, "at-once", dialsAtOnce, "how many at a time")
	flags.StringVar(&c.Group, "group", "x448", "key exchange: x448, as the reference's clients, or x25519")
	flags.IntVar(&c.PID, "pid", 0, "process of the router, to measure its CPU time")
	return cmd
}
