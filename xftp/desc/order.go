package desc

import (
	"bytes"
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"switchyard/smp"
)

// compareServers orders routers as the reference does: hosts, port, key hash.
func compareServers(a, b *smp.ServerAddress) int {
	if c := slices.CompareFunc(a.Hosts, b.Hosts, compareHosts); c != 0 {
		return c
	}
	if c := strings.Compare(a.Port, b.Port); c != 0 {
		return c
	}
	return bytes.Compare(a.KeyHash[:], b.KeyHash[:])
}

// compareHosts: IPv4 addresses, then IPv6, onion, and domain names.
func compareHosts(a, b string) int {
	ka, va := hostKind(a)
	kb, vb := hostKind(b)
	if c := cmp.Compare(ka, kb); c != 0 {
		return c
	}
	if c := va.Compare(vb); c != 0 {
		return c
	}
	return strings.Compare(a, b)
}

func hostKind(host string) (kind int, address netip.Addr) {
	address, err := netip.ParseAddr(host)
	switch {
	case err == nil && address.Is4():
		return 0, address
	case err == nil:
		return 1, address
	case strings.HasSuffix(host, ".onion"):
		return 2, netip.Addr{}
	}
	return 3, netip.Addr{}
}
