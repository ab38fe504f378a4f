package cli

import (
	"testing"

	"github.com/spf13/cobra"
)

func TestArguments(t *testing.T) {
	for _, test := range []struct {
		least, most   int
		args, example string
		want          string
	}{
		{0, 0, "", "", ""},
		{0, 0, "x", "  send\n  send --now", "there are too many arguments: it is send FILE, such as: send"},
		{0, 0, "x", "", "there are too many arguments: it is send FILE; see send --help"},
		{1, 1, "x", "", ""},
		{1, 1, "", "  send f", "something is missing: it is send FILE, such as: send f"},
		{1, -1, "xyz", "", ""},
		{1, -1, "", "  send f", "something is missing: it is send FILE, such as: send f"},
	} {
		var args []string
		for _, a := range test.args {
			args = append(args, string(a))
		}
		got := ""
		if err := Arguments(test.least, test.most)(&cobra.Command{Use: "send FILE", Example: test.example}, args); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%d to %d of %q: %q, want %q", test.least, test.most, args, got, test.want)
		}
	}
}
