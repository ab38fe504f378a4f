// Command xftp sends files through XFTP routers, receives and deletes them: `xftp send FILE` prints what to give to
// the recipients, `xftp recv` takes it.
//
// Commands, options, files and results on standard output are those of the reference's program of this name (facts:
// xftp, section 5.6), and further ones. Results go to standard output, with --json as one object a line; talk, progress and
// errors go to standard error. An error is one line, and the exit code is 1. The first signal ends a command in order, the
// second one at once. Keys are shown in results only.
//
// The package holds the command line only: package xftp/client does the work.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"switchyard/server/cli"
	"switchyard/xftp/client"
)

// commit is of the source; set by the linker.
var commit = "unknown"

func version() string { return "XFTP client v0.1.0 / " + commit }

func main() {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	out := cli.NewOutput(os.Stdout)
	c := newConsole(os.Stdin, out, os.Stderr)
	context.AfterFunc(ctx, func() {
		stop() // the second signal has its usual effect
		c.note("ending in order; once more ends at once")
	})
	err := rootCommand(c).ExecuteContext(ctx)
	if err == nil {
		err = out.Fault()
	}
	if err != nil {
		c.fault(ctx, err)
		os.Exit(1)
	}
}

const rootLong = `Send and receive files through XFTP routers.

With --json every result is a line with a JSON object, whose "event" is one of
  phase      what is done now: packing, encrypting, uploading, downloading, decrypting, unpacking
  progress   "done" and "total" bytes
  resuming   the same, of what an interrupted transfer has done before
  note       "text" that is worth knowing
  sent       "name", "size" of the encrypted file, "sender" and "recipients": paths of descriptions, "link" if there is one
  received   "path", "size", "kept": whether the link or description can be used again
  unpacked   "path", "files"
  deleted    "description"
  info       "party", "size", "servers" with "server" and "size"
  created    "path"
  error      "text"; the exit code is 1 then
Nothing is asked then: links can be used again and descriptions are not deleted, unless -y is given.`

func rootCommand(c *console) *cobra.Command {
	root := cli.Root(&cobra.Command{
		Use:     "xftp",
		Short:   "Send and receive files through XFTP routers",
		Long:    rootLong,
		Example: "  xftp send photo.jpg\n  xftp recv photo.jpg.xftp/rcv1.xftp downloads/\n  xftp del photo.jpg.xftp/snd.xftp.private",
		Version: version(),
	}, sendCommand(c), recvCommand(c), delCommand(c), infoCommand(c), randCommand(c))
	root.SetIn(c.in)
	root.SetOut(c.out)
	root.SetErr(c.err)
	return root
}

// network are the options of commands that talk to routers.
type network struct {
	retry   int
	verbose bool
}

func (n *network) addTo(cmd *cobra.Command, c *console) {
	cmd.Flags().SortFlags = false
	cmd.Flags().IntVarP(&n.retry, "retry", "r", client.DefaultAttempts, "`ATTEMPTS` for each step over the network")
	cmd.Flags().BoolVarP(&n.verbose, "verbose", "v", false, "tell of attempts that failed")
	c.addTo(cmd)
}

func (n *network) pool(c *console) (*client.Pool, error) {
	if n.retry < 1 {
		return nil, fmt.Errorf("--retry %d leaves no attempt; give 1 or more", n.retry)
	}
	p := &client.Pool{Attempts: n.retry}
	if n.verbose {
		p.Log = c.note
	}
	return p, nil
}
