package smp

import (
	"encoding/base64"
	"errors"
	"strings"
)

// Scheme is the protocol of a router.
type Scheme string

const (
	SchemeSMP  Scheme = "smp"
	SchemeNTF  Scheme = "ntf"
	SchemeXFTP Scheme = "xftp"
)

// ServerAddress is where a router is and who it is.
//
//	smp://KEYHASH[:BASICAUTH]@HOST[,HOST…][:PORT]       text; the hash in base64url
//	u8 n, n × short host, short port, short hash        binary; no scheme, no password
//
// An IPv6 host in front of a port stands in brackets in the text. The reference writes none, and reads the port as the
// address's last group then; it reads brackets.
type ServerAddress struct {
	Scheme    Scheme
	KeyHash   [32]byte // fingerprint: SHA-256 of the identity certificate's DER
	Hosts     []string // at least one, each as parsing makes it; no brackets
	Port      string   // "" for the default, 5223
	BasicAuth string   // password for NEW and PRXY; "" for none
}

var (
	errAddressScheme = errors.New("router address: does not begin with smp://")
	errAddressHash   = errors.New("router address: the fingerprint is not 32 bytes in base64url")
	errAddressAuth   = errors.New("router address: bad password")
	errAddressHost   = errors.New("router address: bad host or port")
)

// ParseServerAddress reads the text of an SMP router's address.
func ParseServerAddress(text string) (ServerAddress, error) {
	a, err := ParseAddress(text)
	if err == nil && a.Scheme != SchemeSMP {
		return ServerAddress{}, errAddressScheme
	}
	return a, err
}

// ParseAddress reads the text of a router's address of any scheme.
func ParseAddress(text string) (ServerAddress, error) {
	a, rest, err := parseAddress(text)
	if err == nil && rest != "" {
		return ServerAddress{}, errAddressHost
	}
	return a, err
}

func parseAddress(text string) (a ServerAddress, rest string, err error) {
	scheme, text, ok := strings.Cut(text, "://")
	a.Scheme = Scheme(scheme)
	if !ok || a.Scheme != SchemeSMP && a.Scheme != SchemeNTF && a.Scheme != SchemeXFTP {
		return a, "", errAddressScheme
	}
	credentials, text, ok := strings.Cut(text, "@")
	hash, auth, hasAuth := strings.Cut(credentials, ":")
	key, isHash := parseBase64URL(hash)
	if !ok || !isHash || len(key) != len(a.KeyHash) {
		return a, "", errAddressHash
	}
	a.KeyHash = [32]byte(key)
	if a.BasicAuth = auth; hasAuth && auth == "" || !validBasicAuth([]byte(auth)) {
		return a, "", errAddressAuth
	}
	if a.Hosts, text, ok = parseHosts(text); !ok {
		return a, "", errAddressHost
	}
	a.Port, text = parsePort(text)
	return a, text, nil
}

// parsePort reads ":" and a decimal number, without its leading zeros, when they are there.
func parsePort(s string) (port, rest string) {
	if !strings.HasPrefix(s, ":") {
		return "", s
	}
	n := 1 + prefixLen(s[1:], isDigit)
	if n == 1 {
		return "", s
	}
	if port = strings.TrimLeft(s[1:n], "0"); port == "" {
		port = "0"
	}
	return port, s[n:]
}

// parseBase64URL reads base64url, padded or not; the empty text is an error.
func parseBase64URL(s string) ([]byte, bool) {
	encoding := base64.RawURLEncoding
	if strings.HasSuffix(s, "=") {
		encoding = base64.URLEncoding
	}
	b, err := encoding.Strict().DecodeString(s)
	return b, err == nil && s != "" && !strings.ContainsAny(s, "\r\n")
}

// String is the text of the address, which ParseAddress takes back.
func (a *ServerAddress) String() string { return a.text(a.Hosts) }

func (a *ServerAddress) text(hosts []string) string {
	s := string(a.Scheme) + "://" + base64.URLEncoding.EncodeToString(a.KeyHash[:])
	if a.BasicAuth != "" {
		s += ":" + a.BasicAuth
	}
	if s += "@"; a.Port == "" {
		return s + strings.Join(hosts, ",")
	}
	last := len(hosts) - 1
	for _, h := range hosts[:last] {
		s += h + ","
	}
	return s + BracketHost(hosts[last]) + ":" + a.Port
}

// BracketHost is a host as it stands in front of a port: an IPv6 address in brackets.
func BracketHost(host string) string {
	if isIPv6(host) {
		return "[" + host + "]"
	}
	return host
}

// AppendServerAddress appends the binary form.
func AppendServerAddress(b []byte, a *ServerAddress) []byte {
	if len(a.Hosts) == 0 || len(a.Hosts) > 255 {
		panic("smp: a router address has 1 to 255 hosts")
	}
	b = append(b, byte(len(a.Hosts)))
	for _, h := range a.Hosts {
		b = AppendShort(b, []byte(h))
	}
	return appendPortHash(b, a)
}

func appendPortHash(b []byte, a *ServerAddress) []byte {
	return AppendShort(AppendShort(b, []byte(a.Port)), a.KeyHash[:])
}

// ParseServerAddressBinary reads the binary form of an SMP router's address.
func ParseServerAddressBinary(b []byte) (a ServerAddress, rest []byte, ok bool) {
	if len(b) == 0 || b[0] == 0 || int(b[0]) > len(b)-1 {
		return a, nil, false
	}
	a.Scheme = SchemeSMP
	a.Hosts, rest = make([]string, b[0]), b[1:]
	for i := range a.Hosts {
		if a.Hosts[i], rest, ok = parseShortHost(rest); !ok {
			return a, nil, false
		}
	}
	rest, ok = parsePortHash(&a, rest)
	return a, rest, ok
}

func parseShortHost(b []byte) (host string, rest []byte, ok bool) {
	s, rest, ok := ParseShort(b)
	if !ok {
		return "", nil, false
	}
	host, tail, ok := parseHost(string(s))
	return host, rest, ok && tail == ""
}

func parsePortHash(a *ServerAddress, b []byte) (rest []byte, ok bool) {
	port, b, ok := ParseShort(b)
	if !ok {
		return nil, false
	}
	hash, b, ok := ParseShort(b)
	if !ok || len(hash) != len(a.KeyHash) {
		return nil, false
	}
	a.Port, a.KeyHash = string(port), [32]byte(hash)
	return b, true
}

// The first version of the SMP client protocol knows one host: short host, short port, short hash.

func appendLegacyAddress(b []byte, a *ServerAddress) []byte {
	return appendPortHash(AppendShort(b, []byte(a.Hosts[0])), a)
}

func parseLegacyAddress(b []byte) (a ServerAddress, rest []byte, ok bool) {
	host, rest, ok := parseShortHost(b)
	if !ok {
		return a, nil, false
	}
	a.Scheme, a.Hosts = SchemeSMP, []string{host}
	rest, ok = parsePortHash(&a, rest)
	return a, rest, ok
}
