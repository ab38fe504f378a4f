package tls

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// spoiler makes one message wrong; body works on a message without its header.
type spoiler = func([]byte) []byte

func body(f func([]byte) []byte) spoiler {
	return func(message []byte) []byte {
		return appendMessage(nil, messageType(message[0]), func(b []byte) []byte {
			return append(b, f(bytes.Clone(message[messageHeader:]))...)
		})
	}
}

func flip(i int) spoiler {
	return body(func(b []byte) []byte {
		b[(i+len(b))%len(b)] ^= 1
		return b
	})
}

func replace(content ...byte) spoiler { return body(func([]byte) []byte { return content }) }

func more(b []byte) []byte { return append(b, 0) }

func omit([]byte) []byte { return nil }

// withExtensions puts extensions in the place of a ServerHello's.
func withExtensions(extensions ...rawExtension) spoiler {
	return body(func(b []byte) []byte {
		fixed := 2 + 32 + 1 + int(b[34]) + 2 + 1
		return appendVector(b[:fixed], 2, func(b []byte) []byte { return appendRaw(b, extensions) })
	})
}

var tls13 = rawExtension{extSupportedVersions, []byte{3, 4}}

func x448Share() rawExtension {
	return rawExtension{extKeyShare, appendKeyShareEntry(nil, keyShareEntry{X448, point(56)})}
}

func helloField(offset int, content ...byte) spoiler {
	return body(func(b []byte) []byte {
		copy(b[offset:], content)
		return b
	})
}

const afterSessionID = 2 + 32 + 1 + 32

