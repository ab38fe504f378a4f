package box

import (
	"crypto/rand"
	"crypto/sha512"
	"crypto/subtle"
	"errors"
	"hash"
)

// Sizes in bytes of a transmission's authorization, which tell its kind.
const (
	AuthenticatorSize    = TagSize + sha512.Size
	Ed25519SignatureSize = 64
	Ed448SignatureSize   = 114
)

// ErrNoSessionKey reports that an X25519 key cannot authorize a command since
// the router sent no session key in its hello (SMP v6).
var ErrNoSessionKey = errors.New("box: no session key for an X25519 authenticator")

// AuthAlg returns the algorithm of an authorization of n bytes, zero when no
// algorithm makes one of that size.
func AuthAlg(n int) Alg {
	switch n {
	case Ed25519SignatureSize:
		return Ed25519
	case Ed448SignatureSize:
		return Ed448
	case AuthenticatorSize:
		return X25519
	}
	return 0
}

// Authorized is the message that an authorization covers, in parts:
//
//	Prefix ‖ u8 len(SessionID) ‖ SessionID ‖ Signed
type Authorized struct {
	Prefix    []byte // fingerprint of the service certificate (32 bytes) where a service signs too, else empty
	SessionID []byte // at most 255 bytes
	Signed    []byte // sstr(correlation ID) ‖ sstr(entity ID) ‖ command, as it stands in the block
	CorrID    []byte // correlation ID, the nonce of an X25519 authenticator; not itself a part of the message
}

// appendTo appends the message.
func (a *Authorized) appendTo(b []byte) []byte {
	b = append(b, a.Prefix...)
	b = append(b, byte(len(a.SessionID)))
	b = append(b, a.SessionID...)
	return append(b, a.Signed...)
}

// messageHash computes the SHA-512 of messages in parts, without copying them.
// It keeps its digest and its small buffers, so that it allocates only once.
type messageHash struct {
	h   hash.Hash
	n   [1]byte
	sum [sha512.Size]byte
}

// of returns the hash of the message; the result is valid until the next call.
func (m *messageHash) of(a *Authorized) *[sha512.Size]byte {
	m.reset()
	m.h.Write(a.Prefix)
	m.n[0] = byte(len(a.SessionID))
	m.h.Write(m.n[:])
	m.h.Write(a.SessionID)
	m.h.Write(a.Signed)
	m.h.Sum(m.sum[:0])
	return &m.sum
}

func (m *messageHash) reset() {
	if m.h == nil {
		m.h = sha512.New()
	}
	m.h.Reset()
}

// AppendAuth appends the authorization of a with a queue's private key: the
// signature for Ed25519 and Ed448, the authenticator for X25519. The latter
// needs sessionKey, the router's X25519 key from its hello, else the error is
// ErrNoSessionKey. An X448 key is ErrKey.
func AppendAuth(dst []byte, key *PrivateKey, sessionKey *[KeySize]byte, a *Authorized) ([]byte, error) {
	switch key.alg {
	case Ed25519, Ed448:
		return append(dst, key.Sign(a.appendTo(nil))...), nil
	case X25519:
		if sessionKey == nil {
			return dst, ErrNoSessionKey
		}
		var secret [KeySize]byte
		if err := DH(&secret, (*[KeySize]byte)(key.secret), sessionKey); err != nil {
			return dst, err
		}
		var m messageHash
		return AppendAuthenticator(dst, &secret, a.CorrID, m.of(a)), nil
	}
	return dst, ErrKey
}

// AppendAuthenticator appends the 80-byte X25519 authenticator of the message
// with the given SHA-512: the box of that hash with the raw X25519 secret of
// queue key and session key, and the correlation ID as nonce.
func AppendAuthenticator(dst []byte, secret *[KeySize]byte, corrID []byte, hash *[sha512.Size]byte) []byte {
	var box [AuthenticatorSize]byte
	sealHash(&box, secret, corrID, hash)
	return append(dst, box[:]...)
}

// VerifyAuthenticator tells whether auth is the X25519 authenticator of the
// message with the given SHA-512. The work is the same for every auth of the
// right size.
func VerifyAuthenticator(auth []byte, secret *[KeySize]byte, corrID []byte, hash *[sha512.Size]byte) bool {
	if len(auth) != AuthenticatorSize {
		return false
	}
	// The box is deterministic, so comparing it with the expected one is the
	// same as opening it and comparing what is inside.
	var box [AuthenticatorSize]byte
	sealHash(&box, secret, corrID, hash)
	return subtle.ConstantTimeCompare(box[:], auth) == 1
}

func sealHash(box *[AuthenticatorSize]byte, secret *[KeySize]byte, corrID []byte, hash *[sha512.Size]byte) {
	var subkey [KeySize]byte
	var nonce [NonceSize]byte
	Precompute(&subkey, secret)
	FitNonce(&nonce, corrID)
	copy(box[TagSize:], hash[:])
	Seal(box[:], &nonce, &subkey)
}

// dummies are the keys that stand in where there is no fitting key: one for each
// algorithm that authorizes commands, each a valid point, as an invalid one would
// be refused early and so tell itself by its time. Nobody has their private halves:
// what verifies costs less than what does not, so whoever could sign for a dummy
// could tell it from a queue's key.
var dummies = func() (d [X25519 + 1]PublicKey) {
	for alg := Ed25519; alg <= X25519; alg++ {
		k, err := GenerateKey(alg, rand.Reader)
		if err != nil {
			panic("box: dummy key: " + err.Error())
		}
		d[alg] = k.Public()
	}
	return d
}()
