package site_test

import (
	"strings"
	"testing"

	"switchyard/server/site"
)

func TestURLs(t *testing.T) {
	web := site.Settings{Static: "www", Cert: "c", Key: "k"}
	for _, test := range []struct {
		host, port string
		web        site.Settings
		want       string
	}{
		{"a.example", "443", web, "https://a.example/"},
		{"b.onion,a.example", "5443", web, "https://a.example:5443/"},
		{"b.onion", "443", web, "https://b.onion/"},
		{"::1", "443", web, "https://[::1]/"},
		{"[::1]", "5443", web, "https://[::1]:5443/"},
		{"", "443", web, "https://<hostnames>/"},
		{"a.example", "", site.Settings{Static: "www", Cert: "c", Key: "k", HTTPS: "443"}, "https://a.example/"},
		{"a.example", "443", site.Settings{Static: "www", HTTP: "80"}, "http://a.example/"},
		{"a.example", "443", site.Settings{Static: "www", Cert: "c", Key: "k", HTTP: "8000", HTTPS: "8443"}, "https://a.example/ https://a.example:8443/ http://a.example:8000/"},
		{"a.example", "443", site.Settings{Static: "www", Cert: "c", Key: "k", HTTPS: "443"}, "https://a.example/"},
		{"a.example", "443", site.Settings{Static: "www", HTTPS: "8443"}, ""},
		{"a.example", "443", site.Settings{Cert: "c", Key: "k", HTTP: "80"}, ""},
	} {
		hosts := strings.FieldsFunc(test.host, func(c rune) bool { return c == ',' })
		shared := strings.Fields(test.port)
		if got := strings.Join(test.web.URLs(hosts, shared...), " "); got != test.want {
			t.Errorf("%s, %s, %+v: %s, want %s", test.host, test.port, test.web, got, test.want)
		}
	}
}
