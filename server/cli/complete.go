package cli

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// values are what options of these names may have, in all programs.
var values = map[string][]string{
	"confirm-migrations": {"up", "down"},
	"hosting-type":       {"virtual", "dedicated", "colocation", "owned"},
	"log-level":          {"trace", "debug", "info", "note", "warn", "error"},
	"sign-algorithm":     {"ED25519", "ED448"},
}

// completeValues has shells offer the values of options.
func completeValues(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if all := values[f.Name]; all != nil {
			_ = cmd.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(all, cobra.ShellCompDirectiveNoFileComp)) // fails the second time
		}
	})
	for _, c := range cmd.Commands() {
		completeValues(c)
	}
}

// Directories has shells offer directories for a command's arguments.
func Directories(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}
