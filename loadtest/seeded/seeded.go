// Package seeded names the queues of a store that was filled offline, so that the program which fills the store and
// the clients of a load know the same queues without telling each other: recipient IDs and recipient keys follow from a
// seed. It does no I/O.
//
// IDs ascend with the number of the queue, so that a store can be written from one end to the other without sorting:
//
//	recipient ID(24) = number × 2⁶⁴ ÷ count (8, big-endian) | 16 bytes of SHA-512/256(seed, number)
//
// A load must not use neighbours together, which no router's clients do; Scattered gives another order.
//
// The package imports nothing of ours but smp and box. It has no state.
package seeded

import (
	"crypto/sha512"
	"encoding/binary"
	"math/bits"

	"switchyard/box"
	"switchyard/smp"
)

// Keys is how many recipient keys the queues of a plan share: making a key costs more than everything else that a
// queue needs.
const Keys = 4096

// Plan is a set of queues. Both programs must have the same.
type Plan struct {
	Count    uint64
	Seed     uint64
	Messages int `json:",omitempty"` // in each queue, which is full with them; 0: the queues are empty

	Foreign bool `json:",omitempty"` // the router takes the sender IDs as they are, like those of queues that it imports
}

// RecipientID is the recipient ID of the nth queue, counted from 0.
func (p Plan) RecipientID(n uint64) smp.ID {
	return p.id('r', n)
}

// SenderID is an ID for the sender of the nth queue. Unless the plan is foreign, a router may want other IDs for reasons of its
// own; it may change all but the first 8 bytes, which keep the order.
func (p Plan) SenderID(n uint64) smp.ID {
	return p.id('s', n)
}

func (p Plan) id(kind byte, n uint64) (id smp.ID) {
	high, _ := bits.Div64(n, 0, p.Count)
	binary.BigEndian.PutUint64(id[:8], high)
	sum := p.sum(kind, n)
	copy(id[8:], sum[:])
	return id
}

// Secret is the shared secret of the nth queue, which seals its message bodies.
func (p Plan) Secret(n uint64) [32]byte { return p.sum('x', n) }

// KeyNumber says which of the keys the nth queue has.
func (p Plan) KeyNumber(n uint64) int { return int(n % Keys) }

// Key makes the recipient key with the given number: Ed25519.
func (p Plan) Key(number int) (*box.PrivateKey, error) {
	seed := p.sum('k', uint64(number))
	return box.NewPrivateKey(box.Ed25519, seed[:])
}

func (p Plan) sum(kind byte, n uint64) [32]byte {
	var in [17]byte
	in[0] = kind
	binary.BigEndian.PutUint64(in[1:], p.Seed)
	binary.BigEndian.PutUint64(in[9:], n)
	return sha512.Sum512_256(in[:])
}

// Scattered is the nth queue of an order in which neighbours are far apart; it visits each queue once.
func (p Plan) Scattered(n uint64) uint64 {
	high, low := bits.Mul64(n%p.Count, p.stride())
	_, rem := bits.Div64(high, low, p.Count)
	return rem
}

// stride is near the golden section of the count, and has no factor in common with it.
func (p Plan) stride() uint64 {
	s := uint64(float64(p.Count)*0.6180339887) | 1
	for gcd(s, p.Count) != 1 {
		s += 2
	}
	return s % p.Count
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
