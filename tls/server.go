package tls

import (
	"bytes"
	"io"
	"slices"
)

// The server's handshake (RFC 8446 appendix A.2).

// readClientHello answers a ClientHello with the server's whole flight, or with a HelloRetryRequest.
func (c *Conn) readClientHello(message []byte) error {
	hello, err := parseClientHello(message[messageHeader:])
	if err != nil {
		return err
	}
	if c.hs.retry == nil && c.config.OnClientHello != nil {
		if err := c.config.OnClientHello(hello.info(message)); err != nil {
			return err
		}
	}
	if err := hello.check(); err != nil {
		return err
	}
	c.hs.hello = hello
	if c.hs.retry != nil {
		return c.readSecondHello(message)
	}
	if err := c.chooseSuite(); err != nil {
		return err
	}
	c.hs.transcript = newTranscript(c.suite)
	c.hs.transcript.add(message)
	if hello.earlyData {
		c.hs.earlyData = maxEarlyData
	}
	for _, group := range c.config.groups() {
		if share, ok := hello.share(group); ok {
			c.group = group
			return c.sendServerFlight(share)
		}
	}
	return c.sendHelloRetryRequest(message)
}

// chooseSuite is by the server's order of preference.
func (c *Conn) chooseSuite() error {
	for _, id := range c.config.suites() {
		if s := suiteByID(id); s != nil && slices.Contains(c.hs.hello.cipherSuites, id) {
			c.suite = s
			return nil
		}
	}
	return fatal(AlertHandshakeFailure, "no common cipher suite")
}

// sendHelloRetryRequest asks for a share of a group that both support.
func (c *Conn) sendHelloRetryRequest(message []byte) error {
	for _, group := range c.config.groups() {
		if !slices.Contains(c.hs.hello.groups, group) {
			continue
		}
		c.group = group
		c.hs.retry = &helloRetry{suite: c.suite, group: group}
		c.hs.helloRaw = bytes.Clone(message)
		c.hs.transcript.retry()
		hello := serverHello{random: helloRetryRandom, keyShare: keyShareEntry{group: group}, hasKeyShare: true}
		c.sendServerHello(&hello)
		c.hs.hello = nil // it aliases the caller's input
		return nil
	}
	return fatal(AlertHandshakeFailure, "no common group")
}

// readSecondHello checks that the client did what the HelloRetryRequest asked, and nothing else (section 4.1.2).
func (c *Conn) readSecondHello(message []byte) error {
	hello := c.hs.hello
	if hello.earlyData {
		return fatal(AlertIllegalParameter, "early_data in the second ClientHello")
	}
	if !sameButForRetry(c.hs.helloRaw, message) {
		return fatal(AlertIllegalParameter, "second ClientHello differs from the first")
	}
	if len(hello.keyShares) != 1 || hello.keyShares[0].group != c.group {
		return fatal(AlertIllegalParameter, "second ClientHello without the key share that was asked for")
	}
	c.hs.helloRaw, c.hs.earlyData = nil, 0
	c.hs.transcript.add(message)
	return c.sendServerFlight(hello.keyShares[0].key)
}

// sendServerHello fills in what a ServerHello and a HelloRetryRequest share, and sends it in clear.
func (c *Conn) sendServerHello(hello *serverHello) {
	hello.legacyVersion, hello.version = versionTLS12, versionTLS13
	hello.sessionID = c.hs.hello.sessionID
	hello.cipherSuite = c.suite.id
	c.send(hello.append)
	c.flush()
	c.sendChangeCipherSpec()
}

// sendServerFlight is everything from ServerHello to Finished: all of the server's asymmetric work.
func (c *Conn) sendServerFlight(share []byte) error {
	protocol, err := c.chooseProtocol()
	if err != nil {
		return err
	}
	pair := c.config.certificateFor(c.hs.hello.signatureSchemes)
	if pair == nil {
		return fatal(AlertHandshakeFailure, "no certificate that the client can verify")
	}
	secret, err := c.agree(share)
	if err != nil {
		return err
	}
	c.installHandshakeKeys(secret)
	c.sendEncryptedExtensions(protocol)
	if c.config.RequestClientCert {
		c.send((&certificateRequest{signatureSchemes}).append)
	}
	c.sendCertificate(pair)
	c.sendFinished(c.hs.serverSecret.verifyData(c.suite, c.hs.transcript.sum()))
	c.flush()
	master, hash := secret.master(), c.hs.transcript.sum()
	c.hs.clientApp = master.client(hash)
	c.out.rekey(c.suite, master.server(hash))
	clear(secret.secret)
	clear(master.secret)
	c.hs.state = waitFinished
	if c.config.RequestClientCert {
		c.hs.state = waitCertificate
	}
	c.serverName = c.hs.hello.serverName
	c.hs.hello = nil // it aliases the caller's input
	return nil
}

// chooseProtocol is ALPN by the server's order of preference (RFC 7301).
func (c *Conn) chooseProtocol() (string, error) {
	if c.hs.hello.alpn == nil || len(c.config.ALPN) == 0 {
		return "", nil
	}
	for _, protocol := range c.config.ALPN {
		if slices.Contains(c.hs.hello.alpn, protocol) {
			c.alpn, c.hasALPN = protocol, true
			return protocol, nil
		}
	}
	return "", fatal(AlertNoApplicationProtocol, "no common ALPN protocol")
}

// agree makes our key share, sends the ServerHello, and returns the secret of the exchange.
func (c *Conn) agree(share []byte) (handshakeSecret, error) {
	exchange, err := newKeyExchange(c.group, c.config.rand())
	if err != nil {
		return handshakeSecret{}, because(AlertInternalError, err)
	}
	defer exchange.forget()
	shared, err := exchange.shared(share)
	if err != nil {
		return handshakeSecret{}, err
	}
	defer clear(shared)
	hello := serverHello{keyShare: keyShareEntry{c.group, exchange.public}, hasKeyShare: true}
	if _, err := io.ReadFull(c.config.rand(), hello.random[:]); err != nil {
		return handshakeSecret{}, because(AlertInternalError, err)
	}
	c.sendServerHello(&hello)
	return c.suite.handshake(shared), nil
}

// installHandshakeKeys goes over to the keys that protect the rest of the handshake, in both directions.
func (c *Conn) installHandshakeKeys(secret handshakeSecret) {
	hash := c.hs.transcript.sum()
	c.hs.clientSecret, c.hs.serverSecret = secret.client(hash), secret.server(hash)
	if c.client {
		c.in.rekey(c.suite, c.hs.serverSecret)
		c.out.rekey(c.suite, c.hs.clientSecret)
		return
	}
	c.in.rekey(c.suite, c.hs.clientSecret)
	c.out.rekey(c.suite, c.hs.serverSecret)
}

func (c *Conn) sendEncryptedExtensions(protocol string) {
	e := encryptedExtensions{alpn: protocol, ackSNI: c.hs.hello.hasSNI}
	if groups := c.config.groups(); c.group != groups[0] {
		e.groups = groups // as the reference does: the client may use a better one next time
	}
	c.send(e.append)
}

// readClientFinished ends the handshake.
func (c *Conn) readClientFinished(verifyData []byte) error {
	if err := c.checkFinished(c.hs.clientSecret, verifyData); err != nil {
		return err
	}
	c.in.rekey(c.suite, c.hs.clientApp)
	c.finish(verifyData)
	return nil
}

// finish keeps the session identifier, and counts anew.
func (c *Conn) finish(clientVerifyData []byte) {
	c.flood = flood{}
	c.sessionIDLen = copy(c.sessionID[:], clientVerifyData)
	c.hs.state = connected
}
