package main

import (
	"github.com/spf13/cobra"

	"switchyard/loadtest"
)

func crashCommand() *cobra.Command {
	var c loadtest.CrashConfig
	var auth, json string
	cmd := &cobra.Command{
		Use:   "crash [flags] -- smp-server start …",
		Short: "kill a router of its own again and again, check that what was answered has survived",
		Example: `  loadtest crash --queues 100 --kills 30 --seed 1 -- bin/smp-server start
  loadtest crash --queues 100 --kills 30 --seed 1 -- /usr/bin/smp-server start +RTS -N -RTS`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p := newProgress(cmd.ErrOrStderr())
			c.Command, c.Auth, c.Progress = args, loadtest.Auth(auth), p.tell
			report, err := loadtest.Crash(cmd.Context(), c)
			p.close()
			if report == nil {
				return err
			}
			return show(cmd, json, report, err)
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&c.Queues, "queues", 100, "number of queues at a time")
	flags.IntVar(&c.Kills, "kills", 30, "how often the router is killed")
	flags.Uint64Var(&c.Seed, "seed", 1, "of the times of the kills and of what the queues do")
	flags.IntVar(&c.Conns, "conns", 10, "connections; each queue receives on one and sends on another")
	flags.IntVar(&c.Size, "size", 2000, "bytes of a message body")
	flags.StringVar(&auth, "auth", "ed25519", "authorization of senders: x25519, ed25519 or none")
	flags.DurationVar(&c.Stall, "timeout", stallTimeout, "give up after so long without any answer")
	flags.BoolVar(&c.Keep, "keep", false, "leave the router's directory behind and name it in the report")
	addJSON(cmd, &json)
	return cmd
}
