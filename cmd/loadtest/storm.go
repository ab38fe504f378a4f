package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"switchyard/loadtest/fleet"
	"switchyard/loadtest/load"
	"switchyard/loadtest/measure"
	"switchyard/loadtest/process"
	"switchyard/loadtest/results"
	"switchyard/loadtest/seeded"
	"switchyard/server/cli"
)

// stormFlags are those of storm and replica.
type stormFlags struct {
	fleetFlags
	fleet.StormConfig
}

func (f *stormFlags) addGroup(flags *pflag.FlagSet) {
	flags.IntVar(&f.Processes, "processes", 1, "processes that the connections are spread over")
	flags.IntVar(&f.StormConfig.Queues, "measured-queues", 16, "queues of the measured group")
	flags.IntVar(&f.Links, "measured-conns", 8, "connections of the measured group")
	flags.Float64Var(&f.Rate, "rate", 50, "messages a second in the measured group")
	flags.IntVar(&f.Size, "size", 16000, "bytes of a message body")
	flags.DurationVar(&f.Quiet, "quiet", 20*time.Second, "how long the measured group is measured before the storm")
	flags.DurationVar(&f.Restore, "restore", 10*time.Minute, "after which a storm that is not over counts as failed")
}

// run runs the scenario against a router of the run's own, as it is killed.
func (f *stormFlags) run(cmd *cobra.Command, command []string, name string) error {
	if len(command) == 0 {
		return errors.New("the router is killed, so it must be one of the run's own: add `-- smp-server start`")
	}
	if f.measureFlags.pprof != "" {
		return errors.New("--pprof has no use here: profiles end with the process that is killed")
	}
	program, err := exec.LookPath(os.Args[0])
	if err != nil {
		return err
	}
	f.Program = []string{program, "crowd"}
	return f.fleetFlags.run(cmd, command, func(ctx context.Context, client load.Client, m measure.Target, r *process.Router) (results.Report, error) {
		p := newProgress(cmd.ErrOrStderr())
		defer p.close()
		f.Client, f.Target, f.Progress, f.Stall = client, m, p.tell, stallTimeout
		f.Conns, f.AtOnce, f.Group, f.Seeded = f.conns, f.atOnce, f.group, f.plan()
		report, err := fleet.Storm(ctx, f.StormConfig, r)
		if report != nil {
			report.Scenario = name
		}
		return reported(report, err)
	})
}

func stormCommand() *cobra.Command {
	var f stormFlags
	cmd := &cobra.Command{
		Use:   "storm [flags] -- smp-server start",
		Short: "kill the router and let all clients come back at once, while a measured group exchanges messages",
		Example: `  loadtest storm --conns 2000 --subscriptions 100000 -- bin/smp-server start
  loadtest storm --data DIR --seeded 1000000 --conns 2000 --subscriptions 100000 -- bin/smp-server start`,
		Args: ownCommand,
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args, "storm") },
	}
	f.add(cmd, 1000)
	flags := cmd.Flags()
	f.addSeeded(flags)
	f.addGroup(flags)
	flags.Lookup("at-once").DefValue = "0"
	f.atOnce = 0
	flags.IntVar(&f.Subscriptions, "subscriptions", 10000, "subscriptions in all, to empty queues")
	return cmd
}

func replicaCommand() *cobra.Command {
	var f stormFlags
	var scale float64
	cmd := &cobra.Command{
		Use:     "replica --scale S --data DIR -- smp-server start",
		Short:   "all of a large public router at once: 15,000 connections, 1,000,000 subscriptions, 30,000,000 stored queues, scaled",
		Example: `  loadtest replica --scale 0.01 --data data/replica-0.01 -- bin/smp-server start`,
		Args:    ownCommand,
		RunE: func(cmd *cobra.Command, args []string) error {
			if scale <= 0 || f.data == "" {
				return errors.New("give --scale above 0 and --data, the directory of the store, which is filled when it is new")
			}
			f.conns, f.Subscriptions, f.seeded.Count = fleet.Replica(scale)
			if len(args) > 0 {
				if err := fillQueues(cmd, f.data, f.seeded, args); err != nil {
					return err
				}
			}
			return f.run(cmd, args, "replica")
		},
	}
	f.add(cmd, 0)
	flags := cmd.Flags()
	f.addGroup(flags)
	flags.Float64Var(&scale, "scale", 0.01, "size, 1 for all")
	flags.Uint64Var(&f.seeded.Seed, "seed", defaultSeed, "from which the stored queues follow")
	f.Rate = fleet.ReplicaRate
	flags.Lookup("rate").DefValue = fmt.Sprint(fleet.ReplicaRate)
	flags.Lookup("at-once").DefValue = "0"
	f.atOnce = 0
	if err := flags.MarkHidden("conns"); err != nil {
		panic(err) // the flag is defined above
	}
	return cmd
}

func seedQueuesCommand() *cobra.Command {
	var plan seeded.Plan
	var data string
	cmd := &cobra.Command{
		Use:     "seed-queues --count N --data DIR -- smp-server start",
		Short:   "fill the store of a router with empty queues, offline; the router is set up in DIR if there is none",
		Example: "  loadtest seed-queues --count 30000000 --data DIR -- bin/smp-server start",
		Args:    ownCommand,
		RunE: func(cmd *cobra.Command, args []string) error {
			if data == "" || plan.Count == 0 || len(args) == 0 {
				return errors.New("give --count, --data, and the command of the router after --")
			}
			return fillQueues(cmd, data, plan, args)
		},
	}
	flags := cmd.Flags()
	flags.Uint64Var(&plan.Count, "count", 0, "number of queues")
	flags.Uint64Var(&plan.Seed, "seed", defaultSeed, "number from which IDs and keys follow")
	flags.StringVar(&data, "data", "", "`DIRECTORY` of the router")
	flags.BoolVar(&plan.Foreign, "foreign", false, "with sender IDs as queues have that were imported, for loadtest messages --seeded")
	return cmd
}

// fillQueues fills a store with empty queues.
func fillQueues(cmd *cobra.Command, dir string, plan seeded.Plan, command []string) error {
	return process.FillQueues(cmd.Context(), dir, process.StoredMark, plan, command, cmd.ErrOrStderr())
}

// fleetProcessCommand is a process of a fleet; storm starts it.
func fleetProcessCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "crowd CONFIG",
		Short:  "connections of another loadtest, by orders on standard input",
		Hidden: true,
		Args:   cli.Arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var c fleet.ProcessConfig
			if err := json.Unmarshal([]byte(args[0]), &c); err != nil {
				return fmt.Errorf("configuration: %w", err)
			}
			return fleet.Serve(cmd.Context(), c, cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
}
