//go:build !amd64 || purego

package box

import (
	"crypto/cipher"

	//lint:ignore SA1019 see salsa.go
	"golang.org/x/crypto/poly1305"
)

const firstSize = 64

// firstMade is how many bytes of key stream are made at first for a box: one block.
func firstMade() int { return firstSize }

func xorKeyStream(data []byte, counter *[16]byte, key *[32]byte) {
	xorKeyStreamGeneric(data, counter, key)
}

func polySum(tag *[TagSize]byte, data []byte, key *[32]byte) {
	polySumGeneric(tag, data, key)
}

// polyStream is a Poly1305 computation over data that comes in pieces.
type polyStream struct{ mac *poly1305.MAC }

func (p *polyStream) start(key *[32]byte) { p.mac = poly1305.New(key) }

// write takes the next piece.
func (p *polyStream) write(data []byte) { p.mac.Write(data) }

// finish sets tag to the tag of all pieces.
func (p *polyStream) finish(tag *[TagSize]byte) { p.mac.Sum(tag[:0]) }

// wideChaCha20Poly1305 is for other machines.
func wideChaCha20Poly1305(*[KeySize]byte) cipher.AEAD { return nil }

type hashLanes struct{}

// run hashes all messages.
func (h *hashes) run() {
	for i := range h.messages {
		h.runOne(&h.messages[i])
	}
}
