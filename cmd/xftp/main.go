// Command xftp sends files through XFTP routers, receives and deletes them: `xftp send FILE` prints what to give to
// the recipients, `xftp recv` takes it.
//
// Commands, options, files and results on standard output are those of the reference's program of this name (facts:
// xftp, section 5.6). Errors and talk go to standard error; an error is one line, and the exit code is 1.
//
// The package holds the command line only: package xftp/client does the work.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"switchyard/xftp/client"
)

// commit is of the source; set by the linker.
var commit = "unknown"

func version() string { return "XFTP client v0.1.0 / " + commit }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := rootCommand().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "xftp: error:", strings.Join(strings.Fields(err.Error()), " "))
		stop()
		os.Exit(1)
	}
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "xftp",
		Short:         "Send and receive files through XFTP routers",
		Example:       "  xftp send photo.jpg\n  xftp recv photo.jpg.xftp/rcv1.xftp downloads/\n  xftp del photo.jpg.xftp/snd.xftp.private",
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("there is no command %q; see xftp --help", args[0])
			}
			return cmd.Help()
		},
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())
	})
	root.AddCommand(sendCommand(), recvCommand(), delCommand(), infoCommand(), randCommand())
	return root
}

// network are the options of commands that talk to routers.
type network struct {
	retry   int
	verbose bool
}

func (n *network) addTo(cmd *cobra.Command) {
	cmd.Flags().SortFlags = false
	cmd.Flags().IntVarP(&n.retry, "retry", "r", client.DefaultAttempts, "attempts for each step over the network")
	cmd.Flags().BoolVarP(&n.verbose, "verbose", "v", false, "tell of attempts that failed")
}

func (n *network) pool(cmd *cobra.Command) (*client.Pool, error) {
	if n.retry < 1 {
		return nil, fmt.Errorf("--retry %d leaves no attempt; give 1 or more", n.retry)
	}
	p := &client.Pool{Attempts: n.retry}
	if n.verbose {
		p.Log = func(format string, args ...any) { note(cmd.ErrOrStderr(), format, args...) }
	}
	return p, nil
}

func note(w io.Writer, format string, args ...any) {
	fmt.Fprintf(w, "xftp: note: "+format+"\n", args...)
}
