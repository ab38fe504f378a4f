package engine

import (
	"time"

	"switchyard/box"
	"switchyard/shard"
	"switchyard/smp"
	"switchyard/tls"
)

// handshake is what a connection needs until it is open. A worker owns it while the session is busy.
//
//	ClientHello ──▶ worker: key agreement and signature of TLS
//	Finished    ──▶ loop: our hello, with a session key that a worker has made ahead
//	hello       ──▶ worker: key agreement of SMP
type handshake struct {
	hello    *helloMaker   // of the certificate that the client is shown
	in       []byte        // copy of the input that the worker consumes
	out      *shard.Buffer // what it wants to send
	consumed int
	err      error
	key      *sessionKey // of our hello
	said     []byte      // content of the client's hello
	agreed   agreed      // what the two hellos agree on
	chain    int         // bytes of the certificates that the client has shown in TLS
	frames   int         // on ports for WebSockets, those before the client's hello that were no block
	shared   bool        // by a port with a site, whose the connection may be yet
}

// helloMaker makes our hello and judges the client's.
type helloMaker struct {
	// Immutable.
	keyPair  *tls.KeyPair
	identity [32]byte
	versions smp.VersionRange

	keys sessionKeys
}

// offered is the version range for a connection: without ALPN the client is of before version 7.
func (m *helloMaker) offered(c *tls.Conn) smp.VersionRange {
	if _, ok := c.NegotiatedALPN(); ok {
		return m.versions
	}
	return smp.VersionRange{Min: smp.MinVersion, Max: smp.MinVersion}
}

// appendHello appends the content of our hello. A session at version 6 has a key too, which nobody is told:
// authenticators must not verify against a known one.
func (m *helloMaker) appendHello(b []byte, c *tls.Conn, key *sessionKey) []byte {
	hello := smp.ServerHello{Range: m.offered(c), SessionID: c.SessionID()}
	if hello.Range.Max >= smp.VersionAuthCmds {
		hello.CertKey = &smp.CertKey{Chain: m.keyPair.Chain, SignedKey: key.signed}
	}
	return smp.AppendServerHello(b, &hello)
}

// agreed is what a session runs on after the hellos.
type agreed struct {
	ok        bool
	claim     *serviceClaim // a service that is to be found yet
	reply     []byte        // padded block that answers a service; nil for other clients
	service   *shard.Service
	version   smp.Version
	encrypted bool
	receive   box.Chain
	send      box.Chain
	proxied   *[32]byte // subkey of what the two hellos' keys share, for RFWD; nil when the client gave no key
}

// agree judges the client's hello: not for us, malformed or of no common version, and nothing is agreed.
func (m *helloMaker) agree(c *tls.Conn, secret *[32]byte, content []byte) (a agreed) {
	hello, ok := smp.ParseClientHello(content)
	if !ok || string(hello.KeyHash) != string(m.identity[:]) || !m.offered(c).Contains(hello.Version) {
		return a
	}
	a.version = hello.Version
	a.ok = hello.PublicKey == nil || a.share(c, secret, &hello)
	if !a.ok || hello.Service == nil {
		return a
	}
	claim, fault := judgeService(c.PeerChain(), hello.Service)
	if a.claim = claim; claim == nil {
		a.reply, a.ok = answerService(nil, fault), false
	}
	return a
}

// share takes the client's key of the hello; it says whether it is one.
func (a *agreed) share(c *tls.Conn, secret *[32]byte, hello *smp.ClientHello) bool {
	public, err := box.ParseX25519(hello.PublicKey)
	if err != nil {
		return false
	}
	var shared [32]byte
	_ = box.DH(&shared, secret, &public) // the reference takes keys of low order too
	a.proxied = new([32]byte)
	box.Precompute(a.proxied, &shared)
	defer clear(shared[:])
	if hello.Version < smp.VersionEncryptedBlock || hello.Proxy {
		return true
	}
	a.send, a.receive = box.NewChains(c.SessionID(), &shared)
	a.encrypted = true
	return true
}

// continueTLS advances the TLS handshake when the input holds a whole record: on a worker, but the end of it, which takes
// no asymmetric cryptography when the client has no certificate, here.
func (s *session) continueTLS() {
	in, err := s.conn.Peek(-1)
	if err != nil || len(in) == 0 || s.handshake.shared && !s.isOurs(in) {
		return
	}
	if _, whole, err := tls.RecordLen(in); !whole && err == nil {
		return
	}
	h := s.handshake
	if s.tls.Light(len(in)) {
		h.in = in
		s.advanceTLS()
		s.advancedTLS()
		return
	}
	h.in = append(h.in[:0], in...)
	s.work(s.advanceTLS, s.advancedTLS)
}

