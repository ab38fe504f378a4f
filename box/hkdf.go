package box

import (
	"bytes"
	"crypto/sha512"
	"crypto/subtle"
	"encoding"
	"hash"
	"sync"
)

const (
	hashSize  = sha512.Size
	hashBlock = sha512.BlockSize
)

// deriveChains is HKDF-SHA512 (RFC 5869) with a session identifier as salt and
// chainInitInfo, one output block. It is composed by hand as chainStep is,
// since it runs in each handshake.
func deriveChains(okm *[2 * KeySize]byte, sessionID []byte, secret *[KeySize]byte) {
	w := hmacPool.Get().(*hmac)
	if len(sessionID) > len(w.key) {
		panic("box: session identifier longer than a hash")
	}
	clear(w.key[copy(w.key[:], sessionID):])
	w.setKey()
	n := copy(w.msg[:], secret[:])
	w.sum(&w.key, &w.states, w.msg[:n])
	w.setKey()
	n = copy(w.msg[:], chainInitInfo)
	w.msg[n] = 1
	w.sum(&w.out, &w.states, w.msg[:n+1])
	copy(okm[:], w.out[:])
	hmacPool.Put(w)
}

// chainStep is HKDF-SHA512 (RFC 5869) with an empty salt and chainStepInfo,
// two output blocks of it. It is composed by hand, since crypto/hkdf allocates
// at each call and this runs for each block of each connection. Keyed states
// are kept where a key is used again: the states of the absent salt
// for good, those of the extracted key for its two uses. That is 8 SHA-512
// blocks a step instead of 12.
func chainStep(okm *[2 * hashSize]byte, key *[KeySize]byte) {
	w := hmacPool.Get().(*hmac)
	const n = len(chainStepInfo)
	msg := w.msg[:hashSize+n+1]
	prk, t := &w.key, (*[hashSize]byte)(msg)

	copy(msg, key[:])
	w.sum(prk, &noSalt, msg[:KeySize])
	w.setKey()
	copy(msg[hashSize:], chainStepInfo)
	msg[hashSize+n] = 1
	w.sum(t, &w.states, msg[hashSize:])
	copy(okm[:], t[:])
	msg[hashSize+n] = 2
	w.sum(&w.out, &w.states, msg)
	copy(okm[hashSize:], w.out[:])
	hmacPool.Put(w)
}

// hmac is the work space of HMAC-SHA512 (RFC 2104) with keys of 64 bytes. It
// is pooled rather than kept in each Chain, which has to be small.
type hmac struct {
	h      digest
	states hmacStates
	key    [hashSize]byte
	pad    [hashBlock]byte
	inner  [hashSize]byte
	out    [hashSize]byte
	msg    [2 * hashSize]byte
}

// digest is what crypto/sha512 returns: a hash whose state can be saved and
// restored without allocation.
type digest interface {
	hash.Hash
	encoding.BinaryAppender
	encoding.BinaryUnmarshaler
}

// hmacStates are the saved digests after the inner and the outer key block.
type hmacStates struct{ inner, outer []byte }

var hmacPool = sync.Pool{New: func() any { return newHMAC() }}

func newHMAC() *hmac { return &hmac{h: sha512.New().(digest)} }

// What a key is added to, mod 2, for its inner and its outer block.
var (
	innerPad = [hashBlock]byte(bytes.Repeat([]byte{0x36}, hashBlock))
	outerPad = [hashBlock]byte(bytes.Repeat([]byte{0x5c}, hashBlock))
)

// noSalt has the states of a key of 64 zero bytes, which stands for an absent
// salt. It is only read.
var noSalt = func() hmacStates {
	w := newHMAC()
	w.setKey()
	return w.states
}()

// setKey sets the states to those of w.key.
func (w *hmac) setKey() {
	w.states.inner = w.keyed(w.states.inner[:0], &innerPad)
	w.states.outer = w.keyed(w.states.outer[:0], &outerPad)
}

func (w *hmac) keyed(dst []byte, pad *[hashBlock]byte) []byte {
	w.pad = *pad
	subtle.XORBytes(w.pad[:], w.pad[:], w.key[:])
	w.h.Reset()
	w.h.Write(w.pad[:])
	dst, err := w.h.AppendBinary(dst)
	if err != nil {
		panic("box: saving a SHA-512 state: " + err.Error())
	}
	return dst
}

// sum sets dst to the HMAC of msg with the key of the states. dst may be a
// part of msg.
func (w *hmac) sum(dst *[hashSize]byte, s *hmacStates, msg []byte) {
	w.restore(s.inner)
	w.h.Write(msg)
	w.h.Sum(w.inner[:0])
	w.restore(s.outer)
	w.h.Write(w.inner[:])
	w.h.Sum(dst[:0])
}

func (w *hmac) restore(state []byte) {
	if err := w.h.UnmarshalBinary(state); err != nil {
		panic("box: restoring a SHA-512 state: " + err.Error())
	}
}
