package relay

import (
	"slices"
	"strings"

	"switchyard/smp"
)

// isOnion tells the names that must not reach the DNS (RFC 7686), however they are written.
func isOnion(host string) bool {
	return strings.HasSuffix(strings.ToLower(strings.TrimRight(host, ".")), ".onion")
}

// host chooses the host of an address; the error is smp.ErrBrokerHost.
func (c *Config) host(hosts []string) (string, smp.Error) {
	want := func(h string) bool { return !isOnion(h) }
	if c.HostMode == HostOnion && c.Socks != nil {
		want = isOnion
	}
	i := slices.IndexFunc(hosts, want)
	switch {
	case i < 0 && c.RequiredHost:
		return "", smp.ErrBrokerHost
	case i < 0:
		i = 0
	}
	if isOnion(hosts[i]) && c.Socks == nil {
		return "", smp.ErrBrokerHost
	}
	return hosts[i], smp.Error{}
}
