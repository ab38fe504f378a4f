package systemd

import (
	"net"
	"path/filepath"
	"strings"
	"testing"
)

// TestStates: systemd is told each state in a message of its own; without it nobody is.
func TestStates(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	Ready()
	name := filepath.Join(t.TempDir(), "notify")
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	t.Setenv("NOTIFY_SOCKET", name)
	for want, tell := range map[string]func(){"READY=1": Ready, "RELOADING=1\nMONOTONIC_USEC=": Reloading, "STOPPING=1": Stopping} {
		tell()
		b := make([]byte, 100)
		n, err := l.Read(b)
		if got := string(b[:n]); err != nil || !strings.HasPrefix(got, want) {
			t.Errorf("%q, %v, not %q", got, err, want)
		}
	}
}
