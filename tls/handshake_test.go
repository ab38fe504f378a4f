package tls

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"
)

// TestHandshake is our client with our server in all combinations of the profile.
func TestHandshake(t *testing.T) {
	offers := [][]Group{{X448}, {X25519}, {X448, X25519}, {X25519, X448}}
	for _, scheme := range signatureSchemes {
		for _, suite := range defaultSuites {
			for _, offered := range offers {
				for _, accepted := range offers {
					name := fmt.Sprintf("%x-%x-%x-%x", uint16(scheme), uint16(suite), offered, accepted)
					t.Run(name, func(t *testing.T) { testCombination(t, scheme, suite, offered, accepted) })
				}
			}
		}
	}
}

func testCombination(t *testing.T, scheme SignatureScheme, suite CipherSuite, offered, accepted []Group) {
	client, server := clientConfig(scheme), serverConfig(scheme)
	client.CipherSuites = []CipherSuite{suite}
	client.Groups, server.Groups = offered, accepted
	c, s := NewClient(client), NewServer(server)
	clientErr, serverErr := shake(c, s)
	// A share that the server accepts is taken; else the first acceptable group, by HelloRetryRequest.
	want := Group(0)
	for _, g := range accepted {
		if want == 0 && slices.Contains(offered, g) {
			want = g
		}
	}
	if slices.Contains(accepted, offered[0]) {
		want = offered[0]
	}
	if want == 0 {
		wantAlert(t, serverErr, AlertHandshakeFailure)
		wantRemote(t, clientErr, AlertHandshakeFailure)
		return
	}
	if clientErr != nil || serverErr != nil {
		t.Fatalf("client: %v; server: %v", clientErr, serverErr)
	}
	for _, conn := range []*Conn{c, s} {
		if conn.Group() != want || conn.CipherSuite() != suite {
			t.Errorf("negotiated %x %x, want %x %x", conn.Group(), conn.CipherSuite(), want, suite)
		}
	}
	if !bytes.Equal(c.SessionID(), s.SessionID()) || len(c.SessionID()) != suiteByID(suite).hashLen {
		t.Errorf("session identifiers %x and %x", c.SessionID(), s.SessionID())
	}
	if len(c.PeerChain()) != 2 || s.PeerChain() != nil {
		t.Errorf("peer chains of %d and %d certificates", len(c.PeerChain()), len(s.PeerChain()))
	}
	exchange(t, c, s)
}

func TestPreferences(t *testing.T) {
	client, server := clientConfig(Ed25519), serverConfig(Ed25519)
	client.CipherSuites = []CipherSuite{AES256GCMSHA384, AES128GCMSHA256, ChaCha20Poly1305SHA256}
	c, _ := established(t, client, server)
	if c.CipherSuite() != ChaCha20Poly1305SHA256 || c.Group() != X448 {
		t.Errorf("negotiated %x, %x", c.CipherSuite(), c.Group())
	}
}

func TestNoCommonSuite(t *testing.T) {
	client, server := clientConfig(Ed25519), serverConfig(Ed25519)
	client.CipherSuites = []CipherSuite{AES256GCMSHA384}
	server.CipherSuites = []CipherSuite{ChaCha20Poly1305SHA256}
	clientErr, serverErr := shake(NewClient(client), NewServer(server))
	wantAlert(t, serverErr, AlertHandshakeFailure)
	wantRemote(t, clientErr, AlertHandshakeFailure)
}

// TestServerChain: a router's chain of 2–4 certificates, of either algorithm, and of both in one.
func TestServerChain(t *testing.T) {
	for _, schemes := range [][]SignatureScheme{{Ed25519, Ed25519, Ed25519, Ed25519}, {Ed448, Ed448, Ed448, Ed448}, {Ed25519, Ed448, Ed25519, Ed448}} {
		anchor := issue(cert{name: "network", ca: true, scheme: schemes[3]}, nil)
		operator := issue(cert{name: "operator", ca: true, scheme: schemes[2]}, anchor)
		identity := issue(cert{name: "identity", ca: true, scheme: schemes[1]}, operator)
		chains := []*KeyPair{
			issue(cert{name: "leaf", scheme: schemes[0]}, identity), // 4
			issue(cert{name: "leaf", scheme: schemes[0]}, issue(cert{name: "identity", ca: true}, anchor)),
			issue(cert{name: "leaf", scheme: schemes[0]}, issue(cert{name: "identity", ca: true}, nil)),
		}
		for i, pair := range chains {
			if len(pair.Chain) != 4-i {
				t.Fatalf("chain of %d", len(pair.Chain))
			}
			fingerprint := Fingerprint(Identity(pair.Chain))
			client := &Config{VerifyPeer: func(chain [][]byte) error { return VerifyChain(chain, fingerprint, testTime) }}
			c, s := established(t, client, &Config{Certificates: []*KeyPair{pair}})
			if !slices.EqualFunc(c.PeerChain(), pair.Chain, bytes.Equal) {
				t.Error("the client has another chain than the server")
			}
			exchange(t, c, s)
		}
	}
}

