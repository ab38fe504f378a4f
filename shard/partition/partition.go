// Package partition tells which shard an entity ID belongs to, and draws IDs that belong to a given one.
//
// SipHash of the ID, with a secret of the router, names one of 256 partitions, and each partition belongs to one shard. The
// hash is keyed since IDs that share something visible would let an observer pair senders with recipients:
//
//	ID ──SipHash──▶ partition (0…255) ──▶ shard (neighbouring partitions go together)
//
// All IDs of a queue that the router draws are of one partition, so that its shard finds it by any of them. They are drawn until
// they fit. A queue with IDs that others have drawn belongs to the partition of its recipient ID.
//
// A Map is immutable; an IDPool belongs to one shard. partition imports smp.
package partition

import (
	"encoding/binary"

	"github.com/dchest/siphash"

	"switchyard/smp"
)

// Count is the number of partitions. The number of shards may change from one start of the router to the next, that of
// partitions not.
const Count = 256

// Map maps entity IDs to partitions, and these to shards.
type Map struct {
	k0, k1 uint64
	shards int
}

// New makes the map of a router with so many shards; key is the secret of its store.
func New(key *[16]byte, shards int) Map {
	return Map{binary.LittleEndian.Uint64(key[:8]), binary.LittleEndian.Uint64(key[8:]), shards}
}

// Shards is the number of shards.
func (p *Map) Shards() int { return p.shards }

// Of is the partition of an entity ID.
func (p *Map) Of(id []byte) uint8 { return uint8(p.Sum(id)) }

// Sum is the hash of an entity ID, of which the partition is the last byte.
func (p *Map) Sum(id []byte) uint64 { return siphash.Hash(p.k0, p.k1, id) }

// Owner is the shard that a partition belongs to. Neighbouring partitions go together.
func (p *Map) Owner(partition uint8) int { return int(partition) * p.shards / Count }

// Owned is the first and last partition of a shard; there is at least one.
func (p *Map) Owned(shard int) (first, last uint8) {
	low := (shard*Count + p.shards - 1) / p.shards
	high := ((shard+1)*Count + p.shards - 1) / p.shards
	return uint8(low), uint8(high - 1)
}

// Shard is the shard of an entity ID.
func (p *Map) Shard(id []byte) int { return p.Owner(p.Of(id)) }

// draw sets id to a random ID in one of the partitions that want accepts. It takes random bytes once and then counts
// in the last four of them, as some 256 IDs have to be tried: the key of the hash keeps the outcome unpredictable, and
// 20 bytes stay as they were drawn.
func (p *Map) draw(id *smp.ID, random func([]byte), want func(uint8) bool) uint8 {
	random(id[:])
	last := id[len(id)-4:]
	for n := binary.BigEndian.Uint32(last); ; n++ {
		binary.BigEndian.PutUint32(last, n)
		if q := p.Of(id[:]); want(q) {
			return q
		}
	}
}

// DrawOwned sets id to a random ID whose partition belongs to the shard, and returns the partition.
func (p *Map) DrawOwned(id *smp.ID, random func([]byte), shard int) uint8 {
	return p.draw(id, random, func(q uint8) bool { return p.Owner(q) == shard })
}

// DrawIn sets id to a random ID of the partition.
func (p *Map) DrawIn(id *smp.ID, random func([]byte), partition uint8) {
	p.draw(id, random, func(q uint8) bool { return q == partition })
}

// FitSenderID changes the last 4 bytes of a sender ID so that the ID falls into the partition of its queue's recipient
// ID, as both must be in one for a shard to find the queue by either. It is for filling a store offline; key is the
// store's partition key.
func FitSenderID(key *[16]byte, recipient, sender *smp.ID) {
	p := New(key, 1)
	p.DrawIn(sender, func([]byte) {}, p.Of(recipient[:]))
}
