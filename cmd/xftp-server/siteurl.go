package main

import (
	"net"
	"strings"
)

// siteURLs are where browsers find the site: on the router's own port, and on ports that are the site's alone.
func (s *settings) siteURLs() (urls []string) {
	if s.web.static == "" {
		return nil
	}
	add := func(scheme, port, usual string) {
		host := s.siteHost()
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

// siteHost is the first host of the address that browsers reach without Tor, if there is one.
func (s *settings) siteHost() string {
	hosts := strings.Split(s.host, ",")
	for _, h := range hosts {
		if h = strings.TrimSpace(h); !strings.HasSuffix(h, ".onion") {
			return strings.Trim(h, "[]")
		}
	}
	return strings.TrimSpace(hosts[0])
}
