package main

import (
	"github.com/spf13/cobra"

	"switchyard/loadtest"
)

const crashHelp = `Runs a router of its own, kills it with SIGKILL at random times, also while it starts, and starts it again, while
clients create queues, secure them, send, receive and delete. In the end whatever the router has answered must be there:
messages once and in order, ACKs obeyed, deleted queues gone. What was not answered may be there or not.

With --proxy senders send through a second router, which is killed as well. With --kill-clients clients are: about half
of the connections each time end as the kernel ends those of a killed process: with RST or FIN, without close_notify,
also while they are being made. The clients stay in the memory of this program. What they forget are their windows and
the answers and messages that were on their way; what they keep is what a client has on its disk: queues and keys, and
what was sent, answered, received and acknowledged up to that moment. Each kill has one victim or several at once, drawn
from the seed.

With --set SWITCHYARD.sync=interval (or never) the router may forget what it has answered within the interval before it
was killed, and 100 ms for the sync itself; the report counts what it has forgotten, and any other loss fails.`

func crashCommand() *cobra.Command {
	var c loadtest.CrashConfig
	var auth, json string
	var set []string
	cmd := &cobra.Command{
		Use:   "crash [flags] -- smp-server start …",
		Short: "kill a router of its own again and again, check that what was answered has survived",
		Long:  crashHelp,
		Example: `  loadtest crash --queues 100 --kills 30 --seed 1 -- bin/smp-server start
  loadtest crash --proxy --kill-clients --kills 200 -- bin/smp-server start
  loadtest crash --set SWITCHYARD.sync=interval --kills 200 -- bin/smp-server start
  loadtest crash --queues 100 --kills 30 --seed 1 -- /usr/bin/smp-server start +RTS -N -RTS`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if c.Settings, err = parseSettings(set); err != nil {
				return err
			}
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
	flags.IntVar(&c.Kills, "kills", 30, "how often something is killed")
	flags.BoolVar(&c.Proxy, "proxy", false, "send through a second router of its own, and kill that, too")
	flags.BoolVar(&c.KillClients, "kill-clients", false, "kill clients, too")
	flags.Uint64Var(&c.Seed, "seed", 1, "of the times and victims of the kills and of what the queues do")
	flags.IntVar(&c.Conns, "conns", 10, "connections; each queue receives on one and sends on another")
	flags.IntVar(&c.Size, "size", 2000, "bytes of a message body")
	flags.StringVar(&auth, "auth", "ed25519", "authorization of senders: x25519, ed25519 or none")
	flags.DurationVar(&c.Stall, "timeout", stallTimeout, "give up after so long without any answer")
	flags.StringArrayVar(&set, "set", nil, "setting of the routers, as SWITCHYARD.sync=interval")
	flags.BoolVar(&c.Keep, "keep", false, "leave the routers' directory behind and name it in the report")
	addJSON(cmd, &json)
	return cmd
}
