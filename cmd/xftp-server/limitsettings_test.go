package main

import (
	"net/netip"
	"reflect"
	"testing"

	"switchyard/server/inifile"
	"switchyard/server/listen"
)

// Limits of connections are those of smp-server, with the same defaults.
func TestLimitSettings(t *testing.T) {
	const head = "[TRANSPORT]\nport = 1\n[FILES]\npath = /f\n[SWITCHYARD]\n"
	read := func(text string) (settings, error) {
		f, err := inifile.Parse("x.ini", []byte(head+text))
		if err != nil {
			t.Fatal(err)
		}
		s := readSettings(f, paths{})
		return s, f.Err()
	}
	s, err := read("")
	want := listen.Limits{PrefixIPv4: 32, PrefixIPv6: 64,
		UnlimitedByAddress: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}}
	if err != nil || !reflect.DeepEqual(s.limits, want) || s.router.CommandsPerSecond != 0 {
		t.Errorf("defaults: %+v, %v", s.limits, err)
	}
	s, err = read("max_connections = 1000\nconnections_per_address = 10\naddress_prefix_ipv4 = 24\naddress_prefix_ipv6 = 48\n" +
		"unlimited_addresses = 192.0.2.7\ncommands_per_second = 40\n")
	want = listen.Limits{MaxConnections: 1000, SourceConnections: 10, PrefixIPv4: 24, PrefixIPv6: 48,
		UnlimitedByAddress: []netip.Prefix{netip.MustParsePrefix("192.0.2.7/32")}}
	if err != nil || !reflect.DeepEqual(s.limits, want) || s.router.CommandsPerSecond != 40 {
		t.Errorf("%+v, %v", s.limits, err)
	}
	for text, fault := range map[string]string{
		"unlimited_addresses = home\n": `x.ini:6: [SWITCHYARD] unlimited_addresses: "home" is no address; write addresses or prefixes as 192.0.2.0/24, separated by commas`,
		"max_connections = -1\n":       `x.ini:6: [SWITCHYARD] max_connections: "-1" is not a number in range; write one from 0 to 1073741824`,
		"address_prefix_ipv4 = 33\n":   `x.ini:6: [SWITCHYARD] address_prefix_ipv4: "33" is not a number in range; write one from 8 to 32`,
	} {
		if _, err := read(text); err == nil || err.Error() != fault {
			t.Errorf("%q: %v", text, err)
		}
	}
}
