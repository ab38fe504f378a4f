package engine_test

import (
	"crypto/rand"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"switchyard/box"
	"switchyard/engine"
	"switchyard/engine/relay"
	"switchyard/smp"
	"switchyard/smp/client"
	"switchyard/tls"
)

// hostile is a destination that does each step of a router, or something else.
type hostile struct {
	t        testing.TB
	listener net.Listener
	pair     *tls.KeyPair
	address  smp.ServerAddress
	act      destination
}

// destination is what a destination does other than it should, from the first step on.
type destination struct {
	raw   func(net.Conn)          // with the TCP connection
	hello func(*smp.ServerHello)  // changes the hello
	greet func(*hostileSession)   // in place of the hello
	relay func(h *hostileSession) // with the session, when a command has come
	pair  *tls.KeyPair            // other certificates than those of the address
}

// hostileSession is a destination's session with the proxy.
type hostileSession struct {
	conn   *tls.NetConn
	key    [32]byte // private key of the hello
	outer  [32]byte // subkey of the proxy's hello key and that
	corrID []byte   // of RFWD
}

func startHostile(t testing.TB, act destination) *hostile {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &hostile{t: t, listener: l, act: act}
	var identity [32]byte
	h.pair, identity = certificates(t, tls.Ed25519)
	host, port, _ := net.SplitHostPort(l.Addr().String())
	h.address = smp.ServerAddress{Scheme: smp.SchemeSMP, KeyHash: identity, Hosts: []string{host}, Port: port}
	if act.pair != nil {
		h.pair = act.pair
	}
	go h.serve()
	t.Cleanup(func() { l.Close() })
	return h
}

func (h *hostile) serve() {
	for {
		c, err := h.listener.Accept()
		if err != nil {
			return
		}
		h.t.Cleanup(func() { c.Close() })
		go h.take(c)
	}
}

func (h *hostile) take(c net.Conn) {
	if h.act.raw != nil {
		h.act.raw(c)
		return
	}
	conn := tls.Server(c, &tls.Config{Certificates: []*tls.KeyPair{h.pair}, ALPN: []string{"smp/1"}})
	if conn.Handshake(testContext(h.t)) != nil {
		c.Close()
		return
	}
	s := &hostileSession{conn: conn}
	if h.act.greet != nil {
		h.act.greet(s)
		return
	}
	if h.greet(s) != nil {
		conn.Close()
		return
	}
	block, err := s.receive()
	if err != nil {
		return
	}
	batch, _ := smp.ParseBatch(block)
	raw, _ := batch.Next()
	tr, _ := smp.ParseTransmission(18, conn.SessionID(), raw)
	s.corrID = tr.CorrID
	h.act.relay(s)
}

// greet does the SMP handshake.
func (h *hostile) greet(s *hostileSession) error {
	var public [32]byte
	if err := box.GenerateX25519(rand.Reader, &s.key, &public); err != nil {
		return err
	}
	signed, err := box.AppendSignedKey(nil, box.AppendX25519(nil, &public), h.pair.Sign)
	if err != nil {
		return err
	}
	hello := smp.ServerHello{
		Range: smp.VersionRange{Min: 6, Max: 19}, SessionID: s.conn.SessionID(),
		CertKey: &smp.CertKey{Chain: h.pair.Chain, SignedKey: signed},
	}
	if h.act.hello != nil {
		h.act.hello(&hello)
	}
	s.send(smp.AppendServerHello(nil, &hello))
	content, err := s.receive()
	if err != nil {
		return err
	}
	client, ok := smp.ParseClientHello(content)
	if !ok || !client.Proxy || client.PublicKey == nil {
		return errors.New("the proxy's hello is not that of a proxy")
	}
	theirs, err := box.ParseX25519(client.PublicKey)
	if err != nil {
		return err
	}
	var secret [32]byte
	err = box.DH(&secret, &s.key, &theirs)
	box.Precompute(&s.outer, &secret)
	return err
}

func (s *hostileSession) send(content []byte) {
	block, _ := box.Pad(nil, content, smp.BlockSize)
	_, _ = s.conn.Write(block)
}

func (s *hostileSession) receive() ([]byte, error) {
	block := make([]byte, smp.BlockSize)
	if _, err := io.ReadFull(s.conn, block); err != nil {
		return nil, err
	}
	return box.Unpad(block)
}

// answer answers the command.
func (s *hostileSession) answer(entity, response string) {
	head := smp.AppendResponseHeader(nil, 19, s.conn.SessionID(), s.corrID, []byte(entity))
	s.send(smp.AppendBatch(nil, append(head, response...)))
}

// rres is a response whose box is good, around content that need not be.
func (s *hostileSession) rres(content []byte) string {
	sealed := append(make([]byte, box.TagSize), content...)
	box.Seal(sealed, nonceOf(string(s.corrID), true), &s.outer)
	return string(smp.AppendRRes(nil, sealed))
}

// stall reads until the proxy gives up.
func (s *hostileSession) stall() { _, _ = io.Copy(io.Discard, s.conn) }

