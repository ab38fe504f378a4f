package box

// Both packages are marked deprecated, to keep applications away from building
// blocks. Boxes sealed in place and detached are built of just these, and
// x/crypto's own secretbox is built on the same code.
import (
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
// nonce, and the first block of key stream. The first half of that block is
// the Poly1305 key, the second half encrypts the first 32 bytes of the data.
type stream struct {
	key   [32]byte
	ctr   [16]byte
	first [64]byte
}

// headSize is how many bytes of the data the first key stream block covers.
const headSize = 32

func (s *stream) init(nonce *[NonceSize]byte, subkey *[KeySize]byte) {
	var in [16]byte
	copy(in[:], nonce[:16])
	salsa.HSalsa20(&s.key, &in, subkey, &salsa.Sigma)
	copy(s.ctr[:8], nonce[16:])
	xorKeyStream(s.first[:], s.first[:], &s.ctr, &s.key)
	s.ctr[8] = 1
}

// sum sets tag to the Poly1305 tag of the ciphertext data.
func (s *stream) sum(tag *[TagSize]byte, data []byte) {
	poly1305.Sum(tag, data, (*[32]byte)(s.first[:32]))
}

// verify tells in constant time whether tag is the tag of the ciphertext data.
func (s *stream) verify(tag *[TagSize]byte, data []byte) bool {
	return poly1305.Verify(tag, data, (*[32]byte)(s.first[:32]))
}

// xor encrypts or decrypts data, which starts at the start of the box's data.
func (s *stream) xor(data []byte) {
	head := data[:min(len(data), headSize)]
	s.xorHead(head)
	if len(data) > headSize {
		xorKeyStream(data[headSize:], data[headSize:], &s.ctr, &s.key)
	}
}

func (s *stream) xorHead(head []byte) {
	for i := range head {
		head[i] ^= s.first[32+i]
	}
}

// xorKeyStream is the one place where key stream is made, and so the seam for
// a faster kernel. out and in are the same slice or do not overlap; counter is
// nonce(8) ‖ little-endian block number(8).
func xorKeyStream(out, in []byte, counter *[16]byte, key *[32]byte) {
	salsa.XORKeyStream(out, in, counter, key)
}
