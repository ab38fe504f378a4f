package connections

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"switchyard/server/inifile"
	"switchyard/server/listen"
)

// section is where the settings are.
const section = "SWITCHYARD"

// MaxLimit is the largest limit that may be set.
const MaxLimit = 1 << 30

// number is a setting that is one.
type number struct {
	key           string
	def, min, max int64
	into          func(*listen.Limits) *int
}

var numbers = []number{
	{"max_connections", 0, 0, MaxLimit, func(l *listen.Limits) *int { return &l.MaxConnections }},
	{"connections_per_address", 0, 0, MaxLimit, func(l *listen.Limits) *int { return &l.SourceConnections }},
	{"address_prefix_ipv4", 32, 8, 32, func(l *listen.Limits) *int { return &l.PrefixIPv4 }},
	{"address_prefix_ipv6", 64, 16, 128, func(l *listen.Limits) *int { return &l.PrefixIPv6 }},
}

const (
	unlimited        = "unlimited_addresses"
	defaultUnlimited = "127.0.0.0/8, ::1/128"
	proxies          = "proxy_protocol"
)

// LimitsText is the part of an ini file that describes the settings, each commented out with its default.
func LimitsText() string {
	var b strings.Builder
	b.WriteString(`# Limits of what strangers may ask for; 0 is none. Clients in the same network often share an address, and those that come
# by way of Tor do: be generous. What a limit refuses fails at the client as something that it tries again later.
# There are never more connections than the limit of open files leaves room for, whatever max_connections says. An address
# is a prefix of so many bits. Addresses and prefixes in unlimited_addresses are not counted; Tor brings the clients of an
# onion host from the loopback interface.
`)
	for _, n := range numbers {
		fmt.Fprintf(&b, "# %s = %d\n", n.key, n.def)
	}
	fmt.Fprintf(&b, "# %s = %s\n", unlimited, defaultUnlimited)
	b.WriteString(`
# Reverse proxies in front of this router, as HAProxy and nginx, by address or prefix, separated by commas. Connections from
# there have to begin with a PROXY header (version 1 or 2), which says whose they are, and are closed without one; from
# elsewhere one with a header is closed. A proxy passes connections on as they are: it ends no TLS.
`)
	fmt.Fprintf(&b, "# %s = 192.0.2.1, 2001:db8::/64", proxies)
	return b.String()
}

// LimitKeys are the keys of the settings, by their section.
func LimitKeys() map[string][]string {
	keys := []string{unlimited, proxies}
	for _, n := range numbers {
		keys = append(keys, n.key)
	}
	return map[string][]string{section: keys}
}

// ReadLimits reads the settings.
func ReadLimits(f *inifile.File) (l listen.Limits) {
	for _, n := range numbers {
		*n.into(&l) = int(f.Int(section, n.key, n.def, n.min, n.max))
	}
	l.UnlimitedByAddress = readPrefixes(f, unlimited, defaultUnlimited)
	l.Proxies = readPrefixes(f, proxies, "")
	return l
}

// readPrefixes reads addresses, with or without a prefix length.
func readPrefixes(f *inifile.File, key, def string) (all []netip.Prefix) {
	for text := range strings.SplitSeq(f.Text(section, key, def), ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		p, err := netip.ParsePrefix(text)
		if a, plain := netip.ParseAddr(text); plain == nil {
			a = a.Unmap()
			p, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		if err != nil {
			f.Refuse(section, key, strconv.Quote(text)+" is no address", "write addresses or prefixes as 192.0.2.0/24, separated by commas")
		}
		all = append(all, p.Masked())
	}
	return all
}
