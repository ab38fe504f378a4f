package main

import (
	"net/netip"
	"reflect"
	"testing"
	"time"

	"switchyard/engine"
	"switchyard/server/listen"
)

func TestLimitSettings(t *testing.T) {
	s, err := read(t, "[TRANSPORT]\nport = 1\n")
	loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	want := engine.Limits{Services: 60, Limits: listen.Limits{PrefixIPv4: 32, PrefixIPv6: 64, UnlimitedByAddress: loopback}}
	if err != nil || !reflect.DeepEqual(s.engine.Limits, want) || s.engine.Limits.MaxConnections != 0 || s.stopTimeout != 20*time.Second ||
		s.coreDumps || s.engine.Proxy.PublicOnly {
		t.Errorf("defaults: %+v, %v", s.engine.Limits, err)
	}
	s, err = read(t, `[TRANSPORT]
port = 1
[SWITCHYARD]
max_connections = 1000
connections_per_address = 10
new_queues_per_address = 20
new_queues_per_minute = 30
new_services_per_minute = 0
commands_per_second = 40
subscriptions_per_connection = 50
address_prefix_ipv4 = 24
address_prefix_ipv6 = 48
unlimited_addresses = 192.0.2.7, 2001:db8::5/32
proxy_protocol = 127.0.0.1, ::ffff:198.51.100.7 , 10.1.2.3/8
private_relays = off
stop_timeout = 3
core_dumps = on
`)
	want = engine.Limits{SourceQueues: 20, Queues: 30, CommandsPerSecond: 40, Subscriptions: 50,
		Limits: listen.Limits{MaxConnections: 1000, SourceConnections: 10, PrefixIPv4: 24, PrefixIPv6: 48,
			UnlimitedByAddress: []netip.Prefix{netip.MustParsePrefix("192.0.2.7/32"), netip.MustParsePrefix("2001:db8::/32")},
			Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("198.51.100.7/32"),
				netip.MustParsePrefix("10.0.0.0/8")}}}
	if err != nil || !reflect.DeepEqual(s.engine.Limits, want) || s.engine.Limits.MaxConnections != 1000 || s.stopTimeout != 3*time.Second ||
		!s.coreDumps || !s.engine.Proxy.PublicOnly {
		t.Errorf("%+v, %v", s.engine.Limits, err)
	}
	_, err = read(t, "[TRANSPORT]\nport = 1\n[SWITCHYARD]\nproxy_protocol = on\n")
	if err == nil || err.Error() != `x.ini:4: [SWITCHYARD] proxy_protocol: "on" is no address; write addresses or prefixes as 192.0.2.0/24, separated by commas` {
		t.Error(err)
	}
	_, err = read(t, "[TRANSPORT]\nport = 1\n[SWITCHYARD]\nunlimited_addresses = home\n")
	if err == nil || err.Error() != `x.ini:4: [SWITCHYARD] unlimited_addresses: "home" is no address; write addresses or prefixes as 192.0.2.0/24, separated by commas` {
		t.Error(err)
	}
}
