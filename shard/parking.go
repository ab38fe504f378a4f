package shard

import (
	"hash/maphash"
	"iter"
	"math/bits"

	"switchyard/smp"
)

// parking is the parked subscriptions, found by the recipient IDs that they hold. There may be millions, so it is made for
// size: 13 bytes for each, where a map from IDs, which would hold each ID again, takes 50 to 90.
//
// A hash chooses a part, and in it the place from which on the subscription is in the first one that was free. Parts grow
// one at a time and by a quarter, so that a shard neither stops for long nor has twice the room that it needs.
type parking struct {
	seed  maphash.Seed
	parts [parkingParts]parkingPart
	len   int
}

// parkingPart has places, and of each a part of the hash of its subscription, so that most others need no look at it;
// zero of a free place.
type parkingPart struct {
	places []*subscription
	tags   []uint8
	len    int
}

const (
	parkingParts = 256
	parkingLeast = 8 // places of a part with anything in it
)

// A part is full when one more would take more than 3 of 4 places, and too large when fewer than 3 of 8 are taken.
func (p *parkingPart) full() bool { return 4*(p.len+1) > 3*len(p.places) }
func (p *parkingPart) tooLarge() bool {
	return 8*p.len < 3*len(p.places) && len(p.places) > parkingLeast
}

func newParking() parking { return parking{seed: maphash.MakeSeed()} }

// hash has the part in its low bits, the tag above, the place in its high ones.
func (p *parking) hash(id *smp.ID) uint64 { return maphash.Bytes(p.seed, id[:]) }

func (p *parking) part(hash uint64) *parkingPart { return &p.parts[hash%parkingParts] }

func tagOf(hash uint64) uint8 { return uint8(hash>>8) | 1 }

// home is the place at which the search for a hash begins.
func (p *parkingPart) home(hash uint64) int {
	place, _ := bits.Mul64(hash, uint64(len(p.places)))
	return int(place)
}

func (p *parkingPart) next(place int) int {
	if place++; place < len(p.places) {
		return place
	}
	return 0
}

// find returns the subscription to a queue, nil when none is parked.
func (p *parking) find(id *smp.ID) *subscription {
	hash := p.hash(id)
	part := p.part(hash)
	if place, ok := part.find(hash, id); ok {
		return part.places[place]
	}
	return nil
}

func (p *parkingPart) find(hash uint64, id *smp.ID) (place int, ok bool) {
	if p.len == 0 {
		return 0, false
	}
	for place = p.home(hash); p.tags[place] != 0; place = p.next(place) {
		if p.tags[place] == tagOf(hash) && p.places[place].delivered == *id {
			return place, true
		}
	}
	return 0, false
}

// add enters a subscription, which is not parked yet.
func (p *parking) add(s *subscription) {
	hash := p.hash(&s.delivered)
	part := p.part(hash)
	if part.full() {
		p.resize(part, max(parkingLeast, len(part.places)*5/4))
	}
	part.add(hash, s)
	p.len++
}

func (p *parkingPart) add(hash uint64, s *subscription) {
	place := p.home(hash)
	for p.tags[place] != 0 {
		place = p.next(place)
	}
	p.places[place], p.tags[place] = s, tagOf(hash)
	p.len++
}

// remove forgets the subscription to a queue, if one is parked.
func (p *parking) remove(id *smp.ID) {
	hash := p.hash(id)
	part := p.part(hash)
	place, ok := part.find(hash, id)
	if !ok {
		return
	}
	p.free(part, place)
	part.len--
	p.len--
	if part.tooLarge() {
		p.resize(part, max(parkingLeast, part.len*3/2))
	}
}

// free makes a place free. What stands behind it moves there where its search would end now.
func (p *parking) free(part *parkingPart, place int) {
	for other := part.next(place); part.tags[other] != 0; other = part.next(other) {
		home := part.home(p.hash(&part.places[other].delivered))
		stays := place < home && home <= other // its search does not come by the free place
		if other < place {
			stays = place < home || home <= other
		}
		if stays {
			continue
		}
		part.places[place], part.tags[place] = part.places[other], part.tags[other]
		place = other
	}
	part.places[place], part.tags[place] = nil, 0
}

func (p *parking) resize(part *parkingPart, places int) {
	old := *part
	*part = parkingPart{places: make([]*subscription, places), tags: make([]uint8, places)}
	for i, s := range old.places {
		if old.tags[i] != 0 {
			part.add(p.hash(&s.delivered), s)
		}
	}
}

// ids are the recipient IDs.
func (p *parking) ids() iter.Seq[smp.ID] {
	return func(yield func(smp.ID) bool) {
		for i := range p.parts {
			for _, s := range p.parts[i].places {
				if s != nil && !yield(s.delivered) {
					return
				}
			}
		}
	}
}
