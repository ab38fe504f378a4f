package site

import (
	"net"
	"slices"
	"strings"

	"switchyard/server/inifile"
)

// URLs are where browsers find the site of a router with these hosts: on ports that it shares whatever https says, and on
// those of section [WEB].
func (s *Settings) URLs(hosts []string, shared ...string) (urls []string) {
	if s.Static == "" {
		return nil
	}
	add := func(scheme, port, usual string) {
		host := publicHost(hosts)
		switch {
		case port != usual:
			host = net.JoinHostPort(host, port)
		case strings.Contains(host, ":"):
			host = "[" + host + "]"
		}
		urls = append(urls, scheme+"://"+host+"/")
	}
	if s.Secure() {
		ports := shared
		if s.HTTPS != "" && !slices.Contains(ports, s.HTTPS) {
			ports = append(slices.Clone(ports), s.HTTPS)
		}
		for _, port := range ports {
			add("https", port, "443")
		}
	}
	if s.HTTP != "" {
		add("http", s.HTTP, "80")
	}
	return urls
}

// publicHost is the first of the router's hosts that browsers reach without Tor, if there is one.
func publicHost(hosts []string) string {
	for _, h := range hosts {
		if !strings.HasSuffix(h, ".onion") {
			return strings.Trim(h, "[]")
		}
	}
	if len(hosts) > 0 {
		return hosts[0]
	}
	return inifile.UnknownHosts // as in the address, until the operator writes them
}
