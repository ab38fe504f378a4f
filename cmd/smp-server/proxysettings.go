package main

import (
	"strings"

	"switchyard/engine"
	"switchyard/engine/relay"
	"switchyard/server/inifile"
)

// readProxy reads how other routers are connected to. As with the reference's programs, a router always is a proxy.
func readProxy(f *inifile.File, cfg *engine.Config) {
	p := &relay.Config{
		RequiredHost: f.OnOff("PROXY", "required_host_mode", false),
		SocksAlways:  f.Choice("PROXY", "socks_mode", "onion", "always") == "always",
	}
	own, _ := f.Lookup("PROXY", "own_server_domains")
	p.OwnDomains = strings.FieldsFunc(own, func(r rune) bool { return r == ' ' || r == ',' })
	p.PublicOnly = !f.OnOff("SWITCHYARD", "private_relays", true)
	if f.Choice("PROXY", "host_mode", "public", "onion") == "onion" {
		p.HostMode = relay.HostOnion
	}
	if text, there := f.Lookup("PROXY", "socks_proxy"); there && text != "" {
		var err error
		if p.Socks, err = relay.ParseSocks(text); err != nil { // it may hold a password, so it is not shown
			f.Refuse("PROXY", "socks_proxy", "is not a SOCKS proxy",
				"write IP:PORT, with @ or USER:PASSWORD@ before it to connect without isolation")
		}
	}
	cfg.Proxy = p
	cfg.ForwardsPerClient = int(f.Int("PROXY", "client_concurrency", 32, 1, 100_000))
}
