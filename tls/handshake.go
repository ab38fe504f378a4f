package tls

import (
	"fmt"
	"sync"
)

// The handshake protocol (RFC 8446 section 4): messages, how they come out of records, and the state of a handshake.

type messageType uint8

const (
	typeClientHello         messageType = 1
	typeServerHello         messageType = 2
	typeNewSessionTicket    messageType = 4
	typeEncryptedExtensions messageType = 8
	typeCertificate         messageType = 11
	typeCertificateRequest  messageType = 13
	typeCertificateVerify   messageType = 15
	typeFinished            messageType = 20
	typeKeyUpdate           messageType = 24
	typeMessageHash         messageType = 254
)

const messageHeader = 4

// state is the message that a handshake waits for (RFC 8446 appendix A).
type state uint8

const (
	start state = iota
	waitClientHello
	waitServerHello
	waitEncryptedExtensions
	waitCertificateOrRequest
	waitCertificate
	waitCertificateVerify
	waitFinished
	connected
)

// expects is the table of legal messages: each state admits one message of the right type, so the number of messages
// in a handshake is bounded.
func (s state) expects(typ messageType) bool {
	switch s {
	case waitClientHello:
		return typ == typeClientHello
	case waitServerHello:
		return typ == typeServerHello
	case waitEncryptedExtensions:
		return typ == typeEncryptedExtensions
	case waitCertificateOrRequest:
		return typ == typeCertificateRequest || typ == typeCertificate
	case waitCertificate:
		return typ == typeCertificate
	case waitCertificateVerify:
		return typ == typeCertificateVerify
	case waitFinished:
		return typ == typeFinished
	}
	return false
}

// handshake is what a Conn needs until its handshake is done.
type handshake struct {
	state  state
	out    []byte  // of the current Advance
	flight *flight // messages that are not in records yet; nil if there are none

	transcript transcript
	hello      *clientHello // client: as sent; server: as received
	helloRaw   []byte       // the first ClientHello; a server drops it unless it sends a HelloRetryRequest
	retry      *helloRetry  // after a HelloRetryRequest
	exchange   *keyExchange // client
	sentCCS    bool

	clientSecret, serverSecret trafficSecret // of the handshake
	clientApp                  trafficSecret // server: until the client's Finished

	request  *certificateRequest // client: the server asked for a certificate
	peerLeaf *publicKey          // the key that the peer's CertificateVerify must prove
	master   masterSecret        // client: until the server's Finished

	// Of the record layer.
	received      int  // bytes of records so far
	protectedRead bool // a protected record was opened
	earlyData     int  // bytes of early data that may still be skipped
}

// readHandshakeRecord reads one whole record of the handshake.
func (c *Conn) readHandshakeRecord(record []byte) error {
	c.hs.received += len(record)
	if c.hs.received > maxHandshakeBytes {
		return fatal(AlertUnexpectedMessage, "handshake of too many bytes")
	}
	typ, content, drop, err := c.unprotectHandshake(record)
	if err != nil || drop {
		return err
	}
	switch typ {
	case typeHandshake:
		return c.readHandshakeContent(content, c.expectsInHandshake, c.handleMessage)
	case typeAlert:
		return c.readAlert(content)
	}
	return fatal(AlertUnexpectedMessage, "record type out of place in a handshake")
}

// unprotectHandshake takes the protection off a record of the handshake, and says which records are to be dropped:
// change_cipher_spec (RFC 8446 section 5) and early data (section 4.2.10).
func (c *Conn) unprotectHandshake(record []byte) (typ contentType, content []byte, drop bool, err error) {
	typ, content = contentType(record[0]), record[RecordHeader:]
	switch {
	case typ == typeChangeCipherSpec:
		return 0, nil, true, c.dropChangeCipherSpec(content)
	case c.in.aead == nil && typ == typeApplicationData:
		return 0, nil, true, c.skipEarlyData(content, fatal(AlertUnexpectedMessage, "application data before keys"))
	case c.in.aead == nil:
		if len(content) > MaxPlaintext {
			err = fatal(AlertRecordOverflow, "plaintext longer than 2^14 bytes")
		}
		return typ, content, false, err
	case typ == typeAlert && !c.client && !c.hs.protectedRead:
		return typ, content, false, nil // of a client that failed before it had keys
	case typ != typeApplicationData:
		return 0, nil, false, fatal(AlertUnexpectedMessage, "record in clear under protection")
	}
	typ, content, err = c.in.open(record)
	if err == errAuthentication {
		return 0, nil, true, c.skipEarlyData(record[RecordHeader:], err)
	}
	c.hs.protectedRead, c.hs.earlyData = true, 0
	return typ, content, false, err
}

// dropChangeCipherSpec judges a change_cipher_spec: legal between the first ClientHello and the peer's Finished.
func (c *Conn) dropChangeCipherSpec(content []byte) error {
	if len(content) != 1 || content[0] != 1 {
		return fatal(AlertUnexpectedMessage, "malformed change_cipher_spec")
	}
	if c.hs.state == waitClientHello && c.hs.retry == nil {
		return fatal(AlertUnexpectedMessage, "change_cipher_spec before ClientHello")
	}
	if len(c.partial) > 0 {
		return fatal(AlertUnexpectedMessage, "change_cipher_spec inside a handshake message")
	}
	return c.flood.changeCipherSpec()
}

