package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"

	"github.com/spf13/cobra"

	"switchyard/loadtest/crash"
	"switchyard/loadtest/load"
	"switchyard/server/cli"
)

const crashHelp = `Runs a router of its own, kills it with SIGKILL at random times, also while it starts, and starts it again, while
clients create queues, secure them, send, receive and delete. In the end whatever the router has answered must be there:
messages once and in order, ACKs obeyed, deleted queues gone. What was not answered may be there or not.

The clients are processes of their own, two or more, one for two connections where there are four. Of each queue one client is
the recipient and another the sender. Before a client acts it writes to a journal what it is about to do and what it was told:
queues and keys, what was sent, answered, received and acknowledged. The other end reads that. In the end the journals of all
clients are judged.

With --proxy senders send through a second router, which is killed as well. With --kill-clients clients are: about half of
the processes each time, also with SIGKILL, so that of a queue either end may die alone. The next process of a client goes on
from the journals; what it did not write it has forgotten. Each kill has one victim or several at once, drawn from the seed.

With --set SWITCHYARD.sync=interval (or never) the router may forget what it has answered within the interval before its
last answer; the report counts what it has forgotten, and any other loss fails.`

func crashCommand() *cobra.Command {
	var c crash.Config
	var auth, report string
	var set []string
	cmd := &cobra.Command{
		Use:   "crash [flags] -- smp-server start …",
		Short: "kill a router of its own again and again, check that what was answered has survived",
		Long:  crashHelp,
		Example: `  loadtest crash --queues 100 --kills 30 --seed 1 -- bin/smp-server start
  loadtest crash --proxy --kill-clients --kills 200 -- bin/smp-server start
  loadtest crash --set SWITCHYARD.sync=interval --kills 200 -- bin/smp-server start
  loadtest crash --queues 100 --kills 30 --seed 1 -- /usr/bin/smp-server start +RTS -N -RTS`,
		Args: cli.Arguments(1, -1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if c.Settings, err = parseSettings(set); err != nil {
				return err
			}
			p := newProgress(cmd.ErrOrStderr())
			program, err := exec.LookPath(os.Args[0])
			if err != nil {
				return err
			}
			c.Command, c.Program, c.Auth, c.Progress = args, []string{program, "client"}, load.Auth(auth), p.tell
			r, err := crash.Run(cmd.Context(), c)
			p.close()
			if r == nil {
				return err
			}
			return show(cmd, report, r, err)
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&c.Queues, "queues", 100, "number of queues at a time")
	flags.IntVar(&c.Kills, "kills", 30, "how often something is killed")
	flags.BoolVar(&c.Proxy, "proxy", false, "send through a second router of its own, and kill that, too")
	flags.BoolVar(&c.KillClients, "kill-clients", false, "kill clients, too")
	flags.Uint64Var(&c.Seed, "seed", 1, "of the times and victims of the kills and of what the queues do")
	flags.IntVar(&c.Conns, "conns", 10, "connections, two for each client process, of which there are at least two; each queue receives on one and sends on another")
	flags.IntVar(&c.Size, "size", 2000, "bytes of a message body")
	flags.StringVar(&auth, "auth", "ed25519", "`KEYS` that authorize senders: x25519, ed25519 or none")
	flags.DurationVar(&c.Stall, "timeout", stallTimeout, "give up after so long without any answer")
	flags.StringArrayVar(&set, "set", nil, "`SECTION.KEY=VALUE`, a setting of the routers, as SWITCHYARD.sync=interval")
	flags.BoolVar(&c.Keep, "keep", false, "leave the directory of routers and journals behind and name it in the report")
	addJSON(cmd, &report)
	return cmd
}

// clientProcessCommand is a client of a crash run, which starts it.
func clientProcessCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "client CONFIG",
		Short:  "a client of another loadtest, which may kill it",
		Hidden: true,
		Args:   cli.Arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var c crash.ClientConfig
			if err := json.Unmarshal([]byte(args[0]), &c); err != nil {
				return fmt.Errorf("configuration: %w", err)
			}
			return crash.ServeClient(cmd.Context(), c, cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
}
