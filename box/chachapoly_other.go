//go:build !amd64 || purego

package box

import "crypto/cipher"

// wideChaCha20Poly1305 is for other machines.
func wideChaCha20Poly1305(*[KeySize]byte) cipher.AEAD { return nil }
