// Package box holds the crypto kernels of the SimpleX protocols: padding,
// boxes, the block chain, command authorization, key encodings and the short
// hashes that the protocols derive identifiers from.
//
// It implements the parts of the SimpleX Messaging Protocol (and of its
// reference implementation, where that differs) that touch a key:
//
//	pad      u16 length ‖ message ‖ '#' up to the padded length
//	box      tag(16) ‖ ciphertext, XSalsa20-Poly1305 with the subkey HSalsa20(key, 0)
//	block    box of the padded content, 16,384 bytes, key and nonce from a Chain
//	auth     Ed25519 or Ed448 signature, or X25519 authenticator: box of SHA-512 (80 bytes)
//
// The box of this protocol family is one construction for both of its uses.
// With an X25519 result as key it is NaCl's crypto_box. With a symmetric key
// it is not NaCl's secretbox: the key passes HSalsa20 once more, which here is
// Precompute, so that a key used often pays for it once.
//
// The primitives come from the standard library, golang.org/x/crypto and
// github.com/cloudflare/circl. The package imports nothing else of this
// module, does no I/O and starts no goroutine.
//
// Ownership: Seal, Open and the Chain work in place in the caller's buffer and
// keep no reference to it. A Chain and a Verifier belong to one goroutine at a
// time. A Verifier refers to the claims added to it until it is reset.
package box
