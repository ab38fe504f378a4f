package box

// Both packages are marked deprecated, to keep applications away from building
// blocks. Boxes sealed in place and detached are built of just these, and
// x/crypto's own secretbox is built on the same code.
import (
	"crypto/subtle"

	//lint:ignore SA1019 see above
	"golang.org/x/crypto/poly1305"
	//lint:ignore SA1019 see above
	"golang.org/x/crypto/salsa20/salsa"
)

// Precompute sets dst to HSalsa20(key, 16 zero bytes), the subkey that the
// sealing and opening functions take. key is the raw result of X25519 or a
// symmetric key; the protocol's box has this step for both. dst and key may be
// the same array.
func Precompute(dst, key *[KeySize]byte) {
	var zero [16]byte
	salsa.HSalsa20(dst, &zero, key, &salsa.Sigma)
}

// stream is the state of one box: the Salsa20 key and counter block for its
// nonce, and the first blocks of key stream. The first half of the first block
// is the Poly1305 key; from its second half on they encrypt the data.
type stream struct {
	key   [32]byte
	ctr   [16]byte
	first [firstSize]byte // of which the first made bytes are set
	made  int
}

func (s *stream) init(nonce *[NonceSize]byte, subkey *[KeySize]byte) {
	salsa.HSalsa20(&s.key, (*[16]byte)(nonce[:]), subkey, &salsa.Sigma)
	copy(s.ctr[:8], nonce[16:])
	s.made = firstMade()
	xorKeyStream(s.first[:s.made], &s.ctr, &s.key)
	s.ctr[8] = byte(s.made / 64)
}

// sum sets tag to the Poly1305 tag of the ciphertext data.
func (s *stream) sum(tag *[TagSize]byte, data []byte) {
	polySum(tag, data, (*[32]byte)(s.first[:32]))
}

// verify tells in constant time whether tag is the tag of the ciphertext data.
func (s *stream) verify(tag *[TagSize]byte, data []byte) bool {
	var want [TagSize]byte
	s.sum(&want, data)
	return subtle.ConstantTimeCompare(tag[:], want[:]) == 1
}

// xor encrypts or decrypts data, which starts at the start of the box's data.
func (s *stream) xor(data []byte) {
	if n := subtle.XORBytes(data, data, s.first[32:s.made]); n < len(data) {
		xorKeyStream(data[n:], &s.ctr, &s.key)
	}
}

// xorKeyStreamGeneric encrypts data in place. counter is nonce(8) ‖
// little-endian block number(8); it does not change. xorKeyStream does the
// same by the fastest code that the machine can run.
func xorKeyStreamGeneric(data []byte, counter *[16]byte, key *[32]byte) {
	salsa.XORKeyStream(data, data, counter, key)
}

// polySumGeneric sets tag to the Poly1305 tag of data. polySum does the same by
// the fastest code that the machine can run.
func polySumGeneric(tag *[TagSize]byte, data []byte, key *[32]byte) {
	poly1305.Sum(tag, data, key)
}
