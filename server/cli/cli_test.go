package cli

import (
	"slices"
	"testing"
)

func TestWithoutRTS(t *testing.T) {
	for _, test := range []struct{ args, want []string }{
		{nil, []string{}},
		{[]string{"start", "-m"}, []string{"start", "-m"}},
		{[]string{"+RTS", "-N", "-RTS"}, []string{}},
		{[]string{"start", "+RTS", "-N", "-RTS", "-m"}, []string{"start", "-m"}},
		{[]string{"+RTS", "-N", "-RTS", "start", "+RTS", "-A1m"}, []string{"start"}},
	} {
		got := withoutRTS(test.args)
		if got == nil || !slices.Equal(got, test.want) {
			t.Errorf("%q: %q, want %q", test.args, got, test.want)
		}
	}
}
