package main

import (
	"net"
	"strings"
)

// siteURLs are where browsers find the site of a router with these hosts: on its own port, and on ports that are the site's
// alone.
func (s *settings) siteURLs(hosts []string) (urls []string) {
	if s.web.static == "" {
		return nil
	}
	add := func(scheme, port, usual string) {
		host := siteHost(hosts)
		switch {
		case port != usual:
			host = net.JoinHostPort(host, port)
		case strings.Contains(host, ":"):
			host = "[" + host + "]"
		}
		urls = append(urls, scheme+"://"+host+"/")
	}
	if s.web.complete() {
		add("https", s.port, "443")
	}
	if s.web.complete() && s.web.https != "" && s.web.https != s.port {
		add("https", s.web.https, "443")
	}
	if s.web.http != "" {
		add("http", s.web.http, "80")
	}
	return urls
}

// siteHost is the first of the router's hosts that browsers reach without Tor, if there is one.
func siteHost(hosts []string) string {
	for _, h := range hosts {
		if !strings.HasSuffix(h, ".onion") {
			return strings.Trim(h, "[]")
		}
	}
	if len(hosts) > 0 {
		return hosts[0]
	}
	return "<hostnames>" // as in the address, until the operator writes them
}
