package client

import (
	"context"
	"crypto/rand"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"switchyard/box"
	"switchyard/smp"
	"switchyard/tls"
)

// testRouter is the other side of a client in tests. It does the handshakes as a router does, or wrong where a test asks
// for it, and then runs a script for each connection.
type testRouter struct {
	t        testing.TB
	pair     *tls.KeyPair
	versions smp.VersionRange
	groups   []tls.Group
	hello    func(*smp.ServerHello)              // may change the hello, nil
	greet    func(c *routerConn, content []byte) // sends something else than the hello, nil
	script   func(*routerConn)

	conns sync.WaitGroup
}

// routerConn is the router's end of a connection.
type routerConn struct {
	*tls.NetConn
	router        *testRouter
	private       *box.PrivateKey
	version       smp.Version
	encrypted     bool
	send, receive box.Chain
	batch         smp.Batch // not yet taken by next

	writing sync.Mutex
}

// issued caches certificates: they are the slow part of a test.
var issued struct {
	sync.Mutex
	pairs map[tls.SignatureScheme]*tls.KeyPair
}

// keyPair is a router's chain of leaf and identity, valid from before the time at which bubbles begin.
func keyPair(t testing.TB, scheme tls.SignatureScheme) *tls.KeyPair {
	t.Helper()
	issued.Lock()
	defer issued.Unlock()
	if pair := issued.pairs[scheme]; pair != nil {
		return pair
	}
	if issued.pairs == nil {
		issued.pairs = make(map[tls.SignatureScheme]*tls.KeyPair)
	}
	now := time.Date(1999, 12, 1, 0, 0, 0, 0, time.UTC)
	caCert, caKey, err := tls.IssueCA(scheme, "SMP server CA", "SimpleX", now)
	must(t, err)
	ca, err := tls.ParseKeyPair(caCert, caKey)
	must(t, err)
	cert, key, err := tls.IssueLeaf(ca, scheme, "localhost", now)
	must(t, err)
	pair, err := tls.ParseKeyPair(append(cert, caCert...), key)
	must(t, err)
	issued.pairs[scheme] = pair
	return pair
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newTestRouter is a router of all versions whose connections run the script.
func newTestRouter(t testing.TB, script func(*routerConn)) *testRouter {
	t.Helper()
	return &testRouter{
		t:        t,
		pair:     keyPair(t, tls.Ed25519),
		versions: smp.VersionRange{Min: smp.MinVersion, Max: smp.CurrentVersion},
		script:   script,
	}
}

// config connects to the router through pipes.
func (r *testRouter) config() Config {
	config := Defaults(smp.ServerAddress{
		Scheme:  smp.SchemeSMP,
		KeyHash: tls.Fingerprint(tls.Identity(r.pair.Chain)),
		Hosts:   []string{"router"},
	})
	config.Groups = []tls.Group{tls.X25519} // X448 is slow
	config.Connect = func(context.Context, string) (net.Conn, error) {
		client, router := net.Pipe()
		r.accept(router)
		return client, nil
	}
	return config
}

// accept runs the router's side of a connection on a goroutine of its own.
func (r *testRouter) accept(conn net.Conn) {
	r.conns.Add(1)
	go func() {
		defer r.conns.Done()
		config := &tls.Config{
			Certificates:      []*tls.KeyPair{r.pair},
			ALPN:              []string{alpn},
			Groups:            r.groups,
			RequestClientCert: true,
		}
		c := &routerConn{NetConn: tls.Server(conn, config), router: r}
		defer c.Close()
		if c.handshake() == nil && r.script != nil {
			r.script(c)
		}
	}()
}

// handshake is the router's side of the TLS and the SMP handshake.
func (c *routerConn) handshake() error {
	if err := c.Handshake(context.Background()); err != nil {
		return err
	}
	content, err := c.hello()
	if err != nil {
		return err
	}
	if c.router.greet != nil {
		c.router.greet(c, content)
	} else if err := c.writeBlock(content); err != nil {
		return err
	}
	content, err = c.readBlock()
	if err != nil {
		return err
	}
	h, ok := smp.ParseClientHello(content)
	if !ok || [32]byte(h.KeyHash) != tls.Fingerprint(tls.Identity(c.router.pair.Chain)) {
		return smp.TransportParse
	}
	c.version = h.Version
	if h.Version >= smp.VersionEncryptedBlock && h.PublicKey != nil && !h.Proxy {
		public, err := box.ParseX25519(h.PublicKey)
		if err != nil {
			return err
		}
		var secret [box.KeySize]byte
		scalar, _ := c.private.X25519()
		if err := box.DH(&secret, scalar, &public); err != nil {
			return err
		}
		c.encrypted = true
		c.send, c.receive = box.NewChains(c.SessionID(), &secret)
	}
	return nil
}

// hello makes the content of the router's hello.
func (c *routerConn) hello() ([]byte, error) {
	pair := c.router.pair
	h := smp.ServerHello{Range: c.router.versions, SessionID: c.SessionID()}
	if _, ok := c.NegotiatedALPN(); !ok {
		h.Range = smp.VersionRange{Min: smp.MinVersion, Max: smp.MinVersion}
	}
	if h.Range.Max >= smp.VersionAuthCmds {
		var err error
		if c.private, err = box.GenerateKey(box.X25519, rand.Reader); err != nil {
			return nil, err
		}
		public := c.private.Public()
		signed, err := box.AppendSignedKey(nil, public.AppendSPKI(nil), pair.Sign)
		if err != nil {
			return nil, err
		}
		h.CertKey = &smp.CertKey{Chain: pair.Chain, SignedKey: signed}
	}
	if c.router.hello != nil {
		c.router.hello(&h)
	}
	return smp.AppendServerHello(nil, &h), nil
}

func (c *routerConn) readBlock() ([]byte, error) {
	block := make([]byte, smp.BlockSize)
	if _, err := io.ReadFull(c, block); err != nil {
		return nil, err
	}
	if !c.encrypted {
		return box.Unpad(block)
	}
	content, ok := c.receive.OpenBlock(block)
	if !ok {
		return nil, smp.TransportBlock
	}
	return content, nil
}

// seal makes a block.
func (c *routerConn) seal(content []byte) []byte {
	block := make([]byte, smp.BlockSize)
	var err error
	if c.encrypted {
		copy(block[18:], content)
		err = c.send.SealBlock(block, len(content))
	} else {
		copy(block[2:], content)
		err = box.PadInPlace(block, len(content))
	}
	must(c.router.t, err)
	return block
}

func (c *routerConn) writeBlock(content []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	_, err := c.Write(c.seal(content))
	return err
}

// next takes the next command of the client; ok is false when the connection has ended.
func (c *routerConn) next() (t smp.Transmission, ok bool) {
	raw, ok := c.batch.Next()
	for !ok {
		content, err := c.readBlock()
		if err != nil {
			return t, false
		}
		if c.batch, ok = smp.ParseBatch(content); !ok {
			c.router.t.Error("client sent a block that does not parse")
			return t, false
		}
		raw, ok = c.batch.Next()
	}
	t, e := smp.ParseTransmission(c.version, c.SessionID(), raw)
	if !e.IsZero() {
		c.router.t.Errorf("client sent a transmission with %v", e)
	}
	return t, e.IsZero()
}

// transmission makes a transmission of the router.
func (c *routerConn) transmission(corrID, entityID, response []byte) []byte {
	return append(smp.AppendResponseHeader(nil, c.version, c.SessionID(), corrID, entityID), response...)
}

// respond sends a response in a block of its own; the end of the connection shows when next is called.
func (c *routerConn) respond(corrID, entityID, response []byte) {
	_ = c.writeBlock(smp.AppendBatch(nil, c.transmission(corrID, entityID, response)))
}

// drain reads until the client has gone.
func (c *routerConn) drain() { _, _ = io.Copy(io.Discard, c) }
