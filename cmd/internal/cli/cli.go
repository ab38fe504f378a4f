// Package cli is what the command lines of the servers share: the root command, and how it is executed. It imports
// nothing of ours.
package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// Root completes the root command of a server, which has a name, a short text, an example and a version, and adds its
// commands.
func Root(root *cobra.Command, commands ...*cobra.Command) *cobra.Command {
	root.SilenceErrors, root.SilenceUsage = true, true
	root.Args = cobra.ArbitraryArgs
	root.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return fmt.Errorf("there is no command %q; see %s --help", args[0], root.Name())
		}
		return cmd.Help()
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.CompletionOptions.DisableDefaultCmd = true
	root.Flags().BoolP("version", "v", false, "show version")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())
	})
	root.AddCommand(commands...)
	return root
}

// Main executes the program's arguments. An error is one line on standard error, whatever a library put into it, and
// ends the process with exit code 1.
func Main(root *cobra.Command) {
	root.SetArgs(withoutRTS(os.Args[1:]))
	if err := root.Execute(); err != nil {
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