// What is wrong with a message of the server, and the client's alert.
var malformedServerFlights = []struct {
	name  string
	typ   messageType
	spoil spoiler
	alert Alert
}{
	{"TLS 1.2", typeServerHello, withExtensions(), AlertProtocolVersion},
	{"TLS 1.2 without extensions", typeServerHello, body(func(b []byte) []byte { return b[:afterSessionID+3] }), AlertProtocolVersion},
	{"TLS 1.2, extensions of its own", typeServerHello, withExtensions(rawExtension{0xff01, []byte{0}}, rawExtension{23, nil}), AlertProtocolVersion},
	{"downgrade to TLS 1.2", typeServerHello, func(m []byte) []byte {
		return withExtensions()(helloField(2+24, []byte(downgradeTLS12)...)(m))
	}, AlertIllegalParameter},
	{"downgrade to TLS 1.1", typeServerHello, func(m []byte) []byte {
		return withExtensions()(helloField(2+24, []byte(downgradeTLS11)...)(m))
	}, AlertIllegalParameter},
	{"TLS 1.2 in supported_versions", typeServerHello, withExtensions(rawExtension{extSupportedVersions, []byte{3, 3}}, x448Share()), AlertIllegalParameter},
	{"legacy_version", typeServerHello, helloField(0, 3, 4), AlertIllegalParameter},
	{"session ID not echoed", typeServerHello, flip(35), AlertIllegalParameter},
	{"cipher suite that was not offered", typeServerHello, helloField(afterSessionID, 0x13, 4), AlertIllegalParameter},
	{"compression", typeServerHello, helloField(afterSessionID+2, 1), AlertIllegalParameter},
	{"session ID of 33 bytes", typeServerHello, helloField(2+32, 33), AlertDecodeError},
	{"cut", typeServerHello, body(func(b []byte) []byte { return b[:20] }), AlertDecodeError},
	{"trailing byte", typeServerHello, body(more), AlertDecodeError},
	{"no key_share", typeServerHello, withExtensions(tls13), AlertMissingExtension},
	{"share of another group", typeServerHello, withExtensions(tls13, rawExtension{extKeyShare, appendKeyShareEntry(nil, keyShareEntry{X25519, point(32)})}), AlertIllegalParameter},
	{"short share", typeServerHello, withExtensions(tls13, rawExtension{extKeyShare, appendKeyShareEntry(nil, keyShareEntry{X448, point(55)})}), AlertIllegalParameter},
	{"share of small order", typeServerHello, withExtensions(tls13, rawExtension{extKeyShare, appendKeyShareEntry(nil, keyShareEntry{X448, make([]byte, 56)})}), AlertIllegalParameter},
	{"bytes behind the share", typeServerHello, withExtensions(tls13, rawExtension{extKeyShare, append(x448Share().data, 0)}), AlertDecodeError},
	{"repeated extension", typeServerHello, withExtensions(tls13, x448Share(), x448Share()), AlertIllegalParameter},
	{"unknown extension", typeServerHello, withExtensions(tls13, x448Share(), rawExtension{0x0a0a, nil}), AlertUnsupportedExtension},
	{"PSK that was not offered", typeServerHello, withExtensions(tls13, x448Share(), rawExtension{extPreSharedKey, []byte{0, 0}}), AlertUnsupportedExtension},
	{"ALPN in ServerHello", typeServerHello, withExtensions(tls13, x448Share(), rawExtension{extALPN, []byte{0, 3, 2, 'h', '2'}}), AlertIllegalParameter},
	{"SNI in ServerHello, not offered", typeServerHello, withExtensions(tls13, x448Share(), rawExtension{extServerName, nil}), AlertUnsupportedExtension},
	{"cookie in ServerHello", typeServerHello, withExtensions(tls13, x448Share(), rawExtension{extCookie, []byte{0, 1, 1}}), AlertUnsupportedExtension},
	{"other share than the server's own", typeServerHello, withExtensions(tls13, x448Share()), AlertBadRecordMAC},
	{"with more behind it", typeServerHello, more, AlertUnexpectedMessage},
	{"EncryptedExtensions first", typeServerHello, omit, AlertUnexpectedMessage},

	{"empty message", typeEncryptedExtensions, replace(), AlertDecodeError},
	{"trailing byte", typeEncryptedExtensions, body(more), AlertDecodeError},
	{"cut extension", typeEncryptedExtensions, replace(0, 3, 0, 0, 0), AlertDecodeError},
	{"repeated extension", typeEncryptedExtensions, replace(0, 16, 0, 10, 0, 4, 0, 2, 0, 29, 0, 10, 0, 4, 0, 2, 0, 29), AlertDecodeError},
	{"supported_groups", typeEncryptedExtensions, replace(0, 8, 0, 10, 0, 4, 0, 2, 0, 29), 0},
	{"unknown extension", typeEncryptedExtensions, replace(0, 4, 0x0a, 0x0a, 0, 0), AlertUnsupportedExtension},
	{"early_data", typeEncryptedExtensions, replace(0, 4, 0, 42, 0, 0), AlertUnsupportedExtension},
	{"SNI that was not sent", typeEncryptedExtensions, replace(0, 4, 0, 0, 0, 0), AlertUnsupportedExtension},
	{"key_share", typeEncryptedExtensions, replace(0, 4, 0, 51, 0, 0), AlertIllegalParameter},
	{"supported_versions", typeEncryptedExtensions, replace(0, 6, 0, 43, 0, 2, 3, 4), AlertIllegalParameter},
	{"ALPN", typeEncryptedExtensions, replace(0, 9, 0, 16, 0, 5, 0, 3, 2, 'h', '2'), 0},
	{"ALPN that was not offered", typeEncryptedExtensions, replace(0, 9, 0, 16, 0, 5, 0, 3, 2, 'h', '3'), AlertIllegalParameter},
	{"two ALPN protocols", typeEncryptedExtensions, replace(0, 12, 0, 16, 0, 8, 0, 6, 2, 'h', '2', 2, 'h', '2'), AlertDecodeError},
	{"empty ALPN", typeEncryptedExtensions, replace(0, 6, 0, 16, 0, 2, 0, 0), AlertDecodeError},
	{"left out", typeEncryptedExtensions, omit, AlertUnexpectedMessage},
	{"sent twice", typeEncryptedExtensions, func(m []byte) []byte { return append(m, m...) }, AlertUnexpectedMessage},

	{"trailing byte", typeCertificateRequest, body(more), AlertDecodeError},
	{"context", typeCertificateRequest, replace(1, 7, 0, 8, 0, 13, 0, 4, 0, 2, 8, 7), AlertIllegalParameter},
	{"no signature_algorithms", typeCertificateRequest, replace(0, 0, 0), AlertMissingExtension},
	{"empty signature_algorithms", typeCertificateRequest, replace(0, 0, 6, 0, 13, 0, 2, 0, 0), AlertDecodeError},
	{"unknown extension", typeCertificateRequest, replace(0, 0, 12, 0x0a, 0x0a, 0, 0, 0, 13, 0, 4, 0, 2, 8, 7), 0},
	{"sent twice", typeCertificateRequest, func(m []byte) []byte { return append(m, m...) }, AlertUnexpectedMessage},

	{"empty list", typeCertificate, replace(0, 0, 0, 0), AlertDecodeError},
	{"context", typeCertificate, replace(1, 7, 0, 0, 6, 0, 0, 1, 0xaa, 0, 0), AlertIllegalParameter},
	{"empty certificate", typeCertificate, replace(0, 0, 0, 5, 0, 0, 0, 0, 0), AlertDecodeError},
	{"cut list", typeCertificate, replace(0, 0, 0, 6, 0, 0, 1), AlertDecodeError},
	{"trailing byte", typeCertificate, body(more), AlertDecodeError},
	{"not a certificate", typeCertificate, replace(0, 0, 0, 6, 0, 0, 1, 0xaa, 0, 0), AlertBadCertificate},
	{"extension that was not asked for", typeCertificate, replace(0, 0, 0, 10, 0, 0, 1, 0xaa, 0, 4, 0, 5, 0, 0), AlertUnsupportedExtension},
	{"broken certificate", typeCertificate, flip(-8), AlertUnknownCA}, // the last byte of the identity
	{"left out", typeCertificate, omit, AlertUnexpectedMessage},

	{"another scheme", typeCertificateVerify, helloField(0, 8, 8), AlertIllegalParameter},
	{"scheme that was not offered", typeCertificateVerify, helloField(0, 4, 3), AlertIllegalParameter},
	{"bad signature", typeCertificateVerify, flip(-1), AlertDecryptError},
	{"short signature", typeCertificateVerify, replace(8, 7, 0, 1, 0), AlertDecryptError},
	{"trailing byte", typeCertificateVerify, body(more), AlertDecodeError},
	{"left out", typeCertificateVerify, omit, AlertUnexpectedMessage},

	{"bad MAC", typeFinished, flip(0), AlertDecryptError},
	{"cut", typeFinished, body(func(b []byte) []byte { return b[1:] }), AlertDecryptError},
	{"too long", typeFinished, body(more), AlertDecryptError},
	{"with more behind it", typeFinished, func(m []byte) []byte { return append(m, 4) }, AlertUnexpectedMessage},
	{"KeyUpdate in the handshake", typeFinished, func([]byte) []byte { return []byte{24, 0, 0, 1, 0} }, AlertUnexpectedMessage},
	{"NewSessionTicket in the handshake", typeFinished, func(m []byte) []byte { return append([]byte{4, 0, 0, 0}, m...) }, AlertUnexpectedMessage},
	{"HelloRequest", typeFinished, func(m []byte) []byte { return append([]byte{0, 0, 0, 0}, m...) }, AlertUnexpectedMessage},
	{"very long", typeFinished, func([]byte) []byte { return []byte{20, 0xff, 0xff, 0xff} }, AlertIllegalParameter},
}