func TestServerHasBothAlgorithms(t *testing.T) {
	server := serverConfig(Ed448)
	server.Certificates = append(server.Certificates, routers()[Ed25519].leaf)
	established(t, clientConfig(Ed448), server)
	server.Certificates[0] = routers()[Ed25519].leaf
	established(t, clientConfig(Ed25519), server)
}

// TestClientCertificate: none, and chains of 1–4 that the server verifies, in each algorithm.
func TestClientCertificate(t *testing.T) {
	anchor := issue(cert{name: "network", ca: true}, nil)
	operator := issue(cert{name: "operator", ca: true}, anchor)
	identity := issue(cert{name: "service authority", ca: true, scheme: Ed448}, operator)
	pairs := []*KeyPair{
		nil,
		issue(cert{name: "service"}, nil),
		issue(cert{name: "service", scheme: Ed448}, nil),
		issue(cert{name: "service"}, issue(cert{name: "service authority", ca: true}, nil)),
		issue(cert{name: "service"}, issue(cert{name: "service authority", ca: true}, anchor)),
		issue(cert{name: "service", scheme: Ed448}, identity),
	}
	for i, pair := range pairs {
		for _, groups := range [][]Group{{X448}, {X25519, X448}} { // the second with HelloRetryRequest
			client, server := clientConfig(Ed25519), serverConfig(Ed25519)
			server.RequestClientCert, server.Groups, client.Groups = true, []Group{X448}, groups
			var want [][]byte
			if pair != nil {
				client.Certificates, want = []*KeyPair{pair}, pair.Chain
			}
			c, s := established(t, client, server)
			if !slices.EqualFunc(s.PeerChain(), want, bytes.Equal) {
				t.Errorf("case %d: the server has another chain than the client", i)
			}
			exchange(t, s, c)
		}
	}
}

func TestClientCertificateRefused(t *testing.T) {
	parent := issue(cert{name: "authority", ca: true}, nil)
	early := issue(cert{name: "early", from: testTime.Add(time.Hour)}, nil)
	long := parent
	for range 5 {
		long = issue(cert{name: "authority", ca: true}, long)
	}
	for _, test := range []struct {
		name  string
		pair  *KeyPair
		alert Alert
	}{
		{"not self-signed", &KeyPair{Chain: issue(cert{name: "x"}, parent).Chain[:1], Key: parent.Key}, AlertUnknownCA},
		{"not valid yet", early, AlertCertificateExpired},
		{"too long", long, AlertCertificateUnknown},
		{"wrong key", &KeyPair{Chain: parent.Chain, Key: early.Key}, AlertDecryptError},
		{"key usage", issue(cert{name: "x", usage: []byte{3, 8}}, nil), AlertBadCertificate},
	} {
		client, server := clientConfig(Ed25519), serverConfig(Ed25519)
		server.RequestClientCert, client.Certificates = true, []*KeyPair{test.pair}
		c, s := NewClient(client), NewServer(server)
		_, serverErr := shake(c, s)
		t.Log(test.name, serverErr)
		wantAlert(t, serverErr, test.alert)
	}
}

// TestClientWithoutFittingCertificate answers with the empty Certificate.
func TestClientWithoutFittingCertificate(t *testing.T) {
	c, s := NewClient(clientConfig(Ed25519)), NewServer(serverConfig(Ed25519))
	s.config.RequestClientCert = true
	c.config.Certificates = []*KeyPair{{Chain: [][]byte{{1}}, Key: nil}} // of no scheme
	if got := c.config.certificateFor([]SignatureScheme{0}); got != nil {
		t.Error("no scheme is no common scheme")
	}
	if clientErr, serverErr := shake(c, s); clientErr != nil || serverErr != nil {
		t.Fatal(clientErr, serverErr)
	}
}

func TestALPN(t *testing.T) {
	for _, test := range []struct {
		client, server []string
		want           string
		alert          Alert
	}{
		{[]string{"smp/1"}, []string{"smp/1", "h2", "http/1.1"}, "smp/1", 0},
		{[]string{"http/1.1", "h2"}, []string{"smp/1", "h2", "http/1.1"}, "h2", 0}, // by the server's order
		{nil, []string{"smp/1"}, "", 0},
		{[]string{"smp/1"}, nil, "", 0},
		{[]string{"xftp/1", "h3"}, []string{"smp/1"}, "", AlertNoApplicationProtocol},
	} {
		client, server := clientConfig(Ed25519), serverConfig(Ed25519)
		client.ALPN, server.ALPN = test.client, test.server
		c, s := NewClient(client), NewServer(server)
		clientErr, serverErr := shake(c, s)
		if test.alert != 0 {
			wantAlert(t, serverErr, test.alert)
			wantRemote(t, clientErr, test.alert)
			continue
		}
		for _, conn := range []*Conn{c, s} {
			if got, ok := conn.NegotiatedALPN(); got != test.want || ok != (test.want != "") {
				t.Errorf("client %q, server %q: negotiated %q, %v", test.client, test.server, got, ok)
			}
		}
	}
}

