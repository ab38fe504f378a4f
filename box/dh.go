package box

import (
	"errors"
	"fmt"
	"io"

	"github.com/cloudflare/circl/dh/x25519"
	voi "github.com/oasisprotocol/curve25519-voi/primitives/x25519"
)

// ErrLowOrder reports an X25519 public key whose shared secret is all zero
// whatever the private key is.
var ErrLowOrder = errors.New("box: public key of low order")

// DH sets dst to the X25519 shared secret of priv and pub (RFC 7748), the raw
// 32 bytes without any hashing. For a public key of low order dst is zero and
// the error ErrLowOrder. The reference does not look for such keys and goes
// on with the zero secret; a caller that has to do the same ignores the error.
func DH(dst, priv, pub *[KeySize]byte) error {
	if !x25519.Shared((*x25519.Key)(dst), (*x25519.Key)(priv), (*x25519.Key)(pub)) {
		clear(dst[:])
		return ErrLowOrder
	}
	return nil
}

// PublicX25519 sets dst to the public key of priv. It takes the same time whatever priv is: curve25519-voi adds up multiples of
// the base point from a table, in a third of the time of circl's ladder.
func PublicX25519(dst, priv *[KeySize]byte) {
	voi.ScalarBaseMult(dst, priv)
}

// GenerateX25519 fills priv from rand and sets pub to its public key.
func GenerateX25519(rand io.Reader, priv, pub *[KeySize]byte) error {
	if _, err := io.ReadFull(rand, priv[:]); err != nil {
		return fmt.Errorf("box: generate X25519 key: %w", err)
	}
	PublicX25519(pub, priv)
	return nil
}