// hostileTest is a proxy with a client that goes on using a good destination.
type hostileTest struct {
	t     testing.TB
	good  *testRouter
	proxy *testRouter
	owner *client.Client
	other *client.Client
	relay *client.Relay
}

func newHostileTest(t testing.TB) *hostileTest {
	h := &hostileTest{t: t, good: startRouter(t)}
	h.proxy = startRouter(t, func(c *engine.Config) {
		c.Proxy = &relay.Config{DialTimeout: 300 * time.Millisecond, CommandTimeout: 300 * time.Millisecond}
	})
	h.owner, h.other = h.good.dial(t), h.proxy.dial(t)
	h.relay = h.good.through(t, h.other)
	return h
}

// others checks that the traffic of others goes on.
func (h *hostileTest) others(name string) {
	h.t.Helper()
	ctx := testContext(h.t)
	q, err := h.owner.NewQueue(ctx, client.QueueParams{Subscribe: true})
	if err != nil {
		h.t.Fatal(err)
	}
	if err := h.relay.Send(ctx, q.Sender(nil), false, []byte("hi")); err != nil {
		h.t.Fatalf("%s: SEND of another client through the same proxy: %v", name, err)
	}
	if m := receive(h.t, h.owner, q); string(m.Body) != "hi" {
		h.t.Errorf("%s: another client's message is %q", name, m.Body)
	}
}

// A destination that does not do what a router does before it can be forwarded to: PRXY has the error of the protocol,
// at once for the next client too, and others' traffic goes on.
func TestHostileHandshake(t *testing.T) {
	h := newHostileTest(t)
	otherPair, _ := certificates(t, tls.Ed25519)
	greet := func(content func(*hostileSession) []byte) func(*hostileSession) {
		return func(s *hostileSession) { s.send(content(s)); s.stall() }
	}
	for _, c := range []struct {
		name string
		act  destination
		want smp.Error
	}{
		{"closes at once", destination{raw: func(c net.Conn) { c.Close() }}, smp.ErrBrokerNetwork},
		{"sends garbage in place of TLS", destination{raw: func(c net.Conn) { _, _ = c.Write(make([]byte, 1<<20)) }}, smp.ErrBrokerNetwork},
		{"says nothing", destination{raw: func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }}, smp.ErrBrokerNetwork},
		{"has other certificates", destination{pair: otherPair}, smp.ErrBrokerNetwork},
		{"closes before the hello", destination{greet: func(s *hostileSession) { s.conn.Close() }}, smp.ErrBrokerNetwork},
		{"closes within the hello", destination{greet: func(s *hostileSession) { _, _ = s.conn.Write(make([]byte, 100)); s.conn.Close() }}, smp.ErrBrokerNetwork},
		{"stalls before the hello", destination{greet: (*hostileSession).stall}, smp.ErrBrokerTimeout},
		{"block without padding", destination{greet: func(s *hostileSession) {
			_, _ = s.conn.Write([]byte(strings.Repeat("\xff", smp.BlockSize)))
			s.stall()
		}}, smp.ErrBrokerTransport(smp.TransportBlock)},
		{"hello that does not parse", destination{greet: greet(func(*hostileSession) []byte { return []byte("hello") })}, smp.ErrBrokerTransport(smp.TransportParse)},
		{"another session ID", destination{hello: func(h *smp.ServerHello) { h.SessionID = make([]byte, 32) }}, smp.ErrBrokerTransport(smp.TransportSession)},
		{"versions of the future", destination{hello: func(h *smp.ServerHello) { h.Range = smp.VersionRange{Min: 99, Max: 100} }}, smp.ErrBrokerTransport(smp.TransportVersion)},
		{"versions before forwarding", destination{hello: func(h *smp.ServerHello) { h.Range = smp.VersionRange{Min: 6, Max: 7} }}, smp.ErrBrokerTransport(smp.TransportVersion)},
		{"no session key", destination{hello: func(h *smp.ServerHello) { h.CertKey = nil }}, smp.ErrBrokerTransport(smp.TransportNoAuth)},
		{"chain of another router", destination{hello: func(h *smp.ServerHello) { h.CertKey.Chain = otherPair.Chain }}, smp.ErrBrokerTransport(smp.TransportBadAuth)},
		{"key signed by nobody", destination{hello: func(h *smp.ServerHello) { h.CertKey.SignedKey[len(h.CertKey.SignedKey)-1] ^= 1 }}, smp.ErrBrokerTransport(smp.TransportBadAuth)},
		{"key that is none", destination{hello: func(h *smp.ServerHello) { h.CertKey.SignedKey = []byte("key") }}, smp.ErrBrokerTransport(smp.TransportParse)},
	} {
		address := startHostile(t, c.act).address
		for range 2 {
			if _, err := h.proxy.dial(t).DialRelay(testContext(t), address, ""); err != error(c.want) {
				t.Errorf("%s: %v, want %v", c.name, err, c.want)
			}
		}
		h.others(c.name)
	}
}

