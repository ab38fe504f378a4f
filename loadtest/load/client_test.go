package load

import (
	"testing"

	"switchyard/loadtest/history"
	"switchyard/smp"
)

func TestClientCheck(t *testing.T) {
	at := func(v smp.Version) Client { return Client{Versions: smp.VersionRange{Min: 6, Max: v}} }
	tests := []struct {
		name   string
		client Client
		auth   Auth
		size   int
		ok     bool
	}{
		{"smallest", Client{}, AuthEd25519, history.StampSize, true},
		{"too small", Client{}, AuthEd25519, history.StampSize - 1, false},
		{"largest", Client{}, AuthX25519, smp.MaxBody(19), true},
		{"too large", Client{}, AuthX25519, smp.MaxBody(19) + 1, false},
		{"largest of version 8", at(8), AuthNone, smp.MaxBody(8), true},
		{"x25519 at version 6", at(6), AuthX25519, 100, false},
		{"x25519 at version 7", at(7), AuthX25519, 100, true},
		{"unknown", Client{}, "rsa", 100, false},
	}
	for _, tt := range tests {
		if err := tt.client.Validate(tt.auth, tt.size); (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestSourceAddr(t *testing.T) {
	tests := []struct {
		host  string
		index int
		want  string
	}{
		{"127.0.0.1", 0, "127.0.0.1"},
		{"127.0.0.1", 9999, "127.0.0.1"},
		{"127.0.0.1", 10000, "127.0.0.2"},
		{"127.5.5.5", 2_560_000, "127.0.1.1"},
		{"192.0.2.1", 20000, "invalid IP"},
		{"smp.example.org", 0, "invalid IP"},
		{"::1", 0, "invalid IP"},
	}
	for _, tt := range tests {
		if got := SourceAddr([]string{tt.host}, tt.index).String(); got != tt.want {
			t.Errorf("%s, connection %d: %s, want %s", tt.host, tt.index, got, tt.want)
		}
	}
	if SourceAddr(nil, 0).IsValid() {
		t.Error("an address without a host")
	}
}