// work has a worker do one part of the handshake and the loop another afterwards. A router that stops begins nothing.
func (s *session) work(job, then func()) {
	if !s.loop.input {
		return
	}
	s.busy = true
	hello := s.handshake.hello
	ok := s.loop.router.workers.Submit(func() {
		job()
		s.loop.run(func() {
			s.busy = false
			if s.phase == phaseClosed {
				s.forget() // what end had to leave to the worker
				return
			}
			then()
		})
		hello.refill()
	})
	if !ok {
		s.busy = false
		s.drop(CauseBusy)
	}
}

// advanceTLS takes input of the TLS handshake.
func (s *session) advanceTLS() {
	h := s.handshake
	h.out = shard.NewBuffer(0)
	h.consumed, h.out.Data, h.err = s.tls.Advance(h.in, h.out.Data)
}

// advancedTLS runs on the loop after advanceTLS.
func (s *session) advancedTLS() {
	h := s.handshake
	s.write(h.out.Data)
	h.out.Release()
	h.in, h.out = nil, nil
	if s.phase == phaseClosed {
		return
	}
	if h.err != nil {
		s.logTLS(h.err)
		s.drop(CauseTLS)
		return
	}
	if h.consumed > 0 {
		_, _ = s.conn.Discard(h.consumed)
		s.settle() // nothing else may come to that
	}
	if s.tls.HandshakeDone() {
		s.phase = phaseHello
		s.active = time.Now()
		for _, cert := range s.tls.PeerChain() {
			h.chain += len(cert)
		}
		s.begin()
		return
	}
	if h.consumed > 0 && s.conn.InboundBuffered() > 0 {
		s.traffic()
	}
}

// begin begins the SMP handshake with a session key from the stock, or one that a worker makes.
func (s *session) begin() {
	h, hello := s.handshake, s.handshake.hello
	if h.key = hello.keys.take(); h.key == nil {
		s.work(func() { h.key = hello.newKey() }, s.greet)
		return
	}
	s.greet()
}

// greet sends our hello, unless it has to wait for the request of a WebSocket client.
func (s *session) greet() {
	if s.web == nil {
		s.sendHello()
	}
	if s.phase != phaseClosed && s.conn.InboundBuffered() > 0 {
		s.traffic()
	}
}

func (s *session) sendHello() {
	b := newOutBlock(false)
	defer b.release()
	content := s.handshake.hello.appendHello(b.mem[b.start:b.start], s.tls, s.handshake.key)
	block := b.mem[tls.RecordHeader : tls.RecordHeader+smp.BlockSize]
	if err := box.PadInPlace(block, len(content)); err != nil {
		s.close(CauseHello) // the certificates are too long
		return
	}
	if s.web != nil {
		s.write(s.tls.Seal(nil, s.framed(block)))
		return
	}
	s.write(s.tls.SealInPlace(b.mem[:], smp.BlockSize))
}

func (s *session) logTLS(err error) {
	if r := s.loop.router; r.live.Load().LogTLSErrors {
		r.cfg.Log.Info("TLS handshake failed", "error", err)
	}
}

// takeHello gives the client's hello to a worker.
func (s *session) takeHello(block []byte) {
	content, err := box.Unpad(block)
	if err != nil {
		s.close(CauseHello)
		return
	}
	h := s.handshake
	h.said = append([]byte(nil), content...)
	s.work(func() { h.agreed = h.hello.agree(s.tls, &h.key.secret, h.said) }, s.agreed)
}

// agreed runs on the loop after agree: the session is open, or ends as in the reference, without an answer unless a
// service is refused. A service has to be found first.
func (s *session) agreed() {
	a := &s.handshake.agreed
	if a.claim != nil {
		s.findService(a.claim)
		return
	}
	s.tls.ForgetPeerChain()
	if a.reply != nil {
		s.write(s.tls.Seal(nil, s.framed(a.reply)))
		if s.phase == phaseClosed { // the write failed
			return
		}
	}
	if !a.ok {
		s.close(CauseHello)
		return
	}
	s.client = shard.NewClient(s.loop.router.shards.Len())
	s.client.Version = a.version
	s.client.SessionID = s.tls.SessionID()
	s.client.SecretKey = s.handshake.key.secret
	s.client.Loop = s.loop
	s.client.Owner = s
	if a.service != nil {
		s.client.Serve(a.service)
	}
	s.encrypted, s.receive, s.send, s.proxied = a.encrypted, a.receive, a.send, a.proxied
	s.handshake.forget()
	s.handshake = nil
	s.phase = phaseOpen
	delete(s.loop.greeting, s)
	s.active = time.Now()
	s.loop.router.counts.sessions.Add(1)
	s.loop.router.counts.handshakes.count(s, handshakeDone)
	if s.web != nil {
		s.takeFrames(nil)
	}
	if s.phase != phaseClosed && s.conn.InboundBuffered() > 0 {
		s.traffic()
	}
}
