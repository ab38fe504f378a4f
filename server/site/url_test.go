package main

import (
	"strings"
	"testing"
)

func TestSiteURLs(t *testing.T) {
	web := webSettings{static: "www", cert: "c", key: "k"}
	for _, test := range []struct {
		host, port string
		web        webSettings
		want       string
	}{
		{"a.example", "443", web, "https://a.example/"},
		{"b.onion,a.example", "5443", web, "https://a.example:5443/"},
		{"b.onion", "443", web, "https://b.onion/"},
		{"::1", "443", web, "https://[::1]/"},
		{"[::1]", "5443", web, "https://[::1]:5443/"},
		{"", "443", web, "https://<hostnames>/"},
		{"a.example", "443", webSettings{static: "www", http: "80"}, "http://a.example/"},
		{"a.example", "443", webSettings{static: "www", cert: "c", key: "k", http: "8000", https: "8443"}, "https://a.example/ https://a.example:8443/ http://a.example:8000/"},
		{"a.example", "443", webSettings{static: "www", https: "8443"}, ""},
		{"a.example", "443", webSettings{cert: "c", key: "k", http: "80"}, ""},
	} {
		s := settings{port: test.port, web: test.web}
		hosts := strings.FieldsFunc(test.host, func(c rune) bool { return c == ',' })
		if got := strings.Join(s.siteURLs(hosts), " "); got != test.want {
			t.Errorf("%s, %s, %+v: %s, want %s", test.host, test.port, test.web, got, test.want)
		}
	}
}
