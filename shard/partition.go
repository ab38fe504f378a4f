package shard

import (
	"encoding/binary"

	"github.com/dchest/siphash"

	"switchyard/smp"
)

// Partitions is the number of parts that entity IDs fall into. Each belongs to one shard; the number of shards may
// change from one start of the router to the next, the number of partitions not.
const Partitions = 256

// MaxShards bounds the shards of a router: Client.Shards has a bit for each.
const MaxShards = 64

// partitioner maps entity IDs to partitions, and these to shards. The hash is keyed since IDs that share something
// visible would let an observer pair senders with recipients.
type partitioner struct {
	k0, k1 uint64
	shards int
}

func newPartitioner(key *[16]byte, shards int) partitioner {
	return partitioner{binary.LittleEndian.Uint64(key[:8]), binary.LittleEndian.Uint64(key[8:]), shards}
}

// partition is the partition of an entity ID.
func (p *partitioner) partition(id []byte) uint8 { return uint8(siphash.Hash(p.k0, p.k1, id)) }

// owner is the shard that a partition belongs to. Neighbouring partitions go together.
func (p *partitioner) owner(partition uint8) int { return int(partition) * p.shards / Partitions }

// owned is the first and last partition of a shard; there is at least one.
func (p *partitioner) owned(shard int) (first, last uint8) {
	low := (shard*Partitions + p.shards - 1) / p.shards
	high := ((shard+1)*Partitions + p.shards - 1) / p.shards
	return uint8(low), uint8(high - 1)
}

// shard is the shard of an entity ID.
func (p *partitioner) shard(id []byte) int { return p.owner(p.partition(id)) }

// draw sets id to a random ID in one of the partitions that want accepts. It takes random bytes once and then counts
// in the last four of them, as some 256 IDs have to be tried: the key of the hash keeps the outcome unpredictable, and
// 20 bytes stay as they were drawn.
func (p *partitioner) draw(id *smp.ID, random func([]byte), want func(uint8) bool) uint8 {
	random(id[:])
	last := id[len(id)-4:]
	for n := binary.BigEndian.Uint32(last); ; n++ {
		binary.BigEndian.PutUint32(last, n)
		if q := p.partition(id[:]); want(q) {
			return q
		}
	}
}

// drawOwned sets id to a random ID whose partition belongs to the shard, and returns the partition.
func (p *partitioner) drawOwned(id *smp.ID, random func([]byte), shard int) uint8 {
	return p.draw(id, random, func(q uint8) bool { return p.owner(q) == shard })
}

// drawIn sets id to a random ID of the partition.
func (p *partitioner) drawIn(id *smp.ID, random func([]byte), partition uint8) {
	p.draw(id, random, func(q uint8) bool { return q == partition })
}