func TestMalformedServerFlight(t *testing.T) {
	for _, test := range malformedServerFlights {
		t.Run(string(rune('0'+test.typ/10))+string(rune('0'+test.typ%10))+" "+test.name, func(t *testing.T) {
			client, server := clientConfig(Ed25519), serverConfig(Ed25519)
			client.ALPN = []string{"h2"}
			server.RequestClientCert = test.typ == typeCertificateRequest
			c := NewClient(client)
			_, hello, _ := c.Advance(nil, nil)
			p := newPuppet(t, NewServer(server), only(test.typ, test.spoil))
			_, out, err := c.Advance(p.serve(hello), nil)
			if test.alert == 0 {
				if err != nil || !c.HandshakeDone() {
					t.Errorf("error %v", err)
				}
				return
			}
			wantAlert(t, err, test.alert)
			if test.alert != AlertBadRecordMAC { // then the sides have other keys
				p.wantAlertRecord(out, test.alert)
			}
		})
	}
}

// wantAlertRecord checks that the last record of out is an alert for the puppet, in clear or under its keys.
func (p *puppet) wantAlertRecord(out []byte, alert Alert) {
	p.t.Helper()
	all := records(p.t, out)
	if len(all) == 0 {
		p.t.Fatal("no alert was sent")
	}
	last := all[len(all)-1]
	typ, content := contentType(last[0]), last[RecordHeader:]
	if typ == typeApplicationData {
		var err error
		if typ, content, err = p.in.open(last); err != nil {
			p.t.Fatal(err)
		}
	}
	if typ != typeAlert || !bytes.Equal(content, []byte{levelFatal, byte(alert)}) {
		p.t.Errorf("record %d of %x, want the alert %v", typ, content, alert)
	}
}

