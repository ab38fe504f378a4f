package cli

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
)

// Arguments wants so many of them, and shows how a call looks when there are more or fewer; most < 0: any number. Cobra's
// own errors say "unknown command" of an argument too many, and nothing of how to mend it.
func Arguments(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) >= least && (most < 0 || len(args) <= most) {
			return nil
		}
		what := "something is missing"
		if most >= 0 && len(args) > most {
			what = "there are too many arguments"
		}
		if cmd.Example == "" {
			return errors.New(what + ": it is " + cmd.UseLine() + "; see " + cmd.CommandPath() + " --help")
		}
		example, _, _ := strings.Cut(strings.TrimSpace(cmd.Example), "\n")
		return errors.New(what + ": it is " + cmd.UseLine() + ", such as: " + example)
	}
}
