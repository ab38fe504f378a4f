package cli

import (
	"strings"
	"testing"
)

func TestValues(t *testing.T) {
	host := func(text string) (string, error) { return Host("--fqdn", text) }
	ip := func(text string) (string, error) { return IP("--ip", text) }
	web := func(text string) (string, error) { return text, WebAddress("--source-code", text) }
	line := func(text string) (string, error) { return text, Line("--operator", text) }
	for _, c := range []struct {
		read       func(string) (string, error)
		text, want string
	}{
		{host, "smp.example.org", "smp.example.org"},
		{host, "[FD00::7]", "fd00::7"},
		{host, " x", `--fqdn " x" has white space; remove it`},
		{ip, "192.0.2.007", "192.0.2.7"},
		{ip, "[::1]", "::1"},
		{ip, "smp.example.org", `--ip "smp.example.org" is no IP address; give one, as 192.0.2.7 or 2001:db8::7`},
		{ip, "", `--ip "" is no IP address; give one, as 192.0.2.7 or 2001:db8::7`},
		{web, "https://example.net/source?a=b", "https://example.net/source?a=b"},
		{web, "http://[::1]:8000", "http://[::1]:8000"},
		{web, "", ""},
		{web, "foo", `--source-code "foo" is no address of the web; give one that begins with https://`},
		{web, "https://", `--source-code "https://" is no address of the web; give one that begins with https://`},
		{web, "ftp://example.net", `--source-code "ftp://example.net" is no address of the web; give one that begins with https://`},
		{web, "https://a b", `--source-code "https://a b" is no address of the web; give one that begins with https://`},
		{line, "Some One; `\"", "Some One; `\""},
		{line, "two\nlines", `--operator "two\nlines" does not stand on a line of the ini; give it without line breaks, and white space only between words`},
		{line, "end ", `--operator "end " does not stand on a line of the ini; give it without line breaks, and white space only between words`},
	} {
		got, err := c.read(c.text)
		if err != nil {
			got = err.Error()
		}
		if got != c.want || strings.Contains(got, "\n") {
			t.Errorf("%q: %s, want %s", c.text, got, c.want)
		}
	}
}
