package engine_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"switchyard/engine"
	"switchyard/smp"
	"switchyard/tls"
)

// paddedPair is a client's certificate with an extension of n bytes that nobody needs.
func paddedPair(t *testing.T, n int) *tls.KeyPair {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "client"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Value: make([]byte, n)}},
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, public, private)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.KeyPair{Chain: [][]byte{der}, Key: private}
}

// A session does not keep the certificates of its client, which may be as large as a handshake, once it is open.
func TestSessionsForgetChains(t *testing.T) {
	r := startRouter(t)
	c := r.rawTLS(t, paddedPair(t, 30_000))
	c.version, c.sessionID = 19, c.serverHello().SessionID
	c.send(smp.AppendClientHello(nil, &smp.ClientHello{Version: 19, KeyHash: r.address.KeyHash[:]}))
	c.ask(c.transmission(nil, "1", "", "PING"))
	if open, bytes := r.PeerChains(); open != 1 || bytes > 0 {
		t.Errorf("%d sessions hold %d bytes of certificates", open, bytes)
	}
}

// Clients that show large certificates and do not go on are hurried as those are that do not finish what they have begun.
func TestChainsOfSlowHellosAreCounted(t *testing.T) {
	r := startRouterWith(t, func(r *engine.Router) { r.LimitHalfRead(100_000, time.Millisecond) })
	pair := paddedPair(t, 30_000)
	for range 6 {
		r.rawTLS(t, pair).serverHello()
	}
	r.closedFor(t, engine.CauseSlow)
	exchange(t, r.dial(t), r.dial(t), 1)
}
