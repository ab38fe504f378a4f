package box

import (
	"bytes"
	"errors"
)

// Alg is a public key algorithm of the protocol (RFC 8410). The zero value
// means that there is no key.
type Alg uint8

// The algorithms. Ed25519, Ed448 and X25519 keys authorize commands; X448 is
// known to the encodings only.
const (
	Ed25519 Alg = 1 + iota
	Ed448
	X25519
	X448
)

// ErrKey reports bytes that are not the DER of one key of a known algorithm,
// or of an algorithm that has no place here.
var ErrKey = errors.New("box: bad key encoding")

// algInfo describes an algorithm: the last byte of its OID 1.3.101.x and the
// sizes of its keys in bytes.
type algInfo struct {
	name   string
	oid    byte
	public int
	secret int
}

var algs = [...]algInfo{
	Ed25519: {"Ed25519", 0x70, 32, 32},
	Ed448:   {"Ed448", 0x71, 57, 57},
	X25519:  {"X25519", 0x6e, 32, 32},
	X448:    {"X448", 0x6f, 56, 56},
}

// String returns the algorithm's name in RFC 8410.
func (a Alg) String() string {
	if a == 0 || int(a) >= len(algs) {
		return "none"
	}
	return algs[a].name
}

// PublicKey is a public key, a value of 58 bytes without pointers that can be
// compared with ==. The zero value means that there is no key.
type PublicKey struct {
	alg Alg
	raw [57]byte
}

// NewPublicKey returns the key with the given raw bytes, which must have the
// size that the algorithm asks for, else ErrKey.
func NewPublicKey(alg Alg, raw []byte) (k PublicKey, err error) {
	if alg == 0 || int(alg) >= len(algs) || len(raw) != algs[alg].public {
		return k, ErrKey
	}
	k.alg = alg
	copy(k.raw[:], raw)
	return k, nil
}

// Alg returns the key's algorithm, zero when there is no key.
func (k *PublicKey) Alg() Alg { return k.alg }

// IsZero tells whether there is no key.
func (k *PublicKey) IsZero() bool { return k.alg == 0 }

// Bytes returns the raw key, a part of k: 32 bytes, 57 for Ed448, 56 for X448.
func (k *PublicKey) Bytes() []byte {
	if k.alg == 0 {
		return nil
	}
	return k.raw[:algs[k.alg].public]
}

// X25519 returns the raw key, a part of k, when its algorithm is X25519.
func (k *PublicKey) X25519() (*[KeySize]byte, bool) {
	return (*[KeySize]byte)(k.raw[:KeySize]), k.alg == X25519
}

// ed25519 returns the raw key, a part of k, whose algorithm is Ed25519.
func (k *PublicKey) ed25519() *[32]byte { return (*[32]byte)(k.raw[:]) }

// spkiPrefix is the DER of a SubjectPublicKeyInfo (RFC 5280, 8410) up to the
// raw key. It has the one byte of the OID and the three lengths to fill in:
// SEQUENCE { SEQUENCE { OID 1.3.101.x } BIT STRING 00 ‖ key }.
func spkiPrefix(a algInfo) [12]byte {
	n := byte(a.public)
	return [12]byte{0x30, n + 10, 0x30, 5, 0x06, 3, 0x2b, 0x65, a.oid, 0x03, n + 1, 0}
}

const spkiPrefixSize = 12

// ParseSPKI parses the SubjectPublicKeyInfo DER of one key of any of the four
// algorithms. The encoding is canonical: every other sequence of bytes, also
// one with bytes left over, is ErrKey. As in the reference the point itself is not
// checked; a key that is not on its curve verifies nothing.
func ParseSPKI(der []byte) (PublicKey, error) {
	if len(der) < spkiPrefixSize {
		return PublicKey{}, ErrKey
	}
	for alg := Ed25519; alg <= X448; alg++ {
		p := spkiPrefix(algs[alg])
		if bytes.Equal(der[:spkiPrefixSize], p[:]) {
			return NewPublicKey(alg, der[spkiPrefixSize:])
		}
	}
	return PublicKey{}, ErrKey
}

// ParseAuthKey is ParseSPKI for keys that may authorize commands: Ed25519,
// Ed448, X25519.
func ParseAuthKey(der []byte) (PublicKey, error) {
	k, err := ParseSPKI(der)
	if err == nil && k.alg == X448 {
		return PublicKey{}, ErrKey
	}
	return k, err
}

// ParseX25519 is ParseSPKI for keys that must be X25519, such as those of NEW,
// NKEY, PFWD and the hellos.
func ParseX25519(der []byte) (key [KeySize]byte, err error) {
	k, err := ParseSPKI(der)
	if err != nil || k.alg != X25519 {
		return key, ErrKey
	}
	return [KeySize]byte(k.raw[:KeySize]), nil
}

// AppendSPKI appends the key's SubjectPublicKeyInfo DER: 44 bytes, 69 for
// Ed448, 68 for X448. It panics when there is no key.
func (k *PublicKey) AppendSPKI(b []byte) []byte {
	if k.alg == 0 {
		panic("box: encoding of no key")
	}
	p := spkiPrefix(algs[k.alg])
	b = append(b, p[:]...)
	return append(b, k.Bytes()...)
}

// AppendX25519 appends the SubjectPublicKeyInfo DER, 44 bytes, of an X25519
// public key.
func AppendX25519(b []byte, pub *[KeySize]byte) []byte {
	p := spkiPrefix(algs[X25519])
	b = append(b, p[:]...)
	return append(b, pub[:]...)
}
