package tls

// Conn is one end of a TLS connection. It does no I/O and is not safe for concurrent use.
type Conn struct {
	// Immutable after NewServer and NewClient.
	config *Config
	client bool

	// The handshake, nil when it is done.
	hs *handshake

	// Set by the handshake.
	suite        *suite
	group        Group
	sessionID    [maxHashLen]byte
	sessionIDLen int
	hasALPN      bool
	alpn         string
	serverName   string
	peerChain    [][]byte

	// After the handshake.
	in, out      direction
	readErr      error // why nothing more is read; io.EOF after close_notify
	writeClosed  bool  // close_notify or a fatal alert was sent, or a fatal alert came
	alertDue     bool  // Pending sends alert
	alert        Alert
	keyUpdateDue bool   // Pending answers the peer's KeyUpdate
	partial      []byte // incomplete handshake message
	flood        flood
}

// NewServer is the server's end of a connection.
func NewServer(config *Config) *Conn {
	return &Conn{config: config, hs: &handshake{state: waitClientHello}}
}

// NewClient is the client's end of a connection. Its first Advance (with nil) makes the ClientHello.
func NewClient(config *Config) *Conn {
	return &Conn{config: config, client: true, hs: &handshake{state: start}}
}

// Advance drives the handshake: it consumes whole records at the start of in, appends what is to be sent to out, and
// stops when it needs more input or when the handshake is done; what it did not consume then is for Open. in is
// overwritten. If it consumes nothing, the first record is not complete; all asymmetric work of a flight is done by the
// call that consumes its last record.
//
// On an error the fitting alert has been appended to newOut, the connection is over, and Advance repeats the error. The
// error is an *Error, or what OnClientHello returned.
func (c *Conn) Advance(in, out []byte) (consumed int, newOut []byte, err error) {
	if c.readErr != nil {
		return 0, out, c.readErr
	}
	if c.hs == nil {
		return 0, out, nil
	}
	c.hs.out = out
	if c.hs.state == start {
		err = c.sendClientHello()
	}
	for err == nil && c.hs.state != connected {
		var n int
		var whole bool
		if n, whole, err = RecordLen(in[consumed:]); err != nil || !whole {
			break
		}
		err = c.readHandshakeRecord(in[consumed : consumed+n])
		consumed += n
	}
	if err != nil {
		c.failHandshake(err)
	}
	newOut = c.hs.out
	c.hs.out = nil
	if err != nil || c.hs.state == connected {
		c.hs.forget()
		c.hs = nil
	}
	return consumed, newOut, err
}

// Light reports that Advance of n bytes does no asymmetric cryptography: they end the handshake of a client without a
// certificate, since no certificate is as short.
func (c *Conn) Light(n int) bool {
	return !c.client && c.hs != nil && (c.hs.state == waitCertificate || c.hs.state == waitFinished) &&
		len(c.partial) == 0 && n <= maxLight
}

// failHandshake ends the connection, telling the peer unless the peer ended it or the error is OnClientHello's own.
func (c *Conn) failHandshake(err error) {
	c.readErr = err
	if alert, ok := alertOf(err); ok {
		if c.out.aead != nil {
			c.sendChangeCipherSpec()
		}
		c.hs.out = c.appendAlert(c.hs.out, alert)
	}
	c.writeClosed = true
}

func (c *Conn) appendAlert(out []byte, alert Alert) []byte {
	body := alert.body()
	return c.out.seal(out, typeAlert, versionTLS12, body[:])
}

// HandshakeDone reports that Open and Seal may be used.
func (c *Conn) HandshakeDone() bool { return c.hs == nil && c.sessionIDLen > 0 }

// SessionID is the session identifier that both sides share: the verify_data of the client's Finished (tls-unique of
// RFC 5929), 32 bytes, or 48 under AES256GCMSHA384. nil before the handshake is done.
func (c *Conn) SessionID() []byte {
	if !c.HandshakeDone() {
		return nil
	}
	return c.sessionID[:c.sessionIDLen:c.sessionIDLen]
}

// PeerChain is the verified chain of the peer in DER, leaf first; nil if a client sent none, and after
// ForgetPeerChain.
func (c *Conn) PeerChain() [][]byte { return c.peerChain }

// ForgetPeerChain frees the peer's chain, which is no smaller than the peer likes: most have no use for it once the
// session is agreed on.
func (c *Conn) ForgetPeerChain() { c.peerChain = nil }

// NegotiatedALPN is the protocol that the server chose; ok is false if there was no ALPN.
func (c *Conn) NegotiatedALPN() (protocol string, ok bool) { return c.alpn, c.hasALPN }

// ServerName is the name in the client's server_name, empty without one.
func (c *Conn) ServerName() string { return c.serverName }

// CipherSuite is the negotiated cipher suite, 0 before the ServerHello.
func (c *Conn) CipherSuite() CipherSuite {
	if c.suite == nil {
		return 0
	}
	return c.suite.id
}

// Group is the negotiated group, 0 before the ServerHello.
func (c *Conn) Group() Group { return c.group }
