package client

import (
	"crypto/rand"
	"encoding/base64"
	"sync/atomic"

	"switchyard/box"
)

// Key authorizes the commands of a party to a queue. It may be used by several clients at a time, and must not be
// copied.
type Key struct {
	private *box.PrivateKey
	// agreed is the last secret made with the session key of a router, for X25519: it is the same for all commands of
	// a session, and costs more than the rest of an authenticator.
	agreed atomic.Pointer[sessionSecret]
}

type sessionSecret struct{ serverKey, secret [box.KeySize]byte }

// NewKey makes a key: Ed25519, Ed448 or X25519.
func NewKey(alg box.Alg) (*Key, error) {
	if alg == box.X448 {
		return nil, box.ErrKey
	}
	private, err := box.GenerateKey(alg, rand.Reader)
	if err != nil {
		return nil, err
	}
	return &Key{private: private}, nil
}

// ParseKey reads a key from PKCS#8 DER. The error is box.ErrKey.
func ParseKey(pkcs8 []byte) (*Key, error) {
	private, err := box.ParsePKCS8(pkcs8)
	if err != nil {
		return nil, err
	}
	if private.Alg() == box.X448 {
		return nil, box.ErrKey
	}
	return &Key{private: private}, nil
}

// PKCS8 is the private key's DER.
func (k *Key) PKCS8() []byte { return k.private.AppendPKCS8(nil) }

// SPKI is the public key's DER, as it stands in commands.
func (k *Key) SPKI() []byte {
	public := k.private.Public()
	return public.AppendSPKI(nil)
}

// Alg is the key's algorithm.
func (k *Key) Alg() box.Alg { return k.private.Alg() }

// sessionSecret is the X25519 secret of this key and the router's session key. As in the reference a router key of
// low order is no error here.
func (k *Key) sessionSecret(serverKey *[box.KeySize]byte) *[box.KeySize]byte {
	if s := k.agreed.Load(); s != nil && s.serverKey == *serverKey {
		return &s.secret
	}
	scalar, _ := k.private.X25519()
	s := &sessionSecret{serverKey: *serverKey}
	_ = box.DH(&s.secret, scalar, serverKey)
	k.agreed.Store(s)
	return &s.secret
}

// MarshalText gives the PKCS#8 DER in base64url.
func (k *Key) MarshalText() ([]byte, error) { return Bytes(k.PKCS8()).MarshalText() }

// UnmarshalText reads what MarshalText gives.
func (k *Key) UnmarshalText(text []byte) error {
	var der Bytes
	if err := der.UnmarshalText(text); err != nil {
		return err
	}
	parsed, err := ParseKey(der)
	if err != nil {
		return err
	}
	k.private = parsed.private
	k.agreed.Store(nil)
	return nil
}

// Bytes is a byte string whose JSON is unpadded base64url.
type Bytes []byte

// MarshalText implements encoding.TextMarshaler.
func (b Bytes) MarshalText() ([]byte, error) {
	return base64.RawURLEncoding.AppendEncode(nil, b), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (b *Bytes) UnmarshalText(text []byte) (err error) {
	*b, err = base64.RawURLEncoding.AppendDecode(nil, text)
	return err
}
