package tls

import (
	"bytes"
	"testing"

	"golang.org/x/crypto/cryptobyte"
)

// What is wrong with a ClientHello, and the alert that RFC 8446 names for it; alert 0 is nothing wrong.
var malformedHellos = []struct {
	name  string
	spoil func(*rawHello)
	alert Alert
}{
	{"as it is", func(*rawHello) {}, 0},
	{"legacy_version of SSL 3.0", func(h *rawHello) { h.version = []byte{3, 0} }, AlertProtocolVersion},
	{"any other legacy_version", func(h *rawHello) { h.version = []byte{0x12, 0x34} }, 0},
	{"session ID of 33 bytes", func(h *rawHello) { h.sessionID = make([]byte, 33) }, AlertDecodeError},
	{"no session ID", func(h *rawHello) { h.sessionID = nil }, 0},
	{"no cipher suites", func(h *rawHello) { h.suites = nil }, AlertDecodeError},
	{"half a cipher suite", func(h *rawHello) { h.suites = []byte{0x13, 3, 0x13} }, AlertDecodeError},
	{"unknown cipher suites", func(h *rawHello) { h.suites = []byte{0x0a, 0x0a, 0xc0, 0x2b} }, AlertHandshakeFailure},
	{"unknown and known cipher suite", func(h *rawHello) { h.suites = []byte{0x0a, 0x0a, 0x13, 1} }, 0},
	{"no compression methods", func(h *rawHello) { h.compression = nil }, AlertDecodeError},
	{"compression", func(h *rawHello) { h.compression = []byte{1} }, AlertIllegalParameter},
	{"compression and null", func(h *rawHello) { h.compression = []byte{1, 0} }, AlertIllegalParameter},
	{"no extensions", func(h *rawHello) { h.noExtensions = true }, AlertProtocolVersion},
	{"bytes behind the extensions", func(h *rawHello) { h.tail = []byte{0} }, AlertDecodeError},
	{"unknown extensions", func(h *rawHello) { h.set(0x0a0a); h.set(0xffff, 1, 2, 3) }, 0},
	{"repeated extension", func(h *rawHello) { h.extensions = append(h.extensions, h.extensions[0]) }, AlertDecodeError},
	{"repeated unknown extension", func(h *rawHello) {
		h.extensions = append(h.extensions, rawExtension{0x0a0a, nil}, rawExtension{0x0a0a, nil})
	}, AlertDecodeError},

	{"no supported_versions", func(h *rawHello) { h.drop(extSupportedVersions) }, AlertProtocolVersion},
	{"TLS 1.2 only", func(h *rawHello) { h.set(extSupportedVersions, 2, 3, 3) }, AlertProtocolVersion},
	{"TLS 1.3 draft 28", func(h *rawHello) { h.set(extSupportedVersions, 2, 0x7f, 28) }, AlertProtocolVersion},
	{"TLS 1.2, 1.3 and unknown", func(h *rawHello) { h.set(extSupportedVersions, 6, 0x3a, 0x3a, 3, 3, 3, 4) }, 0},
	{"empty supported_versions", func(h *rawHello) { h.set(extSupportedVersions, 0) }, AlertDecodeError},
	{"odd supported_versions", func(h *rawHello) { h.set(extSupportedVersions, 3, 3, 4, 3) }, AlertDecodeError},
	{"bytes behind supported_versions", func(h *rawHello) { h.set(extSupportedVersions, 2, 3, 4, 0) }, AlertDecodeError},

	{"no signature_algorithms", func(h *rawHello) { h.drop(extSignatureAlgorithms) }, AlertMissingExtension},
	{"empty signature_algorithms", func(h *rawHello) { h.set(extSignatureAlgorithms, 0, 0) }, AlertDecodeError},
	{"odd signature_algorithms", func(h *rawHello) { h.set(extSignatureAlgorithms, 0, 3, 8, 7, 8) }, AlertDecodeError},
	{"no common signature algorithm", func(h *rawHello) { h.set(extSignatureAlgorithms, 0, 2, 4, 3) }, AlertHandshakeFailure},

	{"no supported_groups", func(h *rawHello) { h.drop(extSupportedGroups) }, AlertMissingExtension},
	{"empty supported_groups", func(h *rawHello) { h.set(extSupportedGroups, 0, 0) }, AlertDecodeError},
	{"cut supported_groups", func(h *rawHello) { h.set(extSupportedGroups, 0, 4, 0, 0x1e) }, AlertDecodeError},
	{"no common group", func(h *rawHello) {
		h.set(extSupportedGroups, 0, 4, 0, 0x17, 0, 0x18)
		h.set(extKeyShare, 0, 0)
	}, AlertHandshakeFailure},
	{"no common group, share of another", func(h *rawHello) {
		h.set(extSupportedGroups, 0, 2, 0, 0x17)
		h.set(extKeyShare, shares(0x17, make([]byte, 65))...)
	}, AlertHandshakeFailure},

	{"no key_share", func(h *rawHello) { h.drop(extKeyShare) }, AlertMissingExtension},
	{"bytes behind key_share", func(h *rawHello) { h.set(extKeyShare, append(shares(X25519, point(32)), 0)...) }, AlertDecodeError},
	{"cut key_share", func(h *rawHello) { h.set(extKeyShare, 0, 4, 0, 0x1d, 0, 32) }, AlertDecodeError},
	{"empty key_exchange", func(h *rawHello) { h.set(extKeyShare, shares(X25519, nil)...) }, AlertDecodeError},
	{"share of a group that is not supported", func(h *rawHello) { h.set(extKeyShare, shares(0x17, point(65))...) }, AlertIllegalParameter},
	{"repeated share", func(h *rawHello) { h.set(extKeyShare, shares(X25519, point(32), X25519, point(32))...) }, AlertIllegalParameter},
	{"shares out of order", func(h *rawHello) { h.set(extKeyShare, shares(X25519, point(32), X448, point(56))...) }, AlertIllegalParameter},
	{"both shares", func(h *rawHello) { h.set(extKeyShare, shares(X448, point(56), X25519, point(32))...) }, 0},
	{"short X25519", func(h *rawHello) { h.set(extKeyShare, shares(X25519, point(31))...) }, AlertIllegalParameter},
	{"long X25519", func(h *rawHello) { h.set(extKeyShare, shares(X25519, point(33))...) }, AlertIllegalParameter},
	{"short X448", func(h *rawHello) { h.set(extKeyShare, shares(X448, point(55))...) }, AlertIllegalParameter},
	{"X25519 of order 1", func(h *rawHello) { h.set(extKeyShare, shares(X25519, make([]byte, 32))...) }, AlertIllegalParameter},
	{"X448 of order 1", func(h *rawHello) { h.set(extKeyShare, shares(X448, make([]byte, 56))...) }, AlertIllegalParameter},
	{"X448 of order 4", func(h *rawHello) { h.set(extKeyShare, shares(X448, append([]byte{1}, make([]byte, 55)...))...) }, AlertIllegalParameter},
	{"X448 of order 2, not reduced", func(h *rawHello) { h.set(extKeyShare, shares(X448, fieldPrime448(0))...) }, AlertIllegalParameter},
	{"X448 of order 4, negative", func(h *rawHello) { h.set(extKeyShare, shares(X448, fieldPrime448(-1))...) }, AlertIllegalParameter},

	{"no common ALPN", func(h *rawHello) { h.set(extALPN, 0, 3, 2, 'h', '2') }, AlertNoApplicationProtocol},
	{"empty ALPN", func(h *rawHello) { h.set(extALPN, 0, 0) }, AlertDecodeError},
	{"empty ALPN name", func(h *rawHello) { h.set(extALPN, 0, 4, 0, 2, 'h', '2') }, AlertDecodeError},
	{"cut ALPN name", func(h *rawHello) { h.set(extALPN, 0, 3, 3, 'h', '2') }, AlertDecodeError},
	{"server_name", func(h *rawHello) { h.set(extServerName, 0, 6, 0, 0, 3, 'a', '.', 'b') }, 0},
	{"empty server_name", func(h *rawHello) { h.set(extServerName) }, AlertDecodeError},
	{"empty list in server_name", func(h *rawHello) { h.set(extServerName, 0, 0) }, AlertDecodeError},
	{"empty host name", func(h *rawHello) { h.set(extServerName, 0, 3, 0, 0, 0) }, AlertDecodeError},
	{"name of another type", func(h *rawHello) { h.set(extServerName, 0, 6, 1, 0, 3, 'a', '.', 'b') }, AlertDecodeError},
	{"two host names", func(h *rawHello) { h.set(extServerName, 0, 8, 0, 0, 1, 'a', 0, 0, 1, 'b') }, AlertDecodeError},
	{"cookie that nobody gave", func(h *rawHello) { h.set(extCookie, 0, 1, 7) }, 0},
	{"empty cookie", func(h *rawHello) { h.set(extCookie, 0, 0) }, AlertDecodeError},

	{"PSK", func(h *rawHello) { h.set(extPSKModes, 1, 1); h.set(extPreSharedKey, 1, 2, 3) }, 0},
	{"PSK that is not last", func(h *rawHello) { h.set(extPreSharedKey, 1, 2, 3); h.set(extPSKModes, 1, 1) }, AlertIllegalParameter},
	{"PSK without modes", func(h *rawHello) { h.set(extPreSharedKey, 1, 2, 3) }, AlertMissingExtension},
	{"no PSK modes", func(h *rawHello) { h.set(extPSKModes, 0) }, AlertDecodeError},
	{"early data", func(h *rawHello) { h.set(extEarlyData) }, 0},
	{"bytes in early_data", func(h *rawHello) { h.set(extEarlyData, 0) }, AlertDecodeError},
}

