package manage

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// Replaced is a command that scripts for the reference may call and this program has not: it says what there is instead, by its
// first argument, whatever the options are. It does nothing and fails.
func Replaced(name, short string, instead map[string]string) *cobra.Command {
	verbs := slices.Sorted(maps.Keys(instead))
	return &cobra.Command{
		Use:                name + " " + strings.Join(verbs, "|"),
		Short:              "Not here: " + short,
		DisableFlagParsing: true,
		ValidArgs:          verbs,
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, a := range args {
				if a == "-h" || a == "--help" {
					return cmd.Help()
				}
				if what, there := instead[a]; there {
					return errors.New(what)
				}
			}
			return fmt.Errorf("this program has no %s; see %s --help", name, cmd.Root().Name())
		},
	}
}
