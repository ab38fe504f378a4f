package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// Sections of the manual: programs for everybody, and those of who runs a server.
const (
	sectionPrograms = "1"
	sectionServers  = "8"
)

// manCommand writes the manual, for packages. Nobody else has a use for it, so it is not listed.
func manCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "man DIR",
		Short:   "Write the manual's pages of this program to DIR, one for each command",
		Example: "  smp-server man /usr/local/share/man/man8",
		Hidden:  true,
		Args:    Arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return writeManual(cmd.Root(), args[0])
		},
	}
}

// writeManual writes the pages. They have the date of SOURCE_DATE_EPOCH where that is set.
func writeManual(root *cobra.Command, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("cannot write the manual: %w", err)
	}
	section := sectionPrograms
	if strings.HasSuffix(root.Name(), "-server") {
		section = sectionServers
	}
	root.DisableAutoGenTag = true
	for _, c := range root.Commands() {
		if c.Name() == "completion" { // its help says what a page would, for the shell that is at hand
			root.RemoveCommand(c)
		}
	}
	return doc.GenManTreeFromOpts(root, doc.GenManTreeOptions{
		Path: dir, CommandSeparator: "-",
		Header: &doc.GenManHeader{Title: strings.ToUpper(root.Name()), Section: section, Source: root.Version, Manual: "Switchyard"},
	})
}