// shares is the content of key_share: pairs of group and key.
func shares(pairs ...any) []byte {
	return appendVector(nil, 2, func(b []byte) []byte {
		for i := 0; i < len(pairs); i += 2 {
			var group Group
			switch g := pairs[i].(type) {
			case Group:
				group = g
			case int:
				group = Group(g)
			}
			key, _ := pairs[i+1].([]byte)
			b = appendKeyShareEntry(b, keyShareEntry{group, key})
		}
		return b
	})
}

// point is a public key of n bytes that is not of small order.
func point(n int) []byte { return bytes.Repeat([]byte{5}, n) }

// fieldPrime448 is 2^448 - 2^224 - 1 + plus, little-endian, for plus 0 or -1.
func fieldPrime448(plus int) []byte {
	p := bytes.Repeat([]byte{0xff}, 56)
	p[28] = 0xfe
	p[0] = byte(0xff + plus)
	return p
}

func TestMalformedClientHello(t *testing.T) {
	for _, test := range malformedHellos {
		t.Run(test.name, func(t *testing.T) {
			server := serverConfig(Ed25519)
			server.ALPN = []string{"smp/1"}
			wantAnswer(t, server, spoiledHello(test.spoil), test.alert)
		})
	}
}

func spoiledHello(spoil func(*rawHello)) []byte {
	_, record, err := NewClient(clientConfig(Ed25519)).Advance(nil, nil)
	must(err)
	hello := takeApart(record[RecordHeader:])
	spoil(hello)
	return hello.message()
}

