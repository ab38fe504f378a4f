package process

import (
	"os"
	"path/filepath"
	"testing"
)

// TestUnknownSetting: a setting that the ini does not have is refused, with the one that was meant, and nothing is changed.
func TestUnknownSetting(t *testing.T) {
	const text = "[STORE_LOG]\nenable = on\n# Comments: not settings.\n[SWITCHYARD]\n# bind = 127.0.0.1\nsync = always\n# s3_tls = on\n# memtable_mb = 64\n"
	ini := filepath.Join(t.TempDir(), "x.ini")
	for _, c := range []struct{ set, fault string }{
		{"SWITCHYARD.sync=never", ""},
		{"SWITCHYARD.bind=::1", ""},
		{"SWITCHYARD.s3_tls=off", ""},
		{"SWITCHYARD.snyc=never", "the router has no setting SWITCHYARD.snyc; the nearest is SWITCHYARD.sync"},
		{"switchyard.sync=never", "the router has no setting switchyard.sync; the nearest is SWITCHYARD.sync"},
		{"STORE_LOG.sync=never", "the router has no setting STORE_LOG.sync; the nearest is STORE_LOG.enable"},
		{"SWITCHYARD.memtable=8", "the router has no setting SWITCHYARD.memtable; the nearest is SWITCHYARD.memtable_mb"},
		{"A.Comments=1", "the router has no setting A.Comments; the nearest is SWITCHYARD.sync"},
	} {
		if err := os.WriteFile(ini, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := ParseSetting(c.set)
		if err != nil {
			t.Fatal(err)
		}
		fault := ""
		if err := changeSettings(ini, []Setting{s}); err != nil {
			fault = err.Error()
		}
		after, err := os.ReadFile(ini)
		if err != nil || fault != c.fault || (string(after) == text) != (fault != "") {
			t.Errorf("%s: %q, want %q; the ini is %q, %v", c.set, fault, c.fault, after, err)
		}
	}
}

func TestSetting(t *testing.T) {
	tests := []struct{ before, setting, after string }{
		{"[TRANSPORT]\nport = 5223,443\n", "TRANSPORT.port=7001", "[TRANSPORT]\nport = 7001\n"},
		{"[TRANSPORT]\nport: 5223\ncontrol_port: 1\n", "TRANSPORT.port=7001", "[TRANSPORT]\nport: 7001\ncontrol_port: 1\n"},
		{"[TRANSPORT]\n# port = 1\ncontrol_port = 2\nport=3", "TRANSPORT.port=7001",
			"[TRANSPORT]\n# port = 1\ncontrol_port = 2\nport=7001\n"},
		{"[TRANSPORT]\nport =\nhost = h\n", "TRANSPORT.port=7001", "[TRANSPORT]\nport =7001\nhost = h\n"},
		{"[A]\nx = 1\n\n[B]\nx = 2\n", "B.x=3", "[A]\nx = 1\n\n[B]\nx = 3\n"},
		{"[A]\nx = 1\n\n[B]\nx = 2\n", "A.y=3=4", "[A]\nx = 1\ny = 3=4\n\n[B]\nx = 2\n"},
		{"[A]\nx = 1\n", "C.y=", "[A]\nx = 1\n[C]\ny = \n"},
		{"", "C.y=1", "[C]\ny = 1\n"},
	}
	for _, tt := range tests {
		s, err := ParseSetting(tt.setting)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.apply(tt.before); got != tt.after {
			t.Errorf("%q with %s became %q", tt.before, tt.setting, got)
		}
		if again := s.apply(tt.after); again != tt.after {
			t.Errorf("%q with %s again became %q", tt.after, tt.setting, again)
		}
	}
	for _, bad := range []string{"", "x", "x=1", "A.=1", ".x=1", "A.x", "A.x=1\n2"} {
		if s, err := ParseSetting(bad); err == nil {
			t.Errorf("%q is %v", bad, s)
		}
	}
}