// skipEarlyData drops a record that may be early data; if none is expected, it fails for the reason why.
func (c *Conn) skipEarlyData(fragment []byte, why error) error {
	if c.hs.earlyData == 0 {
		return why
	}
	if len(fragment) > c.hs.earlyData {
		return fatal(AlertUnexpectedMessage, "too much early data")
	}
	c.hs.earlyData -= len(fragment)
	return nil
}

// readHandshakeContent cuts the content of handshake records into messages, which may share and span records, and gives
// each to handle with its header. The message is valid during the call.
func (c *Conn) readHandshakeContent(content []byte, expects func(messageType) bool, handle func([]byte) error) error {
	if len(content) == 0 {
		return fatal(AlertUnexpectedMessage, "empty handshake record") // section 5.4
	}
	if len(c.partial) > 0 {
		c.partial = append(c.partial, content...)
		content = c.partial
	}
	for len(content) > 0 {
		typ := messageType(content[0])
		if !expects(typ) {
			return fatal(AlertUnexpectedMessage, fmt.Sprintf("handshake message %d out of place", typ))
		}
		if len(content) < messageHeader {
			break
		}
		n := messageHeader + int(content[1])<<16 + int(content[2])<<8 + int(content[3])
		if n > typ.limit() {
			return fatal(AlertIllegalParameter, "handshake message too long")
		}
		if len(content) < n {
			break
		}
		if len(content) > n && typ.endsRecord() {
			return fatal(AlertUnexpectedMessage, "handshake data behind a message that changes keys")
		}
		if err := handle(content[:n]); err != nil {
			return err
		}
		content = content[n:]
	}
	c.keepPartial(content)
	return nil
}

// keepPartial keeps the beginning of a message, and nothing at all if there is none.
func (c *Conn) keepPartial(rest []byte) {
	if len(rest) == 0 {
		c.partial = nil
		return
	}
	c.partial = append(c.partial[:0], rest...)
}

func (c *Conn) expectsInHandshake(typ messageType) bool { return c.hs.state.expects(typ) }

// endsRecord: messages after which the keys change, or the sender has to wait, must end their record (section 5.1).
func (t messageType) endsRecord() bool {
	return t == typeClientHello || t == typeServerHello || t == typeFinished || t == typeKeyUpdate
}

// handleMessage is the state machine: one message, of a type that the state expects.
func (c *Conn) handleMessage(message []byte) error {
	body := message[messageHeader:]
	switch typ := messageType(message[0]); typ {
	case typeClientHello:
		return c.readClientHello(message)
	case typeServerHello:
		return c.readServerHello(message)
	case typeEncryptedExtensions:
		return c.readEncryptedExtensions(message)
	case typeCertificateRequest:
		return c.readCertificateRequest(message)
	case typeCertificate:
		return c.readCertificate(message)
	case typeCertificateVerify:
		return c.readCertificateVerify(message)
	case typeFinished:
		if c.client {
			return c.readServerFinished(message)
		}
		return c.readClientFinished(body)
	default:
		panic(fmt.Sprintf("tls: no handler for handshake message %d", typ))
	}
}

// readAlert ends the connection, or ignores what RFC 8446 section 6.1 lets one ignore.
func (c *Conn) readAlert(content []byte) error {
	alert, err := parseAlert(content)
	if err != nil {
		return err
	}
	if alert == AlertUserCanceled {
		return c.flood.warning()
	}
	return &Error{Alert: alert, Remote: true}
}

// flight is room for the messages of one Advance.
type flight struct{ messages []byte }

var flights = sync.Pool{New: func() any { return &flight{make([]byte, 0, 2048)} }}

// send appends a message to the flight, and puts it into the transcript.
func (c *Conn) send(appendMessage func([]byte) []byte) {
	f := c.hs.flight
	if f == nil {
		f = flights.Get().(*flight)
		c.hs.flight = f
	}
	start := len(f.messages)
	f.messages = appendMessage(f.messages)
	c.hs.transcript.add(f.messages[start:])
}

// flush puts the flight into as few records as it needs, under the present keys.
func (c *Conn) flush() {
	f := c.hs.flight
	if f == nil {
		return
	}
	c.hs.flight = nil
	c.hs.out = c.out.seal(c.hs.out, typeHandshake, versionTLS12, f.messages)
	f.messages = f.messages[:0]
	flights.Put(f)
}

// sendChangeCipherSpec is the one change_cipher_spec of compatibility mode (RFC 8446 appendix D.4): of a server behind
// its first message, of a client before its second flight or the alert in its place. A server sends it even if the
// client does not ask for that mode by a session ID; it must be ignored then.
func (c *Conn) sendChangeCipherSpec() {
	if c.hs.sentCCS {
		return
	}
	c.hs.sentCCS = true
	c.hs.out = append(c.hs.out, byte(typeChangeCipherSpec), versionTLS12>>8, versionTLS12&0xff, 0, 1, 1)
}
