package box

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"io"

	"github.com/cloudflare/circl/dh/x448"
	"github.com/cloudflare/circl/sign/ed448"
	voi "github.com/oasisprotocol/curve25519-voi/primitives/ed25519"
)

// PrivateKey is a private key of any of the four algorithms together with its
// public key. It is immutable up to Forget and made by GenerateKey,
// NewPrivateKey or ParsePKCS8.
type PrivateKey struct {
	alg    Alg
	secret []byte // the RFC 8032 seed or the RFC 7748 scalar
	public PublicKey
}

// GenerateKey makes a key of the algorithm with bytes from rand.
func GenerateKey(alg Alg, rand io.Reader) (*PrivateKey, error) {
	if alg == 0 || int(alg) >= len(algs) {
		return nil, ErrKey
	}
	secret := make([]byte, algs[alg].secret)
	if _, err := io.ReadFull(rand, secret); err != nil {
		return nil, fmt.Errorf("box: generate %v key: %w", alg, err)
	}
	return NewPrivateKey(alg, secret)
}

// NewPrivateKey returns the key with the given seed (Ed25519, Ed448) or scalar
// (X25519, X448), which it copies. A wrong size or algorithm is ErrKey.
func NewPrivateKey(alg Alg, secret []byte) (*PrivateKey, error) {
	if alg == 0 || int(alg) >= len(algs) || len(secret) != algs[alg].secret {
		return nil, ErrKey
	}
	k := &PrivateKey{alg: alg, secret: bytes.Clone(secret)}
	k.public.alg = alg
	switch alg {
	case Ed25519:
		priv := ed25519.NewKeyFromSeed(secret)
		copy(k.public.raw[:], priv[ed25519.SeedSize:])
		k.secret = priv
	case Ed448:
		priv := ed448.NewKeyFromSeed(secret)
		copy(k.public.raw[:], priv[ed448.SeedSize:])
		k.secret = priv
	case X25519:
		PublicX25519((*[KeySize]byte)(k.public.raw[:]), (*[KeySize]byte)(secret))
	case X448:
		x448.KeyGen((*x448.Key)(k.public.raw[:]), (*x448.Key)(secret))
	}
	return k, nil
}

// Forget overwrites the private key, which has served.
func (k *PrivateKey) Forget() { clear(k.secret) }

// Alg returns the key's algorithm.
func (k *PrivateKey) Alg() Alg { return k.alg }

// Public returns the public key.
func (k *PrivateKey) Public() PublicKey { return k.public }

// X25519 returns the raw scalar, a part of k, when the algorithm is X25519.
func (k *PrivateKey) X25519() (*[KeySize]byte, bool) {
	if k.alg != X25519 {
		return nil, false
	}
	return (*[KeySize]byte)(k.secret), true
}

// Sign returns the signature of msg: 64 bytes for Ed25519, 114 for Ed448 (both
// RFC 8032, pure, with empty context). It panics for other algorithms.
func (k *PrivateKey) Sign(msg []byte) []byte {
	switch k.alg {
	case Ed25519:
		return voi.Sign(k.secret, msg)
	case Ed448:
		return ed448.Sign(k.secret, msg, "")
	}
	panic("box: signature with a key that cannot sign")
}

// pkcs8Prefix is the DER of a PrivateKeyInfo (RFC 5958, 8410) up to the seed or scalar:
// SEQUENCE { INTEGER 0, SEQUENCE { OID 1.3.101.x }, OCTET STRING { OCTET STRING secret } }.
func pkcs8Prefix(a algInfo) [16]byte {
	n := byte(a.secret)
	return [16]byte{0x30, n + 14, 0x02, 1, 0, 0x30, 5, 0x06, 3, 0x2b, 0x65, a.oid, 0x04, n + 2, 0x04, n}
}

const pkcs8PrefixSize = 16

// ParsePKCS8 parses the PKCS#8 DER of one key in the form that AppendPKCS8
// gives, which is the one that the reference and openssl write.
func ParsePKCS8(der []byte) (*PrivateKey, error) {
	if len(der) < pkcs8PrefixSize {
		return nil, ErrKey
	}
	for alg := Ed25519; alg <= X448; alg++ {
		p := pkcs8Prefix(algs[alg])
		if bytes.Equal(der[:pkcs8PrefixSize], p[:]) {
			return NewPrivateKey(alg, der[pkcs8PrefixSize:])
		}
	}
	return nil, ErrKey
}

// AppendPKCS8 appends the key's PKCS#8 DER: 48 bytes, 73 for Ed448, 72 for X448.
func (k *PrivateKey) AppendPKCS8(b []byte) []byte {
	p := pkcs8Prefix(algs[k.alg])
	b = append(b, p[:]...)
	return append(b, k.secret[:algs[k.alg].secret]...)
}
