package xftp

import (
	"bytes"

	"switchyard/box"
	"switchyard/smp"
)

// BlockSize is the size in bytes of a block.
const BlockSize = smp.BlockSize

// Transmission is the content of a block. Slices of a parsed one are parts of the block.
type Transmission struct {
	Auth      []byte // empty in responses and PING
	SessionID []byte
	CorrID    []byte
	EntityID  []byte
	Command   []byte // command or response
	Signed    []byte // what Auth covers: all after it, as it stands in the block
}

// AppendSigned appends what an authorization covers; it begins with the session ID.
func AppendSigned(b, sessionID, corrID, entityID, command []byte) []byte {
	return append(smp.AppendShort(smp.AppendShort(smp.AppendShort(b, sessionID), corrID), entityID), command...)
}

// AppendBlock appends a block with one transmission: auth and what it covers. ErrLargeMessage of box when it does
// not fit.
func AppendBlock(b, auth, signed []byte) ([]byte, error) {
	n := 1 + len(auth) + len(signed)
	content := make([]byte, 0, 3+n)
	content = smp.AppendU16(append(content, 1), uint16(n))
	content = append(smp.AppendShort(content, auth), signed...)
	return box.Pad(b, content, BlockSize)
}

// ParseBlock reads a block of BlockSize bytes with one transmission, and looks neither at the session nor at the
// command.
func ParseBlock(block []byte) (t Transmission, ok bool) {
	if len(block) != BlockSize {
		return t, false
	}
	content, err := box.Unpad(block)
	if err != nil || len(content) == 0 || content[0] != 1 {
		return t, false
	}
	b, rest, ok := smp.ParseLarge(content[1:])
	if !ok || len(rest) > 0 {
		return t, false
	}
	if t.Auth, b, ok = smp.ParseShort(b); !ok {
		return t, false
	}
	t.Signed = b
	if t.SessionID, b, ok = smp.ParseShort(b); !ok {
		return t, false
	}
	if t.CorrID, b, ok = smp.ParseShort(b); !ok {
		return t, false
	}
	t.EntityID, t.Command, ok = smp.ParseShort(b)
	return t, ok
}

// ParseRequest reads the block of a request in a session. On an error the transmission has what the answer echoes:
// nothing for an unreadable block, the correlation ID for a wrong session or a bad length of the authorization, both
// IDs for the faults of a command.
func ParseRequest(sessionID, block []byte) (t Transmission, c Command, err Error) {
	t, ok := ParseBlock(block)
	if !ok {
		return Transmission{}, c, ErrBlock
	}
	if !bytes.Equal(t.SessionID, sessionID) {
		return Transmission{CorrID: t.CorrID}, c, ErrSession
	}
	if len(t.Auth) > 0 && box.AuthAlg(len(t.Auth)) == 0 {
		return Transmission{CorrID: t.CorrID}, c, ErrBlock
	}
	if c, err = ParseCommand(t.Command); err.IsZero() {
		err = CheckCredentials(c.Tag, len(t.Auth) > 0, len(t.EntityID) > 0)
	}
	return t, c, err
}

// authorized puts a transmission's signed bytes into the form of box: what they begin with is the session ID.
func authorized(signed, corrID []byte) box.Authorized {
	n := 1 + int(signed[0])
	return box.Authorized{SessionID: signed[1:n], Signed: signed[n:], CorrID: corrID}
}

// Claim is the authorization of t for a Verifier of box. sessionKey is the router's private key of the session, nil in
// version 1.
func (t *Transmission) Claim(sessionKey *[box.KeySize]byte) box.Claim {
	return box.Claim{Authorized: authorized(t.Signed, t.CorrID), Auth: t.Auth, SessionKey: sessionKey}
}

// AppendAuthorization appends the authorization of signed bytes by a private key. sessionKey is the router's public
// key of the session, which X25519 keys need.
func AppendAuthorization(b []byte, key *box.PrivateKey, sessionKey *[box.KeySize]byte, signed, corrID []byte) ([]byte, error) {
	a := authorized(signed, corrID)
	return box.AppendAuth(b, key, sessionKey, &a)
}
