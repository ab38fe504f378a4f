// Package clitest checks the help of command lines. It imports nothing of ours.
package clitest

import (
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// valueName is a word in capitals, or several with punctuation between, as HOST:PORT. Numbers and times say what they are.
var valueName = regexp.MustCompile(`^([A-Z][A-Z0-9]*([=:.,/|-][A-Z0-9]+)*…?|int|uint|uint16|float|duration)$`)

// Help checks each option of a command and of those below it: the help has a name for its value, and shows what is printable
// only.
func Help(t *testing.T, root *cobra.Command) {
	t.Helper()
	root.InitDefaultHelpFlag()
	root.Flags().VisitAll(func(f *pflag.Flag) {
		name, usage := pflag.UnquoteUsage(f)
		if f.Value.Type() == "bool" {
			if name != "" || strings.Contains(f.Usage, "`") {
				t.Errorf("%s --%s is on or off, and has a value %q", root.CommandPath(), f.Name, name)
			}
			return
		}
		if !valueName.MatchString(name) {
			t.Errorf("%s --%s has a value that is called %q: begin its usage with `NAME`", root.CommandPath(), f.Name, name)
		}
		if usage == "" || strings.Contains(usage, "`") {
			t.Errorf("%s --%s is explained as %q", root.CommandPath(), f.Name, f.Usage)
		}
		for _, r := range f.NoOptDefVal {
			if r <= ' ' || r == 0x7F {
				t.Errorf("%s --%s has %q as value when none is given", root.CommandPath(), f.Name, f.NoOptDefVal)
			}
		}
	})
	for _, c := range root.Commands() {
		Help(t, c)
	}
}
