package tls

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
)

// testTime lies in the validity of every certificate that the tests issue.
var testTime = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

// router is an identity and its online certificate, as a router has them on disk.
type router struct {
	ca, leaf       *KeyPair
	caPEM, leafPEM []byte
	leafKeyPEM     []byte
}

func (r *router) chainPEM() []byte   { return append(bytes.Clone(r.leafPEM), r.caPEM...) }
func (r *router) identity() [32]byte { return Fingerprint(r.ca.Chain[0]) }
func (r *router) verify() func([][]byte) error {
	return func(chain [][]byte) error { return VerifyChain(chain, r.identity(), testTime) }
}

// routers are made once: Ed448 keys are slow.
var routers = sync.OnceValue(func() map[SignatureScheme]*router {
	return map[SignatureScheme]*router{Ed25519: newRouter(Ed25519), Ed448: newRouter(Ed448)}
})

func newRouter(scheme SignatureScheme) *router {
	caPEM, caKeyPEM, err := IssueCA(scheme, "SMP server CA", "SimpleX", testTime.Add(-time.Hour))
	must(err)
	ca, err := ParseKeyPair(caPEM, caKeyPEM)
	must(err)
	leafPEM, leafKeyPEM, err := IssueLeaf(ca, scheme, "localhost", testTime.Add(-time.Hour))
	must(err)
	r := &router{ca: ca, caPEM: caPEM, leafPEM: leafPEM, leafKeyPEM: leafKeyPEM}
	r.leaf, err = ParseKeyPair(r.chainPEM(), leafKeyPEM)
	must(err)
	return r
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func testNow() time.Time { return testTime }

func serverConfig(scheme SignatureScheme) *Config {
	return &Config{Certificates: []*KeyPair{routers()[scheme].leaf}, Now: testNow}
}

func clientConfig(scheme SignatureScheme) *Config {
	return &Config{VerifyPeer: routers()[scheme].verify(), Now: testNow}
}

// shake runs a handshake in memory, and returns the errors of both sides.
func shake(client, server *Conn) (clientErr, serverErr error) {
	var toServer, toClient []byte
	for {
		var n, m int
		n, toServer, clientErr = client.Advance(toClient, toServer)
		toClient = toClient[n:]
		m, toClient, serverErr = server.Advance(toServer, toClient)
		toServer = toServer[m:]
		if clientErr != nil || serverErr != nil || n+m == 0 {
			_, _, late := client.Advance(toClient, nil)
			return errors.Join(clientErr, late), serverErr
		}
	}
}

// established is a pair of connections after their handshake.
func established(t testing.TB, client, server *Config) (*Conn, *Conn) {
	t.Helper()
	c, s := NewClient(client), NewServer(server)
	clientErr, serverErr := shake(c, s)
	if clientErr != nil || serverErr != nil {
		t.Fatalf("handshake: client: %v; server: %v", clientErr, serverErr)
	}
	if !c.HandshakeDone() || !s.HandshakeDone() {
		t.Fatal("the handshake is not done")
	}
	return c, s
}

// records cuts a stream of whole records.
func records(t testing.TB, stream []byte) [][]byte {
	t.Helper()
	var out [][]byte
	for len(stream) > 0 {
		n, whole, err := RecordLen(stream)
		if err != nil || !whole {
			t.Fatalf("stream does not end with a record: %v", err)
		}
		out, stream = append(out, stream[:n:n]), stream[n:]
	}
	return out
}

// openAll opens a stream of whole records, and returns the application data in it.
func openAll(t testing.TB, c *Conn, stream []byte) []byte {
	t.Helper()
	var data []byte
	for _, record := range records(t, stream) {
		plain, err := c.Open(nil, record)
		if err != nil {
			t.Fatalf("Open: %v", err)
		}
		data = append(data, plain...)
	}
	return data
}

// exchange sends a message each way, and whatever is pending.
func exchange(t testing.TB, a, b *Conn) {
	t.Helper()
	for range 2 {
		message := fmt.Appendf(nil, "message from client %v", a.client)
		if got := openAll(t, b, a.Seal(nil, message)); !bytes.Equal(got, message) {
			t.Fatalf("got %q, want %q", got, message)
		}
		a, b = b, a
	}
}

// wantAlert checks that err is ours, with an alert.
func wantAlert(t testing.TB, err error, alert Alert) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Remote || e.Alert != alert {
		t.Errorf("error %v, want the alert %v", err, alert)
	}
}

// wantRemote checks that err is the peer's alert.
func wantRemote(t testing.TB, err error, alert Alert) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || !e.Remote || e.Alert != alert {
		t.Errorf("error %v, want the peer's alert %v", err, alert)
	}
}

// cert describes a certificate for tests of chains.
type cert struct {
	name   string
	scheme SignatureScheme
	ca     bool
	usage  []byte // BIT STRING of keyUsage with its count of unused bits; nil without
	path   int    // pathLenConstraint; 0 without
	from   time.Time
}

// issue makes a certificate signed by parent; by itself if parent is nil.
func issue(c cert, parent *KeyPair) *KeyPair {
	if c.scheme == 0 {
		c.scheme = Ed25519
	}
	if c.from.IsZero() {
		c.from = testTime.Add(-time.Hour)
	}
	key, _, err := newKey(c.scheme)
	must(err)
	pair := &KeyPair{Key: key}
	name, err := appendName(c.name, "")
	must(err)
	issuer, signer := name, pair
	if parent != nil {
		issuer, signer = subjectOf(parent), parent
	}
	text, err := sign(&certificate{issuer: issuer, subject: name, notBefore: c.from, key: key, extensions: c.extensions}, signer)
	must(err)
	block, _ := pem.Decode(text)
	pair.Chain = [][]byte{block.Bytes}
	if parent != nil {
		pair.Chain = append(pair.Chain, parent.Chain...)
	}
	return pair
}

func (c cert) extensions(b *cryptobyte.Builder) {
	addExtension(b, oidBasicConstraints, true, func(b *cryptobyte.Builder) {
		b.AddASN1(0x30, func(b *cryptobyte.Builder) {
			if c.ca {
				b.AddASN1Boolean(true)
			}
			if c.path > 0 {
				b.AddASN1Int64(int64(c.path - 1))
			}
		})
	})
	if c.usage != nil {
		addExtension(b, oidKeyUsage, true, func(b *cryptobyte.Builder) {
			b.AddASN1(0x03, func(b *cryptobyte.Builder) { b.AddBytes(c.usage) })
		})
	}
}

func subjectOf(pair *KeyPair) []byte {
	parsed, err := x509.ParseCertificate(pair.Chain[0])
	must(err)
	return parsed.RawSubject
}
