package main

import (
	"strconv"
	"strings"

	"switchyard/engine"
	"switchyard/engine/relay"
	"switchyard/server/inifile"
	"switchyard/smp"
)

// readProxy reads how other routers are connected to. As with the reference's programs, a router always is a proxy.
func readProxy(f *inifile.File, cfg *engine.Config) {
	p := &relay.Config{
		RequiredHost: f.OnOff("PROXY", "required_host_mode", false),
		SocksAlways:  f.Choice("PROXY", "socks_mode", "onion", "always") == "always",
	}
	p.PublicOnly = !f.OnOff("SWITCHYARD", "private_relays", true)
	if f.Choice("PROXY", "host_mode", "public", "onion") == "onion" {
		p.HostMode = relay.HostOnion
	}
	if text, there := f.Lookup("PROXY", "socks_proxy"); there && text != "" {
		var err error
		if p.Socks, err = relay.ParseSocks(text); err != nil { // it may hold a password, so it is not shown
			f.Refuse("PROXY", "socks_proxy", "is not a SOCKS proxy",
				"write HOST:PORT, with @ or USER:PASSWORD@ before it to connect without isolation")
		}
	}
	p.OwnDomains = readOwnDomains(f)
	cfg.Proxy = p
	cfg.ForwardsPerClient = int(f.Int("PROXY", "client_concurrency", 32, 1, 100_000))
}

// readOwnDomains takes spaces, which the reference reads, and commas, which its init writes.
func readOwnDomains(f *inifile.File) (domains []string) {
	domains, wrong := parseDomains(f.Text("PROXY", "own_server_domains", ""))
	if wrong != "" {
		f.Refuse("PROXY", "own_server_domains", strconv.Quote(wrong)+" is no domain", "write names of hosts, separated by spaces or commas")
	}
	return domains
}

// parseDomains also tells the first that is none.
func parseDomains(text string) (domains []string, wrong string) {
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' }) {
		domain, err := smp.ParseHost(strings.TrimPrefix(part, "."))
		if err != nil && wrong == "" {
			wrong = part
		}
		domains = append(domains, strings.ToLower(domain))
	}
	return domains, wrong
}
