package shard

import "switchyard/smp"

// idStock is random IDs that a shard has drawn and not used, by their partitions. An ID falls into one of Partitions, so
// one for a given partition takes as many attempts; what the others find waits here, and an ID costs little more than one
// attempt in the end.
type idStock struct {
	ids    [Partitions][idsWaiting]smp.ID
	len    [Partitions]uint8
	random [16 * len(smp.ID{})]byte // drawn at once
	used   int                      // of it; all at first
}

func (s *idStock) init() { s.used = len(s.random) }

// idsWaiting is how many IDs of a partition may wait.
const idsWaiting = 4

// drawIn sets id to a random ID of the partition.
func (c *core) drawIn(id *smp.ID, partition uint8) {
	c.ids.take(id, &c.partitions, c.random, partition)
}

// take sets id to a random ID of the partition.
func (s *idStock) take(id *smp.ID, p *partitioner, random func([]byte), partition uint8) {
	if n := s.len[partition]; n > 0 {
		*id = s.ids[partition][n-1]
		s.len[partition]--
		return
	}
	for {
		s.next(id, random)
		found := p.partition(id[:])
		if found == partition {
			return
		}
		if n := s.len[found]; n < idsWaiting {
			s.ids[found][n] = *id
			s.len[found]++
		}
	}
}

// next sets id to a random ID.
func (s *idStock) next(id *smp.ID, random func([]byte)) {
	if s.used == len(s.random) {
		random(s.random[:])
		s.used = 0
	}
	s.used += copy(id[:], s.random[s.used:])
}
