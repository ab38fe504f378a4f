package engine

import (
	"testing"
	"time"

	"switchyard/box"
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
