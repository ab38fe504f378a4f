package box

import (
	"crypto/hkdf"
	"crypto/sha512"
)

const (
	hashSize  = sha512.Size
	hashBlock = sha512.BlockSize
)

// deriveChains runs once a connection, so it may allocate.
func deriveChains(okm *[64]byte, sessionID []byte, secret *[KeySize]byte) {
	out, err := hkdf.Key(sha512.New, secret[:], sessionID, chainInitInfo, len(okm))
	if err != nil {
		panic("box: HKDF of 64 bytes: " + err.Error())
	}
	copy(okm[:], out)
}

// chainStep is HKDF-SHA512 (RFC 5869) with an empty salt and chainStepInfo,
// two output blocks of it, composed by hand on the stack: crypto/hkdf
// allocates at each call and this runs for each block of each connection.
func chainStep(okm *[2 * hashSize]byte, key *[KeySize]byte) {
	var m mac
	prk := m.sum(zeroSalt[:], key[:])
	const n = len(chainStepInfo)
	var in [hashSize + n + 1]byte
	copy(in[hashSize:], chainStepInfo)
	in[hashSize+n] = 1
	t := m.sum(prk[:], in[hashSize:])
	copy(okm[:], t[:])
	copy(in[:], t[:])
	in[hashSize+n] = 2
	t = m.sum(prk[:], in[:])
	copy(okm[hashSize:], t[:])
}

// zeroSalt is what RFC 5869 puts in place of an absent salt.
var zeroSalt [hashSize]byte

// mac is the work space of one HMAC-SHA512 with a key of 64 bytes and a message of at most
// one more block.
type mac struct {
	inner [2 * hashBlock]byte
	outer [hashBlock + hashSize]byte
}

func (m *mac) sum(key, msg []byte) [hashSize]byte {
	for i := range hashBlock {
		m.inner[i], m.outer[i] = 0x36, 0x5c
	}
	for i, b := range key {
		m.inner[i] ^= b
		m.outer[i] ^= b
	}
	n := copy(m.inner[hashBlock:], msg)
	h := sha512.Sum512(m.inner[:hashBlock+n])
	copy(m.outer[hashBlock:], h[:])
	return sha512.Sum512(m.outer[:])
}
