//go:build amd64 && !purego

package box

import (
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"slices"
)

// wideChaCha20Poly1305 is nil where the machine cannot run it.
func wideChaCha20Poly1305(key *[KeySize]byte) cipher.AEAD {
	if !useAVX512 {
		return nil
	}
	return &chachaPoly{*key}
}

// chachaPoly is ChaCha20-Poly1305 (RFC 8439, 2.8) by kernels.
type chachaPoly struct{ key [KeySize]byte }

const (
	chachaNonce = 12
	chachaBlock = 64
	chachaLimit = 1<<32 - 2*wideGroup/chachaBlock // blocks of data under one nonce, less than the cipher's
)

var errChaChaPoly = errors.New("box: message does not authenticate")

// Forget overwrites the key; the AEAD has served.
func (c *chachaPoly) Forget() { c.key = [KeySize]byte{} }

func (c *chachaPoly) NonceSize() int { return chachaNonce }
func (c *chachaPoly) Overhead() int  { return TagSize }

// Seal implements cipher.AEAD.
func (c *chachaPoly) Seal(dst, nonce, plain, additional []byte) []byte {
	checkChaCha(nonce, len(plain))
	all := slices.Grow(dst, len(plain)+TagSize)[:len(dst)+len(plain)+TagSize]
	data := all[len(dst) : len(dst)+len(plain)]
	copy(data, plain)
	var s chachaStream
	s.init(c, nonce)
	s.xor(data)
	var tag [TagSize]byte
	s.sum(&tag, data, additional)
	copy(all[len(dst)+len(plain):], tag[:])
	return all
}

// Open implements cipher.AEAD. What does not authenticate is not decrypted, and dst stays as it is.
func (c *chachaPoly) Open(dst, nonce, sealed, additional []byte) ([]byte, error) {
	n := len(sealed) - TagSize
	if n < 0 {
		return nil, errChaChaPoly
	}
	checkChaCha(nonce, n)
	var s chachaStream
	s.init(c, nonce)
	var tag [TagSize]byte
	s.sum(&tag, sealed[:n], additional)
	if subtle.ConstantTimeCompare(tag[:], sealed[n:]) != 1 {
		return nil, errChaChaPoly
	}
	all := slices.Grow(dst, n)[:len(dst)+n]
	data := all[len(dst):]
	copy(data, sealed)
	s.xor(data)
	return all, nil
}

// checkChaCha panics for what no caller may ask, as crypto/cipher has it.
func checkChaCha(nonce []byte, size int) {
	if len(nonce) != chachaNonce {
		panic("box: nonce of the wrong length")
	}
	if uint64(size) > chachaLimit*chachaBlock {
		panic("box: message too long")
	}
}

// chachaStream is the state of one message. The first block of key stream is for Poly1305, of which it takes half; the data
// begins with the second.
type chachaStream struct {
	key   [KeySize]byte
	nonce [chachaNonce]byte
	first [wideGroup]byte
}

func (s *chachaStream) init(c *chachaPoly, nonce []byte) {
	s.key, s.nonce = c.key, [chachaNonce]byte(nonce)
	chachaXORWide(&s.first[0], 1, 0, &s.nonce, &s.key)
}

// xor encrypts or decrypts the data of the message.
func (s *chachaStream) xor(data []byte) {
	n := subtle.XORBytes(data, data, s.first[chachaBlock:])
	data = data[n:]
	number := uint32(wideGroup / chachaBlock)
	if groups := len(data) / wideGroup; groups > 0 {
		chachaXORWide(&data[0], groups, number, &s.nonce, &s.key)
		number += uint32(groups * wideGroup / chachaBlock)
		data = data[groups*wideGroup:]
	}
	if len(data) > 0 {
		var last [wideGroup]byte
		copy(last[:], data)
		chachaXORWide(&last[0], 1, number, &s.nonce, &s.key)
		copy(data, last[:])
	}
}

// sum sets tag to the tag of additional and encrypted data, each filled up to whole blocks, and their lengths.
func (s *chachaStream) sum(tag *[TagSize]byte, data, additional []byte) {
	var p poly
	p.init((*[32]byte)(s.first[:32]))
	p.filled(additional)
	p.filled(data)
	var lengths [16]byte
	binary.LittleEndian.PutUint64(lengths[:], uint64(len(additional)))
	binary.LittleEndian.PutUint64(lengths[8:], uint64(len(data)))
	p.update(lengths[:])
	p.sum(tag)
}

// filled takes data and zeros up to a whole block.
func (p *poly) filled(data []byte) {
	whole := len(data) &^ 15
	p.update(data[:whole])
	if whole < len(data) {
		var last [16]byte
		copy(last[:], data[whole:])
		p.update(last[:])
	}
}
