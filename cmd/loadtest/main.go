// Command loadtest puts load on SMP and XFTP routers and checks that they lose, repeat and reorder nothing.
//
// Results go to standard output, as tables or with --json also as JSON; progress and errors go to standard error. The
// exit code is 1 when anything is wrong with the router or with the call. Ctrl-C ends a run with the results so far, a
// second one at once.
//
// The package holds the command line; the rooms of package loadtest do the work.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"switchyard/loadtest/results"
	"switchyard/server/cli"
)

// commit of the source, 7 hex digits; set by the linker, see the Makefile.
var commit = "unknown"

func main() {
	cli.MainUntilSignal(rootCommand())
}

func rootCommand() *cobra.Command {
	return cli.Root(&cobra.Command{
		Use:     "loadtest",
		Short:   "put load on SMP routers and check what they do with it",
		Version: "loadtest version v0.1.0 / " + commit,
		Example: `  loadtest verify --server smp://FINGERPRINT@127.0.0.1:5223 --queues 200 --messages 50 --conns 20
  loadtest crash --queues 100 --kills 30 --seed 1 -- bin/smp-server start
  loadtest idle --server ADDR --conns 10000 --hold 30s --pid $(pidof smp-server)`,
	}, verifyCommand(), crashCommand(), messagesCommand(), idleCommand(), subscribeCommand(),
		newQueuesCommand(), handshakeCommand(), proxyCommand(), abuseCommand(), stormCommand(), replicaCommand(), xftpCommand(), seedQueuesCommand(), movingCommand(),
		fleetProcessCommand(), attackProcessCommand(), clientProcessCommand(), reportCommand(), tableCommand(),
		extrapolateCommand(), floorCommand())
}

// result is what every scenario reports.
type result interface {
	Clean() bool
	WriteText(io.Writer) error
}

var errFaulty = errors.New("the router failed the check: see the faults above")

// show prints a report and turns what it says into the error of the command. With JSON on standard output the tables
// go to standard error.
func show(cmd *cobra.Command, json string, r result, cause error) error {
	out := cmd.OutOrStdout()
	if json == "-" {
		out = cmd.ErrOrStderr()
	}
	if err := r.WriteText(out); err != nil {
		return err
	}
	if json != "" {
		if err := results.WriteJSON(cmd.OutOrStdout(), json, r); err != nil {
			return fmt.Errorf("writing the report: %w", err)
		}
	}
	switch {
	case errors.Is(cause, context.Canceled) && !r.Clean():
		return fmt.Errorf("interrupted, and %w", errFaulty)
	case errors.Is(cause, context.Canceled):
		return errors.New("interrupted: the results above are those so far")
	case cause != nil:
		return cause
	case !r.Clean():
		return errFaulty
	}
	return nil
}
