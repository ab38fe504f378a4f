package tls

import (
	"golang.org/x/crypto/cryptobyte"
	"io"
)

// Post-handshake messages (RFC 8446 section 4.6), and other records that are not application data.

// readOther handles a record that is not plain application data: handshake, alert, empty, or out of place.
func (c *Conn) readOther(typ contentType, content []byte) error {
	switch {
	case typ == typeHandshake:
		return c.readHandshakeContent(content, c.expectsPostHandshake, c.handlePostHandshake)
	case len(c.partial) > 0:
		return fatal(AlertUnexpectedMessage, "record inside a handshake message")
	case typ == typeAlert:
		return endOfStream(c.readAlert(content))
	case typ == typeApplicationData:
		return c.flood.emptyRecord()
	}
	return fatal(AlertUnexpectedMessage, "record type out of place")
}

// endOfStream turns close_notify into io.EOF.
func endOfStream(err error) error {
	if e, ok := err.(*Error); ok && e.Remote && e.Alert == AlertCloseNotify {
		return io.EOF
	}
	return err
}

// expectsPostHandshake: no post-handshake authentication, since no client of ours offers it, and no renegotiation.
func (c *Conn) expectsPostHandshake(typ messageType) bool {
	return typ == typeKeyUpdate || typ == typeNewSessionTicket && c.client
}

func (c *Conn) handlePostHandshake(message []byte) error {
	body := cryptobyte.String(message[messageHeader:])
	if messageType(message[0]) == typeKeyUpdate {
		return c.readKeyUpdate(body)
	}
	return checkNewSessionTicket(body)
}

// checkNewSessionTicket reads a ticket to its end, and forgets it.
func checkNewSessionTicket(body cryptobyte.String) error {
	var nonce, ticket, extensions cryptobyte.String
	ok := body.Skip(4+4) && body.ReadUint8LengthPrefixed(&nonce) &&
		body.ReadUint16LengthPrefixed(&ticket) && !ticket.Empty() &&
		body.ReadUint16LengthPrefixed(&extensions) && body.Empty()
	if !ok {
		return errDecode("NewSessionTicket")
	}
	return eachExtension(extensions, AlertIllegalParameter, func(extensionType, cryptobyte.String) error { return nil })
}

// readKeyUpdate goes over to the next key of the peer, and remembers whether it wants ours (section 4.6.3).
func (c *Conn) readKeyUpdate(body cryptobyte.String) error {
	if len(body) != 1 {
		return errDecode("KeyUpdate")
	}
	if body[0] > 1 {
		return fatal(AlertIllegalParameter, "request_update of KeyUpdate")
	}
	if err := c.flood.keyUpdate(); err != nil {
		return err
	}
	c.in.update(c.suite)
	if body[0] == 1 && !c.writeClosed {
		c.keyUpdateDue = true
	}
	return nil
}

// KeyUpdate appends a KeyUpdate and goes over to our next key; with request, the peer answers with its own.
func (c *Conn) KeyUpdate(out []byte, request bool) []byte {
	c.mustBeEstablished()
	if c.writeClosed {
		return out
	}
	c.keyUpdateDue = false
	message := [messageHeader + 1]byte{byte(typeKeyUpdate), 0, 0, 1}
	if request {
		message[messageHeader] = 1
	}
	out = c.out.seal(out, typeHandshake, versionTLS12, message[:])
	c.out.update(c.suite)
	return out
}
