package engine_test

import (
	"crypto/ed25519"
	"io"
	"net"
	"testing"

	"switchyard/box"
	"switchyard/smp"
	"switchyard/tls"
)

// rawClient speaks to a router block by block, so that it can say what no client would.
type rawClient struct {
	t         testing.TB
	socket    net.Conn
	conn      io.ReadWriter
	version   smp.Version
	sessionID []byte
}

// rawDial connects and greets at a version, with plain blocks.
func (r *testRouter) rawDial(t testing.TB, v smp.Version) *rawClient {
	t.Helper()
	c := r.rawTLS(t)
	hello := c.serverHello()
	c.version, c.sessionID = v, hello.SessionID
	c.send(smp.AppendClientHello(nil, &smp.ClientHello{Version: v, KeyHash: r.address.KeyHash[:]}))
	return c
}

// rawTLS connects no further than TLS, with these certificates.
func (r *testRouter) rawTLS(t testing.TB, certificates ...*tls.KeyPair) *rawClient {
	t.Helper()
	socket, err := net.Dial("tcp", r.config.Listen[0])
	if err != nil {
		t.Fatal(err)
	}
	conn := tls.Client(socket, &tls.Config{
		ALPN:         []string{"smp/1"},
		VerifyPeer:   func([][]byte) error { return nil },
		Certificates: certificates,
	})
	t.Cleanup(func() { conn.Close() })
	if err := conn.Handshake(testContext(t)); err != nil {
		t.Fatal(err)
	}
	return &rawClient{t: t, socket: socket, conn: conn}
}

func (c *rawClient) serverHello() smp.ServerHello {
	c.t.Helper()
	hello, ok := smp.ParseServerHello(c.receive())
	if !ok {
		c.t.Fatal("the router's hello does not parse")
	}
	return hello
}

// send sends content in a block.
func (c *rawClient) send(content []byte) {
	c.t.Helper()
	c.sendBlock(c.padded(content))
}

// padded is content as a block.
func (c *rawClient) padded(content []byte) []byte {
	c.t.Helper()
	block, err := box.Pad(nil, content, smp.BlockSize)
	if err != nil {
		c.t.Fatal(err)
	}
	return block
}

func (c *rawClient) sendBlock(block []byte) {
	c.t.Helper()
	if _, err := c.conn.Write(block); err != nil {
		c.t.Fatal(err)
	}
}

// receive returns the content of the next block.
func (c *rawClient) receive() []byte {
	c.t.Helper()
	block := make([]byte, smp.BlockSize)
	if _, err := io.ReadFull(c.conn, block); err != nil {
		c.t.Fatal("no block comes: ", err)
	}
	content, err := box.Unpad(block)
	if err != nil {
		c.t.Fatal(err)
	}
	return content
}

// closed waits until the router closes the connection; what it sends before is a failure.
func (c *rawClient) closed() {
	c.t.Helper()
	if n, err := c.conn.Read(make([]byte, 1)); n != 0 || err == nil {
		c.t.Fatal("the router sends something, a close is awaited")
	}
}

// responses reads blocks until n responses have come.
func (c *rawClient) responses(n int) (all []smp.Transmission) {
	c.t.Helper()
	for len(all) < n {
		all = append(all, c.parse(c.receive())...)
	}
	return all
}

// parse returns the responses in a block's content.
func (c *rawClient) parse(content []byte) (all []smp.Transmission) {
	c.t.Helper()
	batch, ok := smp.ParseBatch(content)
	if !ok {
		c.t.Fatal("a block of responses does not parse")
	}
	for t, ok := batch.Next(); ok; t, ok = batch.Next() {
		tr, err := smp.ParseResponseTransmission(c.version, c.sessionID, t)
		if !err.IsZero() {
			c.t.Fatal(err)
		}
		all = append(all, tr)
	}
	return all
}

// transmission encodes a transmission; a nil auth is none.
func (c *rawClient) transmission(auth []byte, corrID, entityID, command string) []byte {
	authorized := smp.AppendAuthorized(nil, c.sessionID, []byte(corrID), []byte(entityID), []byte(command))
	return smp.AppendTransmission(nil, c.version, c.sessionID, auth, nil, authorized[1+len(c.sessionID):])
}

// signed encodes a transmission signed with key.
func (c *rawClient) signed(key ed25519.PrivateKey, corrID, entityID, command string) []byte {
	authorized := smp.AppendAuthorized(nil, c.sessionID, []byte(corrID), []byte(entityID), []byte(command))
	return c.transmission(ed25519.Sign(key, authorized), corrID, entityID, command)
}

// ask sends transmissions in one block and returns as many responses.
func (c *rawClient) ask(ts ...[]byte) []smp.Transmission {
	c.t.Helper()
	c.send(smp.AppendBatch(nil, ts...))
	return c.responses(len(ts))
}

// read fills b with what the router sends.
func (c *rawClient) read(b []byte) error {
	_, err := io.ReadFull(c.conn, b)
	return err
}

// pour sends blocks of commands, whether they are taken or not, until it cannot, and tells how many.
func (c *rawClient) pour(blocks int) <-chan int {
	block := c.padded(c.pings())
	sent := make(chan int, 1)
	go func() {
		n := 0
		for n < blocks {
			if _, err := c.conn.Write(block); err != nil {
				break
			}
			n++
		}
		sent <- n
	}()
	return sent
}
