package box

// Sizes in bytes of the parts of a box.
const (
	TagSize   = 16
	KeySize   = 32
	NonceSize = 24
)

// Seal encrypts buf[16:] in place and sets buf[:16] to its tag. It panics when
// len(buf) < 16.
func Seal(buf []byte, nonce *[NonceSize]byte, subkey *[KeySize]byte) {
	SealDetached((*[TagSize]byte)(buf), buf[TagSize:], nonce, subkey)
}

// Open checks the tag buf[:16] of buf[16:], decrypts that in place and returns
// it. On failure, also for less than 16 bytes, buf is unchanged.
func Open(buf []byte, nonce *[NonceSize]byte, subkey *[KeySize]byte) ([]byte, bool) {
	if len(buf) < TagSize {
		return nil, false
	}
	data := buf[TagSize:]
	return data, OpenDetached((*[TagSize]byte)(buf), data, nonce, subkey)
}

// OpenUsed opens a box of padded data and returns the message inside the
// padding, a part of buf. The tag is checked over all of the box, but only the
// length prefix and the message are decrypted; the filler stays as it came,
// which saves most of the work for a small command in a large block. It fails
// when Open or Unpad would, and then leaves buf alone.
func OpenUsed(buf []byte, nonce *[NonceSize]byte, subkey *[KeySize]byte) ([]byte, bool) {
	if len(buf) < TagSize+2 {
		return nil, false
	}
	data := buf[TagSize:]
	var s stream
	s.init(nonce, subkey)
	if !s.verify((*[TagSize]byte)(buf), data) {
		return nil, false
	}
	end := 2 + (int(data[0]^s.first[32])<<8 | int(data[1]^s.first[33]))
	if end > len(data) {
		return nil, false
	}
	s.xor(data[:end])
	return data[2:end], true
}

// SealDetached encrypts data in place and sets tag to its tag.
func SealDetached(tag *[TagSize]byte, data []byte, nonce *[NonceSize]byte, subkey *[KeySize]byte) {
	var s stream
	s.init(nonce, subkey)
	s.xor(data)
	s.sum(tag, data)
}

// OpenDetached checks the tag of data and decrypts data in place. On failure
// data is unchanged.
func OpenDetached(tag *[TagSize]byte, data []byte, nonce *[NonceSize]byte, subkey *[KeySize]byte) bool {
	var s stream
	s.init(nonce, subkey)
	if !s.verify(tag, data) {
		return false
	}
	s.xor(data)
	return true
}

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
