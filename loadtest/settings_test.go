package loadtest

import "testing"

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
