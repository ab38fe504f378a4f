package engine

import (
	"bytes"
	"testing"
	"time"

	"github.com/panjf2000/gnet/v2"

	"switchyard/box"
	"switchyard/engine/socket"
	"switchyard/smp"
	"switchyard/tls"
)

// shaken is the server's end of a TLS connection, and a router's certificate.
func shaken(f *testing.F) (*tls.Conn, *tls.KeyPair) {
	f.Helper()
	must := func(err error) {
		if err != nil {
			f.Fatal(err)
		}
	}
	cert, key, err := tls.IssueCA(tls.Ed25519, "authority", "", time.Now())
	must(err)
	authority, err := tls.ParseKeyPair(cert, key)
	must(err)
	cert, key, err = tls.IssueLeaf(authority, tls.Ed25519, "localhost", time.Now())
	must(err)
	pair, err := tls.ParseKeyPair(cert, key)
	must(err)
	alpn := []string{"smp/1"}
	server := tls.NewServer(&tls.Config{Certificates: []*tls.KeyPair{pair}, ALPN: alpn})
	client := tls.NewClient(&tls.Config{VerifyPeer: func([][]byte) error { return nil }, ALPN: alpn})
	var out []byte
	for !server.HandshakeDone() {
		_, out, err = client.Advance(out, nil)
		must(err)
		_, out, err = server.Advance(out, nil)
		must(err)
	}
	return server, pair
}

func fuzzedHelloMaker(pair *tls.KeyPair) helloMaker {
	return helloMaker{keyPair: pair, versions: smp.VersionRange{Min: smp.MinVersion, Max: smp.CurrentVersion}}
}

// FuzzHello gives a router any content of a client's hello: what it agrees to is a version of its own, with keys for
// both directions or for none.
func FuzzHello(f *testing.F) {
	c, pair := shaken(f)
	m := fuzzedHelloMaker(pair)
	for _, v := range []smp.Version{6, 7, 14, 16, 19} {
		hello := smp.ClientHello{Version: v, KeyHash: m.identity[:], PublicKey: box.AppendX25519(nil, &[32]byte{9})}
		f.Add(smp.AppendClientHello(nil, &hello))
		hello.Service = &smp.ServiceHello{Role: smp.RoleMessaging, CertKey: smp.CertKey{Chain: pair.Chain, SignedKey: []byte{0x30, 0}}}
		f.Add(smp.AppendClientHello(nil, &hello))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		secret := [32]byte{1}
		a := m.agree(c, &secret, content)
		if a.ok && (!m.versions.Contains(a.version) || a.encrypted && a.proxied == nil) {
			t.Errorf("agreed on version %d, encrypted %v", a.version, a.encrypted)
		}
		if a.service != nil || a.claim != nil {
			t.Error("a client without a TLS certificate is a service")
		}
	})
}

// deafConn is a socket that takes all.
type deafConn struct{ gnet.Conn }

func (deafConn) Write(b []byte) (int, error) { return len(b), nil }

// deafEvents is its loop.
type deafEvents struct{ gnet.EventLoop }

func (deafEvents) Close(gnet.Conn) error { return nil }

// FuzzFrames gives a session of a WebSocket port its request and frames in two pieces: what it holds is bounded, and it
// does not matter where the input was cut.
func FuzzFrames(f *testing.F) {
	request := "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
	f.Add([]byte(request), []byte{0x89, 0x81, 1, 2, 3, 4, 'x'})                         // ping
	f.Add([]byte(request), []byte{0x88, 0x80, 0, 0, 0, 0})                              // close
	f.Add([]byte(request), []byte{0x02, 0x81, 0, 0, 0, 0, 'a', 0x80, 0x80, 0, 0, 0, 0}) // a message of two frames
	f.Add([]byte(request), append([]byte{0x82, 0xfe, 0x40, 0x00, 0, 0, 0, 0}, make([]byte, smp.BlockSize)...))
	f.Add([]byte("GET / HTTP/1.1\r\nUpgrade: web"), []byte("socket\r\n\r\n"))
	c, pair := shaken(f)
	f.Fuzz(func(t *testing.T, first, second []byte) {
		whole, cut := fuzzedSession(c, pair), fuzzedSession(c, pair)
		whole.takeFrames(append(bytes.Clone(first), second...))
		cut.takeFrames(bytes.Clone(first))
		if cut.phase != phaseClosed {
			cut.takeFrames(bytes.Clone(second))
		}
		for _, s := range []*session{whole, cut} {
			if s.phase != phaseClosed && (len(s.web.in) > maxFrame+14 || len(s.web.message) > smp.BlockSize) {
				t.Fatalf("%d bytes of input and %d of a message are held", len(s.web.in), len(s.web.message))
			}
		}
		if len(first)+len(second) <= maxRequest && (whole.phase != cut.phase || whole.web.upgraded != cut.web.upgraded ||
			whole.phase != phaseClosed && !bytes.Equal(whole.web.message, cut.web.message)) {
			t.Fatalf("whole: phase %v, %x; cut: phase %v, %x", whole.phase, whole.web.message, cut.phase, cut.web.message)
		}
	})
}

// fuzzedSession waits for the client's hello on a WebSocket port of a router that stops, so that no worker takes it.
func fuzzedSession(c *tls.Conn, pair *tls.KeyPair) *session {
	r := &Router{hello: fuzzedHelloMaker(pair), gate: newGate(&Config{})}
	conn := *c
	return &session{
		loop: &loop{router: r, events: deafEvents{}}, conn: socket.New(deafConn{}, new(socket.Poller)), phase: phaseHello, tls: &conn, web: new(webSocket),
		handshake: &handshake{key: new(sessionKey)},
	}
}
