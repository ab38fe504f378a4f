package router

import (
	"bytes"
	stdtls "crypto/tls"
	"testing"
	"time"

	"switchyard/box"
	"switchyard/server/listen"
	"switchyard/tls"
	"switchyard/xftp"
	"switchyard/xftp/client"
)

// TestChangeOfSettings: a connection that is there stays, and goes by the password that holds now; new ones are shown the new
// certificate.
func TestChangeOfSettings(t *testing.T) {
	now := time.Now()
	ca, caKey, err := tls.IssueCA(tls.Ed25519, "SMP server CA", "SimpleX", now)
	check(t, err)
	authority, err := tls.ParseKeyPair(ca, caKey)
	check(t, err)
	issue := func() *tls.KeyPair {
		leaf, key, err := tls.IssueLeaf(authority, tls.Ed25519, "localhost", now)
		check(t, err)
		pair, err := tls.ParseKeyPair(append(leaf, ca...), key)
		check(t, err)
		return pair
	}
	first, second := issue(), issue()
	f := newFixture(t, options{config: func(c *Config) {
		c.KeyPair, c.Identity, c.Password = first, tls.Fingerprint(authority.Chain[0]), "one"
	}})
	f.address.KeyHash = tls.Fingerprint(authority.Chain[0])
	shown := func() []byte {
		c, err := stdtls.Dial("tcp", f.Addrs()[0].String(), &stdtls.Config{InsecureSkipVerify: true, NextProtos: []string{xftp.ALPN}})
		check(t, err)
		defer c.Close()
		return c.ConnectionState().PeerCertificates[0].Raw
	}
	c, key := f.dial(), newKey(t)
	may := func(password string) bool {
		_, _, err := c.Create(ctx, key, client.Packet{
			Size: xftp.Size64K, Digest: make([]byte, 32), Recipients: []box.PublicKey{key.Public()}, Password: password,
		})
		return err == nil
	}
	if !may("one") || may("two") || !bytes.Equal(shown(), first.Chain[0]) {
		t.Error("before the change")
	}
	f.Change(Settings{KeyPair: second, NewFiles: true, Password: "two"}, listen.Limits{MaxConnections: 50})
	if may("one") || !may("two") || !bytes.Equal(shown(), second.Chain[0]) {
		t.Error("after the change")
	}
	f.dial() // the hello is signed by the certificate of TLS
	if f.cfg.Gate.Max() != 50 {
		t.Error("the limits have not changed")
	}
}
