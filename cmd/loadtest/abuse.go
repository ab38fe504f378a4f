package main

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"switchyard/loadtest"
)

func abuseCommand() *cobra.Command {
	var f measureFlags
	var c loadtest.AbuseConfig
	kind := "all"
	kinds := strings.Join(loadtest.AttackKinds(), ", ")
	cmd := &cobra.Command{
		Use:   "abuse {--server ADDR --pid PID | -- smp-server start}",
		Short: "attack the router in many ways while a measured group exchanges messages: what the group notices, and the router's memory",
		Example: `  loadtest abuse --out abuse.jsonl -- bin/smp-server start
  loadtest abuse --kind queues,one-queue --set SWITCHYARD.unlimited_addresses= --set SWITCHYARD.new_queues_per_address=600 -- bin/smp-server start`,
		Args: ownCommand,
		RunE: func(cmd *cobra.Command, args []string) error {
			c.Kinds = strings.Split(kind, ",")
			if kind == "all" {
				c.Kinds = loadtest.AttackKinds()
			}
			return f.run(cmd, args, func(ctx context.Context, client loadtest.Client, m loadtest.Measure, r *loadtest.Router) (loadtest.Measured, error) {
				p := newProgress(cmd.ErrOrStderr())
				defer p.close()
				c.Client, c.Measure, c.Progress, c.Stall = client, m, p.tell, stallTimeout
				return reported(loadtest.Abuse(ctx, c, r))
			})
		},
	}
	f.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&kind, "kind", kind, "attackers, separated by commas: "+kinds)
	flags.IntVar(&c.Attackers, "attackers", 100, "connections of each kind of attacker")
	flags.DurationVar(&c.Each, "each", 20*time.Second, "how long each kind attacks")
	flags.IntVar(&c.Queues, "measured-queues", 16, "queues of the measured group")
	flags.IntVar(&c.Links, "measured-conns", 8, "connections of the measured group")
	flags.Float64Var(&c.Rate, "rate", 50, "messages a second in the measured group")
	flags.IntVar(&c.Size, "size", 16000, "bytes of a message body")
	flags.DurationVar(&c.Quiet, "quiet", 20*time.Second, "how long the measured group is measured before the attacks; the router rests half of it after each")
	return cmd
}