func TestServerName(t *testing.T) {
	for _, name := range []string{"", "smp.example.org"} {
		client := clientConfig(Ed25519)
		client.ServerName = name
		c, s := established(t, client, serverConfig(Ed25519))
		if s.ServerName() != name || c.ServerName() != name {
			t.Errorf("server saw %q, want %q", s.ServerName(), name)
		}
	}
}

// TestClientRefusesServer: each reason to refuse a chain has its alert, and nothing of the client's goes out after it.
func TestClientRefusesServer(t *testing.T) {
	for _, test := range []struct {
		cause error
		alert Alert
	}{
		{ErrUnknownCA, AlertUnknownCA},
		{fmt.Errorf("leaf: %w", ErrExpired), AlertCertificateExpired},
		{ErrBadSignature, AlertBadCertificate},
		{errors.New("dislike"), AlertCertificateUnknown},
		{&Error{Alert: AlertAccessDenied}, AlertAccessDenied},
	} {
		client := &Config{VerifyPeer: func([][]byte) error { return test.cause }}
		c, s := NewClient(client), NewServer(serverConfig(Ed25519))
		clientErr, serverErr := shake(c, s)
		wantAlert(t, clientErr, test.alert)
		if !errors.Is(clientErr, test.cause) {
			t.Errorf("%v does not wrap the cause", clientErr)
		}
		wantRemote(t, serverErr, test.alert)
		if c.HandshakeDone() || s.HandshakeDone() || c.SessionID() != nil {
			t.Error("a failed handshake counts as done")
		}
		if _, out, err := c.Advance(nil, nil); err == nil || len(out) > 0 {
			t.Error("Advance goes on after an error")
		}
	}
	clientErr, _ := shake(NewClient(&Config{}), NewServer(serverConfig(Ed25519)))
	wantAlert(t, clientErr, AlertInternalError) // nobody to judge the server
}

// TestOnClientHello sees what the client offers, and can take the connection away without a byte having been sent.
func TestOnClientHello(t *testing.T) {
	other := errors.New("this is a browser")
	client, server := clientConfig(Ed25519), serverConfig(Ed25519)
	client.ALPN, client.ServerName = []string{"h2"}, "example.org"
	var raw []byte
	server.OnClientHello = func(info *ClientHelloInfo) error {
		raw = bytes.Clone(info.Raw)
		if info.ServerName != "example.org" || !slices.Equal(info.ALPN, client.ALPN) ||
			!slices.Equal(info.CipherSuites, defaultSuites) || !slices.Equal(info.Groups, defaultGroups) ||
			!slices.Equal(info.SignatureSchemes, signatureSchemes) || !slices.Equal(info.Versions, []uint16{versionTLS13}) {
			t.Errorf("ClientHello seen as %+v", info)
		}
		return other
	}
	_, hello, _ := NewClient(client).Advance(nil, nil)
	want := bytes.Clone(hello[RecordHeader:])
	n, out, err := NewServer(server).Advance(hello, nil)
	if n != len(hello) || len(out) > 0 || err != other || !bytes.Equal(raw, want) {
		t.Errorf("consumed %d, sent %x, error %v", n, out, err)
	}
	server.OnClientHello = func(*ClientHelloInfo) error { return &Error{Alert: AlertUnrecognizedName} }
	_, serverErr := shake(NewClient(client), NewServer(server))
	wantAlert(t, serverErr, AlertUnrecognizedName)
}

// TestRandomFails: without randomness there is no handshake.
func TestRandomFails(t *testing.T) {
	for n := range 3 {
		client, server := clientConfig(Ed25519), serverConfig(Ed25519)
		client.Rand = io.LimitReader(neverEnding{}, int64(n*32))
		clientErr, _ := shake(NewClient(client), NewServer(serverConfig(Ed25519)))
		wantAlert(t, clientErr, AlertInternalError)
		server.Rand = io.LimitReader(neverEnding{}, int64(n*28))
		_, serverErr := shake(NewClient(clientConfig(Ed25519)), NewServer(server))
		wantAlert(t, serverErr, AlertInternalError)
	}
}

type neverEnding struct{}

func (neverEnding) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(7*i + 1)
	}
	return len(p), nil
}

// TestDeterministic: with the same randomness a connection is the same, byte for byte.
func TestDeterministic(t *testing.T) {
	var ids [][]byte
	for range 2 {
		client, server := clientConfig(Ed448), serverConfig(Ed448)
		client.Rand, server.Rand = neverEnding{}, neverEnding{}
		c, _ := established(t, client, server)
		ids = append(ids, c.SessionID())
	}
	if !bytes.Equal(ids[0], ids[1]) {
		t.Error("same randomness, other session")
	}
}
