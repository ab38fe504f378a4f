package inifile

import (
	"fmt"
	"testing"
)

// TestChanged: what differs is named once, whatever lines and order are; a value given twice is the one that counts.
func TestChanged(t *testing.T) {
	before, err := Parse("x.ini", []byte("[AUTH]\nnew_queues = on\ncreate_password = a\nempty =\n[TRANSPORT]\nport = 1\nhost = h\n"))
	if err != nil {
		t.Fatal(err)
	}
	now, err := Parse("x.ini", []byte("# a comment\n[TRANSPORT]\nhost: h\nport = 2\n[AUTH]\nnew_queues = on\nnew_queues = off\ncreate_password = b\n[WEB]\nhttp = 80\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := "[[AUTH] create_password [AUTH] empty [TRANSPORT] port [WEB] http]"
	if got := fmt.Sprint(Changed(before, now)); got != want {
		t.Errorf("%s, not %s", got, want)
	}
	if got := fmt.Sprint(Changed(now, before)); got != want {
		t.Errorf("the other way %s", got)
	}
	if got := Changed(now, now); len(got) != 0 {
		t.Error("the same differs in", got)
	}
}
