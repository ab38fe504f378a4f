package main

import (
	"net/netip"
	"strconv"
	"strings"

	"switchyard/cmd/internal/serverini"
	"switchyard/engine"
)

const (
	// defaultServices is how many services may be registered in a minute. A service registers once in its life, and costs
	// a record that stays.
	defaultServices = 60
	maxLimit        = 1 << 30
)

// readLimits reads what strangers may ask for.
func readLimits(f *serverini.File, cfg *engine.Config) {
	limit := func(key string, def int64) int { return int(f.Int("SWITCHYARD", key, def, 0, maxLimit)) }
	cfg.MaxConnections = limit("max_connections", 0)
	cfg.Limits = engine.Limits{
		SourceConnections:  limit("connections_per_address", 0),
		SourceQueues:       limit("new_queues_per_address", 0),
		Queues:             limit("new_queues_per_minute", 0),
		Services:           limit("new_services_per_minute", defaultServices),
		CommandsPerSecond:  limit("commands_per_second", 0),
		Subscriptions:      limit("subscriptions_per_connection", 0),
		PrefixIPv4:         int(f.Int("SWITCHYARD", "address_prefix_ipv4", 32, 8, 32)),
		PrefixIPv6:         int(f.Int("SWITCHYARD", "address_prefix_ipv6", 64, 16, 128)),
		UnlimitedByAddress: readPrefixes(f, "unlimited_addresses", "127.0.0.0/8,::1/128"),
	}
}

// readPrefixes reads addresses, with or without a prefix length.
func readPrefixes(f *serverini.File, key, def string) (all []netip.Prefix) {
	for text := range strings.SplitSeq(f.Text("SWITCHYARD", key, def), ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		p, err := netip.ParsePrefix(text)
		if a, plain := netip.ParseAddr(text); plain == nil {
			p, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		if err != nil {
			f.Refuse("SWITCHYARD", key, strconv.Quote(text)+" is no address", "write addresses or prefixes as 192.0.2.0/24, separated by commas")
		}
		all = append(all, p.Masked())
	}
	return all
}