// TestMalformedHelloRetryRequest: what a client makes of a HelloRetryRequest, and of the ServerHello after it.
func TestMalformedHelloRetryRequest(t *testing.T) {
	groupExtension := func(g Group) rawExtension {
		return rawExtension{extKeyShare, binary.BigEndian.AppendUint16(nil, uint16(g))}
	}
	for _, test := range []struct {
		name   string
		group  Group
		cookie string
		spoil  spoiler
		alert  Alert
	}{
		{"as it should be", X448, "", nil, 0},
		{"with a cookie", X448, "cookie", nil, 0},
		{"a cookie alone", 0, "cookie", nil, 0},
		{"nothing", 0, "", nil, AlertIllegalParameter},
		{"the group that was sent", X25519, "", nil, AlertIllegalParameter},
		{"a group that was not offered", 0x17, "", nil, AlertIllegalParameter},
		{"empty cookie", X448, "", withExtensions(tls13, groupExtension(X448), rawExtension{extCookie, []byte{0, 0}}), AlertDecodeError},
		{"a whole share", X448, "", withExtensions(tls13, x448Share()), AlertDecodeError},
		{"repeated extension", X448, "", withExtensions(tls13, groupExtension(X448), groupExtension(X448)), AlertIllegalParameter},
		{"unknown extension", X448, "", withExtensions(tls13, groupExtension(X448), rawExtension{0x0a0a, nil}), AlertUnsupportedExtension},
		{"ALPN", X448, "", withExtensions(tls13, groupExtension(X448), rawExtension{extALPN, []byte{0, 3, 2, 'h', '2'}}), AlertIllegalParameter},
		{"no supported_versions", X448, "", withExtensions(groupExtension(X448)), AlertProtocolVersion},
		{"TLS 1.2", X448, "", withExtensions(rawExtension{extSupportedVersions, []byte{3, 3}}, groupExtension(X448)), AlertIllegalParameter},
		{"session ID not echoed", X448, "", flip(35), AlertIllegalParameter},
		{"cipher suite that was not offered", X448, "", helloField(afterSessionID, 0x13, 5), AlertIllegalParameter},
		{"compression", X448, "", helloField(afterSessionID+2, 1), AlertIllegalParameter},
		{"with more behind it", X448, "", more, AlertUnexpectedMessage},
	} {
		t.Run(test.name, func(t *testing.T) {
			client := clientConfig(Ed25519)
			client.Groups, client.ALPN = []Group{X25519, X448}, []string{"h2"}
			c := NewClient(client)
			_, hello, _ := c.Advance(nil, nil)
			p := newPuppet(t, NewServer(serverConfig(Ed25519)), nil)
			if test.spoil != nil {
				p.mutate = only(typeServerHello, test.spoil)
			}
			_, second, err := c.Advance(p.retry(hello, test.group, test.cookie), nil)
			if test.alert != 0 {
				wantAlert(t, err, test.alert)
				p.wantAlertRecord(second, test.alert)
				return
			}
			p.mutate = nil
			_, _, err = c.Advance(p.serveSecond(second), nil)
			if err != nil || !c.HandshakeDone() || string(p.hs.hello.cookie) != test.cookie {
				t.Errorf("error %v, cookie %q", err, p.hs.hello.cookie)
			}
		})
	}
}

