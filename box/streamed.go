package box

import (
	"crypto/subtle"
	"encoding/binary"
)

// Streamed seals or opens one box whose data is too large to hold, such as a
// file or a packet of XFTP: the data passes through Seal or Open in pieces of
// any size, and Tag gives the tag at the end. The pieces give the same box as
// the whole. It belongs to one goroutine.
//
// Open hands out bytes that no tag has vouched for yet; what is made of them
// must be thrown away when the tag turns out wrong.
type Streamed struct {
	s     stream
	mac   polyStream
	block uint64   // number of the next whole key stream block
	key   [64]byte // the key stream block that is used up in part
	used  int      // bytes of key that are used; 64 when there is none
}

// NewStreamed returns the state at the start of the box's data.
func NewStreamed(nonce *[NonceSize]byte, subkey *[KeySize]byte) *Streamed {
	t := &Streamed{block: 1, used: 32}
	t.s.init(nonce, subkey)
	t.key = [64]byte(t.s.first[:64])
	t.mac.start((*[32]byte)(t.s.first[:32]))
	return t
}

// Seal encrypts the next piece of the data in place.
func (t *Streamed) Seal(data []byte) {
	t.xor(data)
	t.mac.write(data)
}

// Open decrypts the next piece of the data in place.
func (t *Streamed) Open(data []byte) {
	t.mac.write(data)
	t.xor(data)
}

// Skip takes the next piece of the ciphertext into the tag without decrypting
// it; only Skip, Tag and Verify may follow.
func (t *Streamed) Skip(data []byte) { t.mac.write(data) }

// Tag returns the tag of all pieces. It is called once, at the end.
func (t *Streamed) Tag() (tag [TagSize]byte) {
	t.mac.finish(&tag)
	return tag
}

// Verify tells in constant time whether tag is the tag of all pieces. It is
// called once, at the end.
func (t *Streamed) Verify(tag []byte) bool {
	want := t.Tag()
	return subtle.ConstantTimeCompare(want[:], tag) == 1
}

func (t *Streamed) xor(data []byte) {
	n := t.xorBlock(data)
	data = data[n:]
	if whole := len(data) &^ 63; whole > 0 {
		t.keyStream(data[:whole])
		t.block += uint64(whole / 64)
		data = data[whole:]
	}
	if len(data) > 0 {
		t.key, t.used = [64]byte{}, 0
		t.keyStream(t.key[:])
		t.block++
		t.xorBlock(data)
	}
}

// xorBlock uses what is left of the current block.
func (t *Streamed) xorBlock(data []byte) int {
	n := min(len(data), 64-t.used)
	for i := range data[:n] {
		data[i] ^= t.key[t.used+i]
	}
	t.used += n
	return n
}

func (t *Streamed) keyStream(data []byte) {
	ctr := t.s.ctr
	binary.LittleEndian.PutUint64(ctr[8:], t.block)
	xorKeyStream(data, &ctr, &t.s.key)
}