// A destination that misbehaves once commands are forwarded to it.
func TestHostileRelay(t *testing.T) {
	h := newHostileTest(t)
	answer := func(entity, response string) func(*hostileSession) {
		return func(s *hostileSession) { s.answer(entity, response); s.stall() }
	}
	rres := func(n int) func(*hostileSession) {
		return func(s *hostileSession) { s.answer("", s.rres(make([]byte, n))); s.stall() }
	}
	for _, c := range []struct {
		name  string
		relay func(*hostileSession)
		want  string
	}{
		{"closes", func(s *hostileSession) { s.conn.Close() }, "PROXY BROKER NETWORK"},
		{"closes in mid-block", func(s *hostileSession) { _, _ = s.conn.Write(make([]byte, 9000)); s.conn.Close() }, "PROXY BROKER NETWORK"},
		{"stalls", (*hostileSession).stall, "PROXY BROKER TIMEOUT"},
		{"block without padding", func(s *hostileSession) {
			_, _ = s.conn.Write([]byte(strings.Repeat("\xff", smp.BlockSize)))
			s.stall()
		}, "PROXY BROKER RESPONSE \x05BLOCK"},
		{"block without transmissions", func(s *hostileSession) { s.send([]byte{0}); s.stall() }, "PROXY BROKER RESPONSE \x05BLOCK"},
		{"answers an unknown word", answer("", "WHAT"), "PROXY BROKER RESPONSE \x0bCMD UNKNOWN"},
		{"answers with wrong parameters", answer("", "OK OK"), "PROXY BROKER RESPONSE \x0aCMD SYNTAX"},
		{"answers RRES for an entity", answer("entity", "RRES x"), "PROXY BROKER RESPONSE \x0cCMD HAS_AUTH"},
		{"answers something else", answer("", "PONG"), "PROXY BROKER UNEXPECTED \x04PONG"},
		{"answers AUTH", answer("", "ERR AUTH"), "PROXY PROTOCOL AUTH"},
		{"answers CRYPTO", answer("", "ERR CRYPTO"), "PROXY PROTOCOL CRYPTO"},
		{"answers an error of a proxy", answer("", "ERR PROXY BROKER TIMEOUT"), "PROXY PROTOCOL PROXY BROKER TIMEOUT"},
		{"answers a long error", answer("", "ERR STORE "+strings.Repeat("x", 16000)), "PROXY PROTOCOL STORE " + strings.Repeat("x", 1018)},
		{"answers to nobody, and then nothing", func(s *hostileSession) { s.corrID = []byte("nobody"); s.answer("", "PONG"); s.stall() }, "PROXY BROKER TIMEOUT"},
		{"box that does not open", answer("", "RRES "+strings.Repeat("x", 16000)), "CRYPTO"},
		{"empty box", rres(0), "PROXY BROKER RESPONSE \x05BLOCK"},
		{"response too long", rres(smp.ForwardedEnvelope + 26), "PROXY BROKER RESPONSE \x05BLOCK"},
	} {
		owner := h.proxy.dial(t)
		relay, err := owner.DialRelay(testContext(t), startHostile(t, destination{relay: c.relay}).address, "")
		if err != nil {
			t.Fatal(err)
		}
		err = relay.Send(testContext(t), &client.SndQueue{ID: []byte("queue")}, false, []byte("body"))
		var proxyError *client.ProxyError
		if !errors.As(err, &proxyError) || proxyError.Err.Error() != c.want {
			t.Errorf("%s: %.100v, want %.100s", c.name, err, c.want)
		}
		if err := owner.Ping(testContext(t)); err != nil {
			t.Errorf("%s: PING afterwards: %v", c.name, err)
		}
		h.others(c.name)
	}
	// A response of another length passes through: only the sender can know that it is none.
	owner := h.proxy.dial(t)
	relay, err := owner.DialRelay(testContext(t), startHostile(t, destination{relay: rres(100)}).address, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := relay.Send(testContext(t), &client.SndQueue{ID: []byte("queue")}, false, nil); err != client.ErrSealed {
		t.Errorf("response that the sender cannot open: %v", err)
	}
}

// A destination that comes back with other certificates is another one: its clients are told so, and those who know
// its new address reach it.
func TestChangedCertificate(t *testing.T) {
	h := newHostileTest(t)
	destination := startRouter(t)
	sender := h.proxy.dial(t)
	was := destination.address
	relay := destination.through(t, sender)
	destination.halt(t)
	destination.config.KeyPair, destination.config.Identity = certificates(t, tls.Ed448)
	destination.start(t)
	ctx := testContext(t)
	for err := error(nil); !errors.Is(err, smp.ErrProxyNoSession); {
		var proxyError *client.ProxyError
		if err = relay.Send(ctx, &client.SndQueue{ID: []byte("nobody")}, false, nil); !errors.As(err, &proxyError) {
			t.Fatal(err)
		}
	}
	if _, err := sender.DialRelay(ctx, was, ""); err != error(smp.ErrBrokerNetwork) {
		t.Errorf("PRXY for the old address: %v", err)
	}
	again := destination.through(t, sender)
	if err := again.Send(ctx, &client.SndQueue{ID: []byte("nobody")}, false, nil); !errors.Is(err, smp.ErrAuth) {
		t.Error(err)
	}
	h.others("after all")
}
