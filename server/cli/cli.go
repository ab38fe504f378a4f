// Package cli is what command lines share: the root command, how it is executed, what its signals do, and how values are
// read that must read back. It imports smp and server/crash.
package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// Root completes the root command of a program, which has a name, a short text and an example, and a version where it is a
// server's, and adds its commands. Those that write completions for shells and the manual are the same for all.
func Root(root *cobra.Command, commands ...*cobra.Command) *cobra.Command {
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetVersionTemplate("{{.Version}}\n")
	if root.Version != "" {
		root.Flags().BoolP("version", "v", false, "show version")
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())
	})
	root.AddCommand(commands...)
	root.AddCommand(manCommand())
	completeValues(root)
	describeGroup(root)
	for _, cmd := range commands {
		if cmd.HasSubCommands() {
			describeGroup(cmd)
		}
	}
	return root
}

// describeGroup has a command of commands say what there is, or that there is no such command.
func describeGroup(group *cobra.Command) {
	group.Args = cobra.ArbitraryArgs // so that RunE says what is wrong with them
	group.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return fmt.Errorf("there is no command %q; see %s --help", args[0], cmd.CommandPath())
		}
		return cmd.Help()
	}
}

// Main executes the arguments of a server's program. An error is one line on standard error, whatever a library put into it,
// and ends the process with exit code 1. So does a standard output that takes nothing.
func Main(root *cobra.Command) {
	root.SetArgs(withoutRTS(os.Args[1:]))
	out := NewOutput(os.Stdout)
	root.SetOut(out)
	endProcess(root, execute(context.Background(), root, out))
}

func execute(ctx context.Context, root *cobra.Command, out *Output) error {
	if err := root.ExecuteContext(ctx); err != nil {
		return err
	}
	return out.Fault()
}

// ErrTold ends the process as any error, and has been said already.
var ErrTold = errors.New("said already")

// endProcess ends the process where there is an error.
func endProcess(root *cobra.Command, err error) {
	if errors.Is(err, ErrTold) {
		os.Exit(1)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, root.Name()+": error:", strings.Join(strings.Fields(err.Error()), " "))
		os.Exit(1)
	}
}

// withoutRTS removes the options of the Haskell runtime that units for the reference pass: +RTS … -RTS. It never
// returns nil, for which cobra would take the program's arguments.
func withoutRTS(args []string) []string {
	rest := append([]string{}, args...)
	for from := slices.Index(rest, "+RTS"); from >= 0; from = slices.Index(rest, "+RTS") {
		n := slices.Index(rest[from:], "-RTS")
		if n < 0 {
			return rest[:from]
		}
		rest = slices.Delete(rest, from, from+n+1)
	}
	return rest
}
