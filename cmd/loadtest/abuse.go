package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"switchyard/loadtest/abuse"
	"switchyard/loadtest/load"
	"switchyard/loadtest/measure"
	"switchyard/loadtest/process"
	"switchyard/loadtest/results"
	"switchyard/server/cli"
)

// abuseFlags are those of abuse.
type abuseFlags struct {
	measureFlags
	abuse.Config
	kind   string
	stored abuse.Stored
}

func abuseCommand() *cobra.Command {
	var f abuseFlags
	cmd := &cobra.Command{
		Use:   "abuse {--server ADDR --pid PID | -- smp-server start}",
		Short: "attack the router in many ways while a measured group exchanges messages: what the group notices, and the router's memory",
		Example: `  loadtest abuse --out abuse.jsonl -- bin/smp-server start
  loadtest abuse --kind burst --set SWITCHYARD.unlimited_addresses=127.0.0.0/24 --set SWITCHYARD.connections_per_address=100 -- bin/smp-server start`,
		Args: ownCommand,
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	f.add(cmd)
	f.addAttack(cmd.Flags())
	return cmd
}

func (f *abuseFlags) addAttack(flags *pflag.FlagSet) {
	kinds := strings.Join(abuse.Kinds(), ", ")
	flags.StringVar(&f.kind, "kind", "all", "only attackers of these `KINDS`, separated by commas: "+kinds)
	flags.Float64Var(&f.Scale, "scale", 1, "size: of the number of attackers, and of the queues that are stored for them")
	flags.IntVar(&f.Attackers, "attackers", 0, "connections of each kind of attacker (default: what the kind has, by --scale)")
	flags.DurationVar(&f.Each, "each", 20*time.Second, "how long each kind attacks")
	flags.IntVar(&f.stored.Empty, "subscriptions", 1_000_000, "stored queues for subscriptions, by --scale")
	flags.IntVar(&f.stored.Full, "full-queues", 10_000, "stored queues for slow-readers, by --scale")
	flags.IntVar(&f.stored.Messages, "full-messages", 4, "messages in each of them, before the marker that the queue is full")
	flags.IntVar(&f.Config.Queues, "measured-queues", 16, "queues of the measured group")
	flags.IntVar(&f.Links, "measured-conns", 8, "connections of the measured group")
	flags.Float64Var(&f.Rate, "rate", 50, "messages a second in the measured group")
	flags.IntVar(&f.Size, "size", 16000, "bytes of a message body")
	flags.DurationVar(&f.Quiet, "quiet", 20*time.Second, "how long the measured group is measured before the attacks; the router rests half of it after each")
}

func (f *abuseFlags) run(cmd *cobra.Command, args []string) error {
	f.Kinds, f.figures = strings.Split(f.kind, ","), true
	if f.kind == "all" {
		f.Kinds = abuse.Kinds()
	}
	program, err := exec.LookPath(os.Args[0])
	if err != nil {
		return err
	}
	f.Program = []string{program, "attack"}
	if len(args) > 0 {
		remove, err := f.fillStore(cmd, args)
		if err != nil {
			return err
		}
		defer remove()
	}
	return f.measureFlags.run(cmd, args, func(ctx context.Context, client load.Client, m measure.Target, r *process.Router) (results.Report, error) {
		p := newProgress(cmd.ErrOrStderr())
		defer p.close()
		f.Client, f.Target, f.Progress, f.Stall = client, m, p.tell, stallTimeout
		return reported(abuse.Run(ctx, f.Config, r))
	})
}

// fillStore stores the queues that the attackers need, in a temporary directory unless there is --data.
func (f *abuseFlags) fillStore(cmd *cobra.Command, command []string) (remove func(), err error) {
	remove = func() {}
	if f.Scale <= 0 || f.stored.Messages < 1 || f.stored.Empty < 1 || f.stored.Full < 1 {
		return remove, errors.New("give --scale above 0, and at least 1 stored queue and 1 message")
	}
	if !f.NeedsStore() {
		return remove, nil
	}
	if f.data == "" {
		if f.data, err = os.MkdirTemp("", "loadtest-router-"); err != nil {
			return remove, err
		}
		remove = func() { _ = os.RemoveAll(f.data) } // what is left of it is in the system's temporary directory
	}
	if err := f.FillStore(cmd.Context(), f.data, f.stored, command, cmd.ErrOrStderr()); err != nil {
		remove()
		return nil, err
	}
	return remove, nil
}

// attackProcessCommand is a process of attackers; abuse starts it.
func attackProcessCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "attack CONFIG",
		Short:  "attackers of another loadtest, by orders on standard input",
		Hidden: true,
		Args:   cli.Arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var c abuse.AttackConfig
			if err := json.Unmarshal([]byte(args[0]), &c); err != nil {
				return fmt.Errorf("configuration: %w", err)
			}
			return abuse.Serve(cmd.Context(), c, cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
}
