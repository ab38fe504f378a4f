package wal

import (
	"encoding/binary"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"switchyard/internal/disk"
)

// passed is what a walk over many rows has passed over, as it cannot be read: the rest must not wait for it.
type passed struct {
	rows   int // whose keys or values do not parse
	places int // where no row can be read, such as a block of a table with a flipped bit
	first  error
}

func (p *passed) note(n *int, err error) {
	if *n++; p.first == nil {
		p.first = err
	}
}

func (p *passed) row(err error) { p.note(&p.rows, err) }

// over moves an iterator that has failed behind a key to a row that can be read, soon behind the last that cannot. It is false
// when there is none, or the iterator still fails. At a place in the key an ID begins, which is random: the way is found by
// steps that grow until one is wide enough, and then are halved a few times; each that fails costs Pebble 10 ms, as it looks
// for the bit that was flipped.
func (p *passed) over(it *pebble.Iterator, key []byte, place int) bool {
	p.note(&p.places, it.Error())
	at := make([]byte, place+8)
	copy(at, key)
	start := binary.BigEndian.Uint64(at[place:])
	fails := func(step uint64) bool {
		binary.BigEndian.PutUint64(at[place:], start+step)
		it.SeekGE(at)
		return it.Error() != nil
	}
	most := -start - 1 // to the last ID
	near, far := uint64(0), min(firstStep, most)
	for fails(far) {
		if far == most {
			return false
		}
		if near = far; far < most/stepGrowth {
			far *= stepGrowth
		} else {
			far = most
		}
	}
	for far-near > far/stepShare+1 {
		if middle := near + (far-near)/2; fails(middle) {
			near = middle
		} else {
			far = middle
		}
	}
	return far > 0 && !fails(far) && it.Valid()
}

// Steps begin where a block of a store with billions of queues is, grow, and end with a share of what they have passed.
const (
	firstStep  = 1 << 32
	stepGrowth = 4
	stepShare  = 16
)

// tell logs what was passed over, and returns it as an error, nil when there is nothing.
func (p *passed) tell(s *Store, what string) error {
	if p.first == nil {
		return nil
	}
	s.log.Error("store: "+what+" cannot be read and are passed over", "rows", p.rows, "places", p.places,
		"cause", disk.FirstLine(p.first.Error()))
	return fmt.Errorf("wal: %d rows and %d places are passed over: %w", p.rows, p.places, p.first)
}
