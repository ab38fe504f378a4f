// Package idtable is a hash table of values that hold their own IDs. There may be millions, so it is made for size: 15 bytes for
// each, where a map from IDs, which would hold each ID again, takes 50 to 90. The shard keeps parked subscriptions in it.
//
// It is open addressing with linear probing, in 256 parts. A hash chooses a part, and in it the place from which on the value
// is in the first one that was free. Parts grow one at a time and by a quarter, so that a shard neither stops for long nor has
// twice the room that it needs.
//
// A table belongs to one goroutine. idtable imports smp.
package idtable

import (
	"hash/maphash"

	"switchyard/smp"
)

// Table is values of type T, found by the IDs that they hold.
type Table[T any, P Holder[T]] struct {
	seed  maphash.Seed
	parts [Parts]part[T, P]
	len   int
}

// Holder is a pointer to a T, which holds an ID that does not change while it is in the table.
type Holder[T any] interface {
	*T
	HeldID() *smp.ID
}

// part has places, and the tag of what is in each. Looking at tags is what most searches and all moves need; a
// look at a value is one at memory far away.
type part[T any, P Holder[T]] struct {
	places []*T
	tags   []tag
	len    int
}

// tag is a part of an ID's hash; zero of a free place.
type tag uint16

// Parts is the number of parts of a table.
const Parts = 256

// least is how many places a part with anything in it has.
const least = 8

// A part is full when one more would take more than 3 of 4 places, and too large when fewer than 3 of 8 are taken.
func (p *part[T, P]) full() bool { return 4*(p.len+1) > 3*len(p.places) }
func (p *part[T, P]) tooLarge() bool {
	return 8*p.len < 3*len(p.places) && len(p.places) > least
}

// New makes an empty table.
func New[T any, P Holder[T]]() Table[T, P] { return Table[T, P]{seed: maphash.MakeSeed()} }

// locate returns the part of an ID and its tag there.
func (t *Table[T, P]) locate(id *smp.ID) (*part[T, P], tag) {
	hash := maphash.Bytes(t.seed, id[:])
	return &t.parts[hash%Parts], tag(hash>>48) | 1
}

// home is the place at which the search for a tag begins.
func (p *part[T, P]) home(t tag) int { return int(uint64(t) * uint64(len(p.places)) >> 16) }

func (p *part[T, P]) next(place int) int {
	if place++; place < len(p.places) {
		return place
	}
	return 0
}

// Len is the number of values.
func (t *Table[T, P]) Len() int { return t.len }

// Find returns the value with an ID, nil when there is none.
func (t *Table[T, P]) Find(id *smp.ID) *T {
	part, tag := t.locate(id)
	if place, ok := part.find(tag, id); ok {
		return part.places[place]
	}
	return nil
}

func (p *part[T, P]) find(t tag, id *smp.ID) (place int, ok bool) {
	if p.len == 0 {
		return 0, false
	}
	for place = p.home(t); p.tags[place] != 0; place = p.next(place) {
		if p.tags[place] == t && *P(p.places[place]).HeldID() == *id {
			return place, true
		}
	}
	return 0, false
}

// Add enters a value whose ID is not in the table.
func (t *Table[T, P]) Add(s *T) {
	part, tag := t.locate(P(s).HeldID())
	if part.full() {
		part.resize(max(least, len(part.places)*5/4))
	}
	part.add(tag, s)
	t.len++
}

func (p *part[T, P]) add(t tag, s *T) {
	place := p.home(t)
	for p.tags[place] != 0 {
		place = p.next(place)
	}
	p.places[place], p.tags[place] = s, t
	p.len++
}

// Remove forgets the value with an ID, if there is one.
func (t *Table[T, P]) Remove(id *smp.ID) {
	part, tag := t.locate(id)
	place, ok := part.find(tag, id)
	if !ok {
		return
	}
	part.free(place)
	part.len--
	t.len--
	if part.tooLarge() {
		part.resize(max(least, part.len*3/2))
	}
}

// free makes a place free. What stands behind it moves there where its search would end now.
func (p *part[T, P]) free(place int) {
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

func (p *part[T, P]) resize(places int) {
	old := *p
	*p = part[T, P]{places: make([]*T, places), tags: make([]tag, places)}
	for i, s := range old.places {
		if s != nil {
			p.add(old.tags[i], s)
		}
	}
}

// AppendIDs appends the IDs of the values in one of the parts.
func (t *Table[T, P]) AppendIDs(ids []smp.ID, part int) []smp.ID {
	for _, s := range t.parts[part].places {
		if s != nil {
			ids = append(ids, *P(s).HeldID())
		}
	}
	return ids
}
