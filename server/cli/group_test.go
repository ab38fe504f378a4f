package cli

import (
	"io"
	"testing"

	"github.com/spf13/cobra"
)

func TestUnknownCommands(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, ""},
		{[]string{"group"}, ""},
		{[]string{"group", "one"}, ""},
		{[]string{"x"}, `there is no command "x"; see program --help`},
		{[]string{"group", "x"}, `there is no command "x"; see program group --help`},
		{[]string{"group", "--x"}, "unknown flag: --x; see program group --help"},
	} {
		group := &cobra.Command{Use: "group"}
		group.AddCommand(&cobra.Command{Use: "one", Run: func(*cobra.Command, []string) {}})
		root := Root(&cobra.Command{Use: "program"}, group)
		root.SetOut(io.Discard)
		root.SetArgs(append([]string{}, test.args...))
		got := ""
		if err := root.Execute(); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%q: %q, want %q", test.args, got, test.want)
		}
	}
}