// wantAnswer gives a ClientHello to a server, and wants its flight, or the alert in clear and the error that says so.
func wantAnswer(t *testing.T, config *Config, message []byte, alert Alert) {
	t.Helper()
	var clear direction
	in := clear.seal(nil, typeHandshake, versionTLS10, message)
	n, out, err := NewServer(config).Advance(in, nil)
	if n != len(in) {
		t.Errorf("consumed %d bytes of %d", n, len(in))
	}
	if alert == 0 {
		if err != nil || messageType(out[RecordHeader]) != typeServerHello {
			t.Errorf("error %v, answer %.20x", err, out)
		}
		return
	}
	wantAlert(t, err, alert)
	if want := []byte{21, 3, 3, 0, 2, 2, byte(alert)}; !bytes.Equal(out, want) {
		t.Errorf("answer %x, want %x", out, want)
	}
}

// TestCutClientHello: every proper prefix of a ClientHello is a decode_error, but for the one that is a ClientHello of
// old, without extensions.
func TestCutClientHello(t *testing.T) {
	whole := spoiledHello(func(h *rawHello) {
		h.set(extServerName, 0, 6, 0, 0, 3, 'a', '.', 'b')
		h.set(extALPN, 0, 6, 5, 's', 'm', 'p', '/', '1')
	})
	fixed := messageHeader + 2 + 32 + 1 + 32 + 2 + 2*len(defaultSuites) + 2
	for n := messageHeader; n < len(whole); n++ {
		cut := appendMessage(nil, typeClientHello, func(b []byte) []byte { return append(b, whole[messageHeader:n]...) })
		want := AlertDecodeError
		if n == fixed {
			want = AlertProtocolVersion
		}
		wantAnswer(t, serverConfig(Ed25519), cut, want)
	}
}

