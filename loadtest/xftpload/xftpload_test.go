package xftpload

import (
	"os"
	"strings"
	"testing"

	"switchyard/loadtest/measure"
	"switchyard/xftp/router"
	"switchyard/xftp/router/routertest"
)

// TestXFTP runs each mode against a router in the test, and finds it clean afterwards.
func TestXFTP(t *testing.T) {
	r := routertest.Start(t, nil)
	for _, mode := range []Mode{Upload, Download, Slow} {
		report, err := Run(t.Context(), Config{Address: r.Address, Mode: mode, Conns: 3, Packets: 7, Size: 256 << 10, Target: measure.Target{PID: os.Getpid()}})
		if err != nil {
			t.Fatalf("%s: %v", mode, err)
		}
		want := int64(7)
		if mode == Slow {
			want = 3
		}
		if !report.Clean() || report.Packets != want || report.Router == nil || mode != Slow && report.MiBPerSecond <= 0 {
			t.Errorf("%+v", report)
		}
		var text strings.Builder
		if err := report.WriteText(&text); err != nil || !strings.Contains(text.String(), string(mode)) {
			t.Errorf("%s %v", text.String(), err)
		}
		if n := r.Bodies(t); n > 0 {
			t.Errorf("%s leaves %d packets", mode, n)
		}
	}
}

func TestXFTPFaults(t *testing.T) {
	r := routertest.Start(t, func(c *router.Config) { c.NewFiles = false })
	c := Config{Address: r.Address, Mode: Upload, Conns: 1, Packets: 1, Size: 64 << 10}
	if report, err := Run(t.Context(), c); err != nil || report.Clean() || report.Faults["AUTH"] != 1 {
		t.Errorf("%+v %v", report, err)
	}
	c.Size = 12345
	if _, err := Run(t.Context(), c); err == nil {
		t.Error("packets of a size that no router takes")
	}
}
