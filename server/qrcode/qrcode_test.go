package qrcode_test

import (
	"strings"
	"testing"

	"switchyard/server/qrcode"
	"switchyard/server/qrcode/qrtest"
)

func TestCodes(t *testing.T) {
	for _, text := range []string{
		"a", "12345", "smp://9VjLsBsDiQ0g9BCqm5LD_1vBXVNXjz3qdrCxBLJZu6o=:pa55@smp.example.net,xyz.onion:5223", strings.Repeat("long ", 200),
	} {
		svg, err := qrcode.SVG(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := qrtest.ReadSVG(t, svg); got != text {
			t.Errorf("SVG: %q", got)
		}
		plain, err := qrcode.Terminal(text, false)
		if err != nil {
			t.Fatal(err)
		}
		if got := qrtest.ReadTerminal(t, plain); got != text {
			t.Errorf("terminal: %q", got)
		}
		coloured, _ := qrcode.Terminal(text, true)
		if got := strings.NewReplacer("\x1b[38;5;231;48;5;16m", "", "\x1b[0m", "").Replace(coloured); got != plain {
			t.Errorf("coloured: %q", got)
		}
	}
}

func TestTooLong(t *testing.T) {
	long := strings.Repeat("x", 4000)
	if _, err := qrcode.SVG(long); err == nil {
		t.Error("an image of a text that is too long")
	}
	if _, err := qrcode.Terminal(long, true); err == nil {
		t.Error("a code of a text that is too long")
	}
}
