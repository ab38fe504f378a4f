package tls

import (
	"bytes"
	"io"
	"slices"
)

// The client's handshake (RFC 8446 appendix A.1).

// sendClientHello makes the first ClientHello, with a session ID for compatibility mode and one key share.
func (c *Conn) sendClientHello() error {
	hello := &clientHello{
		legacyVersion:    versionTLS12,
		sessionID:        make([]byte, 32),
		cipherSuites:     c.config.suites(),
		compression:      []byte{0},
		serverName:       c.config.ServerName,
		groups:           c.config.groups(),
		signatureSchemes: signatureSchemes,
		alpn:             c.config.ALPN,
		versions:         []uint16{versionTLS13},
	}
	_, err := io.ReadFull(c.config.rand(), hello.random[:])
	if err == nil {
		_, err = io.ReadFull(c.config.rand(), hello.sessionID)
	}
	if err != nil {
		return because(AlertInternalError, err)
	}
	c.serverName = hello.serverName
	c.hs.hello = hello
	if err := c.newShare(hello.groups[0]); err != nil {
		return err
	}
	c.hs.helloRaw = hello.append(nil)
	c.hs.out = c.out.seal(c.hs.out, typeHandshake, versionTLS10, c.hs.helloRaw)
	c.hs.state = waitServerHello
	return nil
}

// newShare makes the one key share of the next ClientHello.
func (c *Conn) newShare(group Group) error {
	exchange, err := newKeyExchange(group, c.config.rand())
	if err != nil {
		return because(AlertInternalError, err)
	}
	c.hs.exchange = exchange
	c.hs.hello.keyShares = []keyShareEntry{{group, exchange.public}}
	return nil
}

func (c *Conn) readServerHello(message []byte) error {
	hello, err := parseServerHello(message[messageHeader:], c.hs.hello)
	if err != nil {
		return err
	}
	if err := c.checkServerHello(hello); err != nil {
		return err
	}
	if hello.isRetry() {
		return c.readHelloRetryRequest(hello, message)
	}
	return c.readFinalServerHello(hello, message)
}

// checkServerHello judges what a ServerHello and a HelloRetryRequest have in common, version first (sections 4.1.3,
// 4.1.4 and 4.2.1).
func (c *Conn) checkServerHello(hello *serverHello) error {
	tail := string(hello.random[24:])
	s := suiteByID(hello.cipherSuite)
	switch {
	case hello.version == 0 && (tail == downgradeTLS12 || tail == downgradeTLS11):
		return fatal(AlertIllegalParameter, "downgrade")
	case hello.version == 0:
		return fatal(AlertProtocolVersion, "server does not speak TLS 1.3")
	case hello.version != versionTLS13:
		return fatal(AlertIllegalParameter, "server chose a version that was not offered")
	case hello.legacyVersion != versionTLS12:
		return fatal(AlertIllegalParameter, "legacy_version of ServerHello")
	case !bytes.Equal(hello.sessionID, c.hs.hello.sessionID):
		return fatal(AlertIllegalParameter, "session ID is not echoed")
	case s == nil || !slices.Contains(c.hs.hello.cipherSuites, s.id):
		return fatal(AlertIllegalParameter, "server chose a cipher suite that was not offered")
	case hello.compression != 0:
		return fatal(AlertIllegalParameter, "server chose compression")
	case c.hs.retry != nil && c.hs.retry.suite != s:
		return fatal(AlertIllegalParameter, "cipher suite changed after HelloRetryRequest")
	}
	c.suite = s
	return nil
}

// readHelloRetryRequest sends the second ClientHello (section 4.1.4).
func (c *Conn) readHelloRetryRequest(retry *serverHello, message []byte) error {
	hello := c.hs.hello
	group := retry.keyShare.group
	switch {
	case c.hs.retry != nil:
		return fatal(AlertUnexpectedMessage, "second HelloRetryRequest")
	case !retry.hasKeyShare && len(retry.cookie) == 0:
		return fatal(AlertIllegalParameter, "HelloRetryRequest that changes nothing")
	case retry.hasKeyShare && !slices.Contains(hello.groups, group):
		return fatal(AlertIllegalParameter, "HelloRetryRequest for a group that was not offered")
	case retry.hasKeyShare && group == hello.keyShares[0].group:
		return fatal(AlertIllegalParameter, "HelloRetryRequest for the share that was sent")
	}
	c.hs.retry = &helloRetry{suite: c.suite, group: group}
	c.hs.transcript = newTranscript(c.suite)
	c.hs.transcript.add(c.hs.helloRaw)
	c.hs.transcript.retry()
	c.hs.transcript.add(message)
	hello.cookie = bytes.Clone(retry.cookie)
	if retry.hasKeyShare {
		if err := c.newShare(group); err != nil {
			return err
		}
	}
	c.sendChangeCipherSpec()
	c.send(hello.append)
	c.flush()
	return nil
}

// readFinalServerHello agrees on the handshake keys.
func (c *Conn) readFinalServerHello(hello *serverHello, message []byte) error {
	if !hello.hasKeyShare {
		return fatal(AlertMissingExtension, "ServerHello without key_share")
	}
	if hello.keyShare.group != c.hs.exchange.group {
		return fatal(AlertIllegalParameter, "ServerHello with a share of another group")
	}
	shared, err := c.hs.exchange.shared(hello.keyShare.key)
	if err != nil {
		return err
	}
	if c.hs.retry == nil {
		c.hs.transcript = newTranscript(c.suite)
		c.hs.transcript.add(c.hs.helloRaw)
	}
	c.hs.transcript.add(message)
	c.group = c.hs.exchange.group
	secret := c.suite.handshake(shared)
	c.installHandshakeKeys(secret)
	c.hs.master = secret.master()
	clear(shared)
	clear(secret.secret)
	c.hs.exchange.forget()
	c.hs.exchange, c.hs.helloRaw = nil, nil
	c.hs.state = waitEncryptedExtensions
	return nil
}

func (c *Conn) readEncryptedExtensions(message []byte) error {
	e, err := parseEncryptedExtensions(message[messageHeader:], c.hs.hello)
	if err != nil {
		return err
	}
	c.alpn, c.hasALPN = e.alpn, e.alpn != ""
	c.hs.transcript.add(message)
	c.hs.state = waitCertificateOrRequest
	return nil
}

func (c *Conn) readCertificateRequest(message []byte) error {
	request, err := parseCertificateRequest(message[messageHeader:])
	if err != nil {
		return err
	}
	c.hs.request = request
	c.hs.transcript.add(message)
	c.hs.state = waitCertificate
	return nil
}

// readServerFinished sends the client's last flight and goes over to the application keys.
func (c *Conn) readServerFinished(message []byte) error {
	if err := c.checkFinished(c.hs.serverSecret, message[messageHeader:]); err != nil {
		return err
	}
	c.hs.transcript.add(message)
	hash := c.hs.transcript.sum()
	c.sendChangeCipherSpec()
	if c.hs.request != nil {
		c.sendCertificate(c.config.certificateFor(c.hs.request.signatureSchemes))
	}
	verifyData := c.hs.clientSecret.verifyData(c.suite, c.hs.transcript.sum())
	c.sendFinished(verifyData)
	c.flush()
	c.in.rekey(c.suite, c.hs.master.server(hash))
	c.out.rekey(c.suite, c.hs.master.client(hash))
	c.finish(verifyData)
	return nil
}
