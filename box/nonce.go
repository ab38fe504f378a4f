package box

// FitNonce sets dst to the nonce that a byte string of any length stands for:
// cut to 24 bytes, or extended to them with zero bytes on the right.
// Correlation IDs, which may have 0 to 255 bytes, become nonces in this way.
func FitNonce(dst *[NonceSize]byte, b []byte) {
	clear(dst[copy(dst[:], b):])
}

// ReverseNonce sets dst to the bytes of n in reverse order, the nonce of the
// answer to a forwarded command. dst and n may be the same array.
func ReverseNonce(dst, n *[NonceSize]byte) {
	r := *n
	for i, b := range r {
		dst[NonceSize-1-i] = b
	}
}
