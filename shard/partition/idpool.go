package partition

import "switchyard/smp"

// IDPool is random IDs that a shard has drawn and not used, by their partitions. An ID falls into one of Count, so
// one for a given partition takes as many attempts; what the others find waits here, and an ID costs little more than one
// attempt in the end.
type IDPool struct {
	ids    [Count][idsWaiting]smp.ID
	len    [Count]uint8
	random [16 * len(smp.ID{})]byte // drawn at once
	used   int                      // of it; all at first
}

// NewIDPool makes an empty pool.
func NewIDPool() *IDPool {
	s := new(IDPool)
	s.used = len(s.random)
	return s
}

// idsWaiting is how many IDs of a partition may wait.
const idsWaiting = 4

// Draw sets id to a random ID of the partition.
func (s *IDPool) Draw(id *smp.ID, p *Map, random func([]byte), partition uint8) {
	if n := s.len[partition]; n > 0 {
		*id = s.ids[partition][n-1]
		s.len[partition]--
		return
	}
	for {
		s.next(id, random)
		found := p.Of(id[:])
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
func (s *IDPool) next(id *smp.ID, random func([]byte)) {
	if s.used == len(s.random) {
		random(s.random[:])
		s.used = 0
	}
	s.used += copy(id[:], s.random[s.used:])
}
