package smp

import (
	"reflect"
	"strings"
	"testing"
)

func TestParseHost(t *testing.T) {
	for _, c := range []struct {
		in, host string
		err      error
	}{
		{"smp.example.org", "smp.example.org", nil},
		{"localhost", "localhost", nil},
		{"A-1.x_y.Example", "A-1.x_y.Example", nil},
		{"xn--mller-kva.example", "xn--mller-kva.example", nil},
		{"192.0.2.7", "192.0.2.7", nil},
		{"fd00::7", "fd00::7", nil},
		{"[FD00:0::7]", "fd00::7", nil},
		{"::ffff:102:304", "::ffff:102:304", nil},
		{"abc234.onion", "abc234.onion", nil},
		{strings.Repeat("a", 63) + ".example", strings.Repeat("a", 63) + ".example", nil},
		{"", "", errHostEmpty},
		{"http://x.example", "", errHostScheme},
		{" x.example", "", errHostSpace},
		{"x.example\n", "", errHostSpace},
		{"x.example/", "", errHostPath},
		{"x.example:5223", "", errHostPort},
		{"192.0.2.7:5223", "", errHostPort},
		{"[fd00::7]:5223", "", errHostPort},
		{"abc.onion:5223", "", errHostPort},
		{"bad_host!", "", errHostName},
		{"a,b", "", errHostName},
		{"user@x.example", "", errHostName},
		{"x#y", "", errHostName},
		{"<hostnames>", "", errHostName},
		{"müller.example", "", errHostName},
		{"x..example", "", errHostName},
		{".example", "", errHostName},
		{"x.example.", "", errHostName},
		{"-x.example", "", errHostName},
		{"x-.example", "", errHostName},
		{strings.Repeat("a", 64) + ".example", "", errHostName},
		{strings.Repeat("a.", 126) + "ab", "", errHostName},
		{"onion", "", errHostName},
		{".onion", "", errHostName},
		{"a.b.onion", "", errHostName},
		{"[1.2.3.4]", "", errHostName},
		{"[fe80::1%eth0]", "", errHostPort},
		{"1.2.3", "", errHostIP},
		{"256.1.1.1", "", errHostIP},
		{"1", "", errHostIP},
		{"1.2.3.4.5", "", errHostName},
		{"ABC.Onion", "", errHostCase},
	} {
		host, err := ParseHost(c.in)
		if err != c.err || err == nil && host != c.host {
			t.Errorf("%q: %q, %v, want %q, %v", c.in, host, err, c.host, c.err)
		}
	}
	if hosts, err := ParseHosts("a.example, [::1] ,b.onion"); err != nil || !reflect.DeepEqual(hosts, []string{"a.example", "::1", "b.onion"}) {
		t.Errorf("%q, %v", hosts, err)
	}
	for _, list := range []string{"", "a,,b", "a,", "a b"} {
		if hosts, err := ParseHosts(list); err == nil {
			t.Errorf("%q: %q", list, hosts)
		}
	}
}

// FuzzParseHost: a host or a password that is taken reads back from an address, alone and among others.
func FuzzParseHost(f *testing.F) {
	for _, host := range []string{"smp.example.org", "http://x", " x", "x/", "bad_host!", "1.2.3", "[fd00::7]", "abc.onion", "[::ffff:1.2.3.4]"} {
		f.Add(host, "p4ss.w0rd")
		f.Add(host, "a@b")
	}
	f.Fuzz(func(t *testing.T, text, password string) {
		host, err := ParseHost(text)
		if err != nil {
			return
		}
		if again, err := ParseHost(host); err != nil || again != host {
			t.Errorf("%q is the host %q, which is %q, %v", text, host, again, err)
		}
		if !ValidBasicAuth(password) {
			password = ""
		}
		for _, a := range []ServerAddress{
			{Hosts: []string{host}}, {Hosts: []string{host}, Port: "5223"},
			{Hosts: []string{host, "x.example"}, Port: "1"}, {Hosts: []string{"::1", host}, Port: "1"},
		} {
			a.Scheme, a.BasicAuth = SchemeXFTP, password
			if again, err := ParseAddress(a.String()); err != nil || !reflect.DeepEqual(again, a) {
				t.Errorf("%q gives %v, %v, want %v", a.String(), again, err, a)
			}
		}
	})
}
