package shard

import (
	"hash/maphash"

	"switchyard/smp"
)

// parking is the parked subscriptions, found by the recipient IDs that they hold. There may be millions, so it is made for
// size: 15 bytes for each, where a map from IDs, which would hold each ID again, takes 50 to 90.
//
// A hash chooses a part, and in it the place from which on the subscription is in the first one that was free. Parts grow
// one at a time and by a quarter, so that a shard neither stops for long nor has twice the room that it needs.
type parking struct {
	seed  maphash.Seed
	parts [parkingParts]parkingPart
	len   int
}

// parkingPart has places, and the tag of what is in each. Looking at tags is what most searches and all moves need; a
// look at a subscription is one at memory far away.
type parkingPart struct {
	places []*parked
	tags   []parkingTag
	len    int
}

// parkingTag is a part of a subscription's hash; zero of a free place.
type parkingTag uint16

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

// locate returns the part of an ID and its tag there.
func (p *parking) locate(id *smp.ID) (*parkingPart, parkingTag) {
	hash := maphash.Bytes(p.seed, id[:])
	return &p.parts[hash%parkingParts], parkingTag(hash>>48) | 1
}

// home is the place at which the search for a tag begins.
func (p *parkingPart) home(tag parkingTag) int { return int(uint64(tag) * uint64(len(p.places)) >> 16) }

func (p *parkingPart) next(place int) int {
	if place++; place < len(p.places) {
		return place
	}
	return 0
}

// find returns the subscription to a queue, nil when none is parked.
func (p *parking) find(id *smp.ID) *parked {
	part, tag := p.locate(id)
	if place, ok := part.find(tag, id); ok {
		return part.places[place]
	}
	return nil
}

func (p *parkingPart) find(tag parkingTag, id *smp.ID) (place int, ok bool) {
	if p.len == 0 {
		return 0, false
	}
	for place = p.home(tag); p.tags[place] != 0; place = p.next(place) {
		if p.tags[place] == tag && p.places[place].id == *id {
			return place, true
		}
	}
	return 0, false
}

// add enters a subscription, which is not parked yet.
func (p *parking) add(s *parked) {
	part, tag := p.locate(&s.id)
	if part.full() {
		part.resize(max(parkingLeast, len(part.places)*5/4))
	}
	part.add(tag, s)
	p.len++
}

func (p *parkingPart) add(tag parkingTag, s *parked) {
	place := p.home(tag)
	for p.tags[place] != 0 {
		place = p.next(place)
	}
	p.places[place], p.tags[place] = s, tag
	p.len++
}

// remove forgets the subscription to a queue, if one is parked.
func (p *parking) remove(id *smp.ID) {
	part, tag := p.locate(id)
	place, ok := part.find(tag, id)
	if !ok {
		return
	}
	part.free(place)
	part.len--
	p.len--
	if part.tooLarge() {
		part.resize(max(parkingLeast, part.len*3/2))
	}
}

// free makes a place free. What stands behind it moves there where its search would end now.
func (p *parkingPart) free(place int) {
	for other := p.next(place); p.tags[other] != 0; other = p.next(other) {
		home := p.home(p.tags[other])
		stays := place < home && home <= other // its search does not come by the free place
		if other < place {
			stays = place < home || home <= other
		}
		if stays {
			continue
		}
		p.places[place], p.tags[place] = p.places[other], p.tags[other]
		place = other
	}
	p.places[place], p.tags[place] = nil, 0
}

func (p *parkingPart) resize(places int) {
	old := *p
	*p = parkingPart{places: make([]*parked, places), tags: make([]parkingTag, places)}
	for i, s := range old.places {
		if s != nil {
			p.add(old.tags[i], s)
		}
	}
}

// appendIDs appends the recipient IDs of a part.
func (p *parking) appendIDs(ids []smp.ID, part int) []smp.ID {
	for _, s := range p.parts[part].places {
		if s != nil {
			ids = append(ids, s.id)
		}
	}
	return ids
}
