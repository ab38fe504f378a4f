package smp

import (
	"encoding/base64"
	"reflect"
	"strings"
	"testing"
)

func TestServerAddress(t *testing.T) {
	eachCase(t, readVectors[rawCase](t, "encoding"), "server", 8, func(t *testing.T, c struct {
		Hosts        []string
		Port         string
		KeyHash      hexBytes `json:"key_hash"`
		SMP          string   `json:"smp_text"`
		NTF          string   `json:"ntf_text"`
		XFTP         string   `json:"xftp_text"`
		Binary       hexBytes
		LegacyBinary hexBytes `json:"legacy_binary"`
		LegacyText   string   `json:"legacy_text"`
		BasicAuth    string   `json:"basic_auth"`
		SMPAuth      string   `json:"smp_text_with_auth"`
		XFTPAuth     string   `json:"xftp_text_with_auth"`
	}) {
		a := ServerAddress{Scheme: SchemeSMP, KeyHash: [32]byte(c.KeyHash), Hosts: c.Hosts, Port: c.Port}
		eq(t, "address", AppendServerAddress(nil, &a), c.Binary)
		eq(t, "legacy address", appendLegacyAddress(nil, &a), c.LegacyBinary)
		if got := a.text(a.Hosts[:1]); got != readable(&a, c.LegacyText) {
			t.Errorf("legacy text %s, want %s", got, c.LegacyText)
		}
		if b, rest, ok := ParseServerAddressBinary(c.Binary); !ok || len(rest) > 0 || !reflect.DeepEqual(b, a) {
			t.Errorf("binary address: %v, %v", b, ok)
		}
		if b, rest, ok := parseLegacyAddress(c.LegacyBinary); !ok || len(rest) > 0 || b.String() != readable(&b, c.LegacyText) {
			t.Errorf("legacy address: %v, %v", b, ok)
		}
		for scheme, texts := range map[Scheme][]string{
			SchemeSMP: {c.SMP, c.SMPAuth}, SchemeXFTP: {c.XFTP, c.XFTPAuth}, SchemeNTF: {c.NTF},
		} {
			a.Scheme = scheme
			for i, text := range texts {
				if a.BasicAuth = ""; i == 1 {
					a.BasicAuth = c.BasicAuth
				}
				text = readable(&a, text)
				if got := a.String(); got != text {
					t.Errorf("address %s, want %s", got, text)
				}
				if b, err := ParseAddress(text); err != nil || !reflect.DeepEqual(b, a) {
					t.Errorf("address %s: %v, %v", text, b, err)
				}
			}
		}
	})
}

// readable is a text of the reference with brackets where it cannot be read back without: around an IPv6 host in front of a
// port.
func readable(a *ServerAddress, text string) string {
	if last := a.Hosts[len(a.Hosts)-1]; strings.Contains(last, ":") && a.Port != "" {
		return strings.Replace(text, last+":"+a.Port, "["+last+"]:"+a.Port, 1)
	}
	return text
}

func TestParseServerAddress(t *testing.T) {
	shortHash := 0
	eachCase(t, readVectors[rawCase](t, "encoding"), "server_parse", 26, func(t *testing.T, c struct {
		Input  string
		Result *string
	}) {
		a, err := ParseServerAddress(c.Input)
		if c.Result == nil {
			if err == nil {
				t.Errorf("%q was read as %s", c.Input, a.String())
			}
			return
		}
		// The reference reads fingerprints of any length, of which only 32 bytes can be that of a certificate.
		if hash, _, _ := strings.Cut(strings.TrimPrefix(c.Input, "smp://"), "@"); base64.RawURLEncoding.DecodedLen(len(hash)) < 32 {
			if shortHash++; err != errAddressHash {
				t.Errorf("%q: %v", c.Input, err)
			}
			return
		}
		if err != nil || a.String() != readable(&a, *c.Result) {
			t.Errorf("%q: %s, %v, want %s", c.Input, a.String(), err, *c.Result)
		}
		if again, err := ParseServerAddress(a.String()); err != nil || !reflect.DeepEqual(again, a) {
			t.Errorf("%q prints %s, which is read as %v, %v", c.Input, a.String(), again, err)
		}
	})
	if shortHash != 1 {
		t.Errorf("%d addresses with a short hash", shortHash)
	}
}

func TestHosts(t *testing.T) {
	for _, c := range []struct{ in, host, rest string }{
		{"192.168.0.1", "192.168.0.1", ""},
		{"01.2.3.004:5", "1.2.3.4", ":5"},
		{"192.256.0.1", "192.256.0.1", ""},
		{"192.168.1", "192.168.1", ""},
		{"192.168.0.0.1", "192.168.0.0", ".1"}, // what is left over makes it an error
		{"[2001:DB8:0::1]:443", "2001:db8::1", ":443"},
		{"::", "::", ""},
		{"[::ffff:1.2.3.4]:5", "::ffff:102:304", ":5"}, // with dots it is read in brackets only
		{"::ffff:102:304", "::ffff:102:304", ""},
		{"beef.example.org", "beef.example.org", ""},
		{"abc.onion", "abc.onion", ""},
		{"abc.onion.example.org", "abc.onion", ".example.org"},
		{"a.onion,b", "a.onion", ",b"},
		{"smp.example.org:1", "smp.example.org", ":1"},
		{"sub.abc.onion", "", ""},
		{"ABC.onion", "", ""},
		{":80", "", ""},
		{"", "", ""},
		{"[fe80::1%eth0]", "[fe80", "::1%eth0]"}, // a zone is no part of an address
	} {
		host, rest, ok := parseHost(c.in)
		if host != c.host || rest != c.rest || ok != (c.host != "") {
			t.Errorf("%q: %q, %q, %v", c.in, host, rest, ok)
		}
	}
}

func TestServerAddressCut(t *testing.T) {
	a := ServerAddress{Hosts: []string{"smp.example.org", "abc.onion", "::1"}, Port: "5223"}
	b := AppendServerAddress(nil, &a)
	for n := range b {
		if _, _, ok := ParseServerAddressBinary(b[:n]); ok {
			t.Errorf("read %d of %d bytes", n, len(b))
		}
	}
	if _, _, ok := ParseServerAddressBinary([]byte{0, 0, 0}); ok {
		t.Error("read an address without hosts")
	}
	mustPanic(t, func() { AppendServerAddress(nil, &ServerAddress{}) })
}