// TestAfterHelloRetryRequest: the ServerHello that follows one must agree with it.
func TestAfterHelloRetryRequest(t *testing.T) {
	for _, test := range []struct {
		name  string
		spoil spoiler
		alert Alert
	}{
		{"another cipher suite", helloField(afterSessionID, 0x13, 1), AlertIllegalParameter},
		{"a second HelloRetryRequest", helloField(2, helloRetryRandom[:]...), AlertDecodeError}, // with a whole share
		{"a well-formed second HelloRetryRequest", func(m []byte) []byte {
			return withExtensions(tls13, rawExtension{extKeyShare, []byte{0, 0x1d}})(helloField(2, helloRetryRandom[:]...)(m))
		}, AlertUnexpectedMessage},
		{"the first group", withExtensions(tls13, rawExtension{extKeyShare, appendKeyShareEntry(nil, keyShareEntry{X25519, point(32)})}), AlertIllegalParameter},
		{"no supported_versions", withExtensions(x448Share()), AlertProtocolVersion},
	} {
		client := clientConfig(Ed25519)
		client.Groups = []Group{X25519, X448}
		c := NewClient(client)
		_, hello, _ := c.Advance(nil, nil)
		p := newPuppet(t, NewServer(serverConfig(Ed25519)), nil)
		_, second, _ := c.Advance(p.retry(hello, X448, ""), nil)
		p.mutate = only(typeServerHello, test.spoil)
		_, out, err := c.Advance(p.serveSecond(second), nil)
		t.Log(test.name, err)
		wantAlert(t, err, test.alert)
		p.wantAlertRecord(out, test.alert)
	}
}

// What is wrong with a message of a client's last flight, and the server's alert.
var malformedClientFlights = []struct {
	name  string
	typ   messageType
	spoil spoiler
	alert Alert
}{
	{"trailing byte", typeCertificate, body(more), AlertDecodeError},
	{"context", typeCertificate, replace(1, 7, 0, 0, 0), AlertIllegalParameter},
	{"not a certificate", typeCertificate, replace(0, 0, 0, 6, 0, 0, 1, 0xaa, 0, 0), AlertBadCertificate},
	{"extension that was not asked for", typeCertificate, replace(0, 0, 0, 10, 0, 0, 1, 0xaa, 0, 4, 0, 18, 0, 0), AlertUnsupportedExtension},
	{"empty, with CertificateVerify", typeCertificate, replace(0, 0, 0, 0), AlertUnexpectedMessage},
	{"left out", typeCertificate, omit, AlertUnexpectedMessage},
	{"too long", typeCertificate, func([]byte) []byte { return []byte{11, 1, 0, 0} }, AlertIllegalParameter},
	{"another scheme", typeCertificateVerify, helloField(0, 8, 8), AlertIllegalParameter},
	{"bad signature", typeCertificateVerify, flip(-1), AlertDecryptError},
	{"left out", typeCertificateVerify, omit, AlertUnexpectedMessage},
	{"bad MAC", typeFinished, flip(0), AlertDecryptError},
	{"empty", typeFinished, replace(), AlertDecryptError},
	{"with more behind it", typeFinished, more, AlertUnexpectedMessage},
	{"KeyUpdate before it", typeFinished, func(m []byte) []byte { return append([]byte{24, 0, 0, 1, 0}, m...) }, AlertUnexpectedMessage},
	{"ClientHello", typeFinished, func([]byte) []byte { return []byte{1, 0, 0, 0} }, AlertUnexpectedMessage},
	{"EndOfEarlyData", typeFinished, func(m []byte) []byte { return append([]byte{5, 0, 0, 0}, m...) }, AlertUnexpectedMessage},
}

func TestMalformedClientFlight(t *testing.T) {
	pair := issue(cert{name: "service"}, nil)
	for _, test := range malformedClientFlights {
		t.Run(test.name, func(t *testing.T) {
			server, client := serverConfig(Ed25519), clientConfig(Ed25519)
			server.RequestClientCert, client.RequestClientCert = true, true
			client.Certificates = []*KeyPair{pair}
			p, s := newPuppet(t, NewClient(client), only(test.typ, test.spoil)), NewServer(server)
			_, flight, err := s.Advance(p.hello(), nil)
			if err != nil {
				t.Fatal(err)
			}
			_, out, err := s.Advance(p.finishFlight(flight), nil)
			wantAlert(t, err, test.alert)
			p.in = s.out // after its Finished, a server sends under its application keys
			p.in.seq = 0
			p.wantAlertRecord(out, test.alert)
		})
	}
}
