package box

import (
	"crypto/cipher"

	"golang.org/x/crypto/chacha20poly1305"
)

// NewChaCha20Poly1305 is the AEAD of RFC 8439, with keys of 32 bytes and nonces of 12: x/crypto's, or where the machine has
// AVX-512 one of this package that takes half to four fifths of its time. Two buffers given to it overlap wholly or not at all.
func NewChaCha20Poly1305(key []byte) (cipher.AEAD, error) {
	if len(key) == KeySize {
		if aead := wideChaCha20Poly1305((*[KeySize]byte)(key)); aead != nil {
			return aead, nil
		}
	}
	return chacha20poly1305.New(key)
}
