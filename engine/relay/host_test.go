package relay

import (
	"testing"

	"switchyard/smp"
)

// TestOwn: the domains themselves and what is below them, by the first host.
func TestOwn(t *testing.T) {
	c := Config{OwnDomains: []string{"example.net", "smp.example.org"}}
	for _, test := range []struct {
		hosts []string
		want  bool
	}{
		{[]string{"example.net"}, true},
		{[]string{"smp1.example.net"}, true},
		{[]string{"SMP1.Example.NET", "x.onion"}, true},
		{[]string{"smp.example.org"}, true},
		{[]string{"example.org"}, false},
		{[]string{"notexample.net"}, false},
		{[]string{"x.onion", "example.net"}, false},
		{nil, false},
	} {
		if got := c.Own(&smp.ServerAddress{Hosts: test.hosts}); got != test.want {
			t.Errorf("%v: %v", test.hosts, got)
		}
	}
	if (&Config{}).Own(&smp.ServerAddress{Hosts: []string{"example.net"}}) {
		t.Error("there are no domains")
	}
}