// TestRoundTripClientHello: what parses and is of the profile is written as it was read.
func TestRoundTripClientHello(t *testing.T) {
	client := clientConfig(Ed448)
	client.ServerName, client.ALPN = "smp.example.org", []string{"smp/1", "h2"}
	_, record, _ := NewClient(client).Advance(nil, nil)
	message := record[RecordHeader:]
	hello, err := parseClientHello(cryptobyte.String(message[messageHeader:]))
	if err != nil || !bytes.Equal(hello.append(nil), message) {
		t.Errorf("ClientHello does not survive a round trip: %v", err)
	}
}

// TestSecondClientHello: what may and may not change after a HelloRetryRequest (section 4.1.2).
func TestSecondClientHello(t *testing.T) {
	fresh, err := newKeyExchange(X448, neverEnding{})
	must(err)
	for _, test := range []struct {
		name  string
		spoil func(*rawHello)
		alert Alert
	}{
		{"as it should be", func(*rawHello) {}, 0},
		{"with padding", func(h *rawHello) { h.set(extPadding, 0, 0) }, 0},
		{"share of the old group", func(h *rawHello) { h.set(extKeyShare, shares(X25519, point(32))...) }, AlertIllegalParameter},
		{"two shares", func(h *rawHello) {
			h.set(extKeyShare, shares(X25519, point(32), X448, fresh.public)...)
		}, AlertIllegalParameter},
		{"no share", func(h *rawHello) { h.set(extKeyShare, 0, 0) }, AlertIllegalParameter},
		{"no key_share", func(h *rawHello) { h.drop(extKeyShare) }, AlertMissingExtension},
		{"early data", func(h *rawHello) { h.set(extEarlyData) }, AlertIllegalParameter},
		{"other random", func(h *rawHello) { h.random[0] ^= 1 }, AlertIllegalParameter},
		{"other session ID", func(h *rawHello) { h.sessionID[0] ^= 1 }, AlertIllegalParameter},
		{"other cipher suites", func(h *rawHello) { h.suites = []byte{0x13, 3} }, AlertIllegalParameter},
		{"another extension", func(h *rawHello) { h.set(extALPN, 0, 3, 2, 'h', '2') }, AlertIllegalParameter},
		{"one extension less", func(h *rawHello) { h.drop(extServerName) }, AlertIllegalParameter},
		{"TLS 1.2", func(h *rawHello) { h.set(extSupportedVersions, 2, 3, 3) }, AlertProtocolVersion},
	} {
		t.Run(test.name, func(t *testing.T) {
			client, server := clientConfig(Ed25519), serverConfig(Ed25519)
			client.Groups, server.Groups, client.ServerName = []Group{X25519, X448}, []Group{X448}, "example.org"
			s := NewServer(server)
			_, first, _ := NewClient(client).Advance(nil, nil)
			hello := takeApart(first[RecordHeader:])
			_, retry, err := s.Advance(first, nil)
			if err != nil || !bytes.Equal(retry[RecordHeader+6:][:32], helloRetryRandom[:]) {
				t.Fatalf("no HelloRetryRequest: %v, %x", err, retry)
			}
			hello.set(extKeyShare, shares(X448, fresh.public)...)
			test.spoil(hello)
			var clear direction
			_, out, err := s.Advance(clear.seal(nil, typeHandshake, versionTLS12, hello.message()), nil)
			if test.alert == 0 {
				if err != nil || messageType(out[RecordHeader]) != typeServerHello {
					t.Errorf("error %v", err)
				}
				return
			}
			wantAlert(t, err, test.alert)
		})
	}
}
