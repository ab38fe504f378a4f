package client

import (
	"crypto/sha512"

	"switchyard/box"
	"switchyard/smp"
)

// encodeBlock makes a block of one command. The buffer is the caller's.
func (c *Client) encodeBlock(command *Command, id *corrID) (*buffer, error) {
	b := borrow()
	start := c.contentStart()
	at := start + 3 // count and length
	to := c.peer()
	t, err := to.appendTransmission(b.data[:at], command, id[:])
	return c.finishBlock(b, t, err)
}

// finishBlock completes a block of one transmission, which begins 3 bytes after the beginning of the content and ends
// with the end of t. When there is an error, or t has outgrown the block, it takes the buffer back.
func (c *Client) finishBlock(b *buffer, t []byte, err error) (*buffer, error) {
	start := c.contentStart()
	limit := start + smp.MaxContent
	if c.encrypted {
		limit = start + smp.MaxEncryptedContent
	}
	if err == nil && len(t) > limit {
		err = ErrTooLarge
	}
	if err != nil {
		b.release()
		return nil, err
	}
	b.n = len(t) - start
	n := b.n - 3
	b.data[start], b.data[start+1], b.data[start+2] = 1, byte(n>>8), byte(n)
	b.open = !c.config.OneCommandPerBlock
	return b, nil
}

// peer is the router that a transmission is for, and what it takes to authorize it there.
type peer struct {
	version   smp.Version
	sessionID []byte
	serverKey *[box.KeySize]byte // the router's session key, for X25519 authenticators; nil when it has none
	service   *serviceSession    // nil outside of sessions of services
}

func (c *Client) peer() peer { return peer{c.version, c.sessionID, c.serverKey, c.service} }

// appendTransmission appends a command with its authorization.
//
//	short auth ‖ [version ≥ 16, with auth: '0', or '1' ‖ short service signature] ‖ [version 6: short session ID] ‖ short corr ID ‖ short entity ID ‖ command
//
// The bytes that auth covers begin with the session ID at every version. From version 7 on the session ID is not sent. It is
// put where the end of auth will be, so that the covered bytes lie together and nothing is copied; auth is always longer
// than a TLS 1.3 session ID. With a service's signature, the bytes that the queue's key covers begin with the fingerprint of
// the service's certificate, which is put there too.
func (p *peer) appendTransmission(b []byte, command *Command, id []byte) ([]byte, error) {
	if command.key == nil {
		b = smp.AppendResponseHeader(b, p.version, p.sessionID, id, command.entity)
		return command.append(b, p.version), nil
	}
	start := len(b)
	size := authSize(command.key.Alg())
	b = append(b, make([]byte, 1+size)...)
	signed := len(b)
	dual := p.service.signs(command)
	switch {
	case dual:
		b = append(b, make([]byte, serviceSignatureSize)...)
	case p.version >= smp.VersionServiceCerts:
		b = append(b, '0')
	}
	covered := len(b)
	if p.version >= smp.VersionAuthCmds {
		covered -= 1 + len(p.sessionID)
	}
	b = smp.AppendAuthorized(b[:covered], p.sessionID, id, command.entity, nil)
	b = command.append(b, p.version)
	byService := covered
	if dual {
		covered -= copy(b[covered-len(p.service.fingerprint):], p.service.fingerprint[:])
	}
	if err := command.key.authorize(b[start+1:signed], p.serverKey, id, b[covered:]); err != nil {
		return b[:start], err
	}
	b[start] = byte(size)
	switch {
	case dual:
		p.service.sign(b[signed:], b[byService:])
	case p.version >= smp.VersionServiceCerts:
		b[signed] = '0'
	}
	return b, nil
}

// authSize is the length of an authorization.
func authSize(alg box.Alg) int {
	switch alg {
	case box.Ed448:
		return box.Ed448SignatureSize
	case box.X25519:
		return box.AuthenticatorSize
	}
	return box.Ed25519SignatureSize
}

// authorize writes the authorization of the covered bytes to auth, which may overlap them.
func (k *Key) authorize(auth []byte, serverKey *[box.KeySize]byte, id, covered []byte) error {
	if k.Alg() != box.X25519 {
		copy(auth, k.private.Sign(covered))
		return nil
	}
	if serverKey == nil {
		return box.ErrNoSessionKey
	}
	hash := sha512.Sum512(covered)
	box.AppendAuthenticator(auth[:0], k.sessionSecret(serverKey), id, &hash)
	return nil
}

// encodedBatch is commands as they stand in their blocks.
type encodedBatch struct {
	blocks []*buffer
	ids    []corrID
}

func (e *encodedBatch) release() {
	for _, b := range e.blocks {
		b.release()
	}
}

// encodeBatch packs commands into blocks.
func (c *Client) encodeBatch(commands []Command) (encodedBatch, error) {
	e := encodedBatch{ids: make([]corrID, len(commands))}
	sizes := make([]int, len(commands))
	to := c.peer()
	var all []byte
	for i := range commands {
		e.ids[i] = newCorrID()
		before := len(all)
		var err error
		if all, err = to.appendTransmission(all, &commands[i], e.ids[i][:]); err != nil {
			return encodedBatch{}, err
		}
		sizes[i] = len(all) - before
	}
	for _, span := range smp.AppendBatchSpans(nil, sizes) {
		if span.TooLarge {
			e.release()
			return encodedBatch{}, ErrTooLarge
		}
		b := borrow()
		start := c.contentStart()
		content := append(b.data[start:start], byte(span.To-span.From))
		for _, n := range sizes[span.From:span.To] {
			content = smp.AppendLarge(content, all[:n])
			all = all[n:]
		}
		b.n = len(content)
		e.blocks = append(e.blocks, b)
	}
	return e, nil
}
