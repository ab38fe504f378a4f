package disk

import (
	"encoding/binary"
	"fmt"
	"log/slog"
	"math/bits"

	"github.com/cockroachdb/pebble/v2"
)

// Passed is what a walk over many rows has passed over, as it cannot be read: the rest must not wait for it.
type Passed struct {
	rows   int // whose keys or values do not parse
	places int // where no row can be read, such as a block of a table with a flipped bit
	first  error
}

func (p *Passed) note(n *int, err error) {
	if *n++; p.first == nil {
		p.first = err
	}
}

// Row passes over a row.
func (p *Passed) Row(err error) { p.note(&p.rows, err) }

// Over moves an iterator that has failed behind a key to a row that can be read, soon behind the last that cannot. It is false
// when there is none, or the iterator still fails.
//
// The way is found by steps that grow until one is wide enough, and then are halved a few times; each that fails costs Pebble
// 10 ms, as it looks for the bit that was flipped. Steps are in the 16 bytes of the key from a place on, as a number, and
// begin with 2^first: of random IDs as many bits are left as rows may be told apart by.
func (p *Passed) Over(it *pebble.Iterator, key []byte, place int, first uint) bool {
	p.note(&p.places, it.Error())
	at := make([]byte, place+16)
	copy(at, key)
	start := number128{binary.BigEndian.Uint64(at[place:]), binary.BigEndian.Uint64(at[place+8:])}
	most := number128{^start.high, ^start.low} // to the last key
	fails := func(step number128) bool {
		n := start.plus(step)
		binary.BigEndian.PutUint64(at[place:], n.high)
		binary.BigEndian.PutUint64(at[place+8:], n.low)
		it.SeekGE(at)
		return it.Error() != nil
	}
	near, far := number128{}, least(number128{low: 1}.left(first), most)
	for fails(far) {
		if far == most {
			return false
		}
		if near = far; far.less(most.right(2)) {
			far = far.left(2)
		} else {
			far = most
		}
	}
	for range halvings {
		middle := near.plus(far.minus(near).right(1))
		if middle == near {
			break
		}
		if fails(middle) {
			near = middle
		} else {
			far = middle
		}
	}
	return far != number128{} && !fails(far) && it.Valid()
}

// halvings are how often a step is halved after steps have become four times as wide: one in 16 rows that could be read may
// be passed over.
const halvings = 5

// Err tells how much was passed over, nil when it was nothing.
func (p *Passed) Err() error {
	if p.first == nil {
		return nil
	}
	return fmt.Errorf("%d rows and %d places cannot be read and are passed over: %w", p.rows, p.places, p.first)
}

// Tell logs it, once for the walk.
func (p *Passed) Tell(log *slog.Logger, what string) {
	if p.first != nil {
		log.Error("store: "+what+" cannot be read and are passed over", "rows", p.rows, "places", p.places,
			"cause", FirstLine(p.first.Error()))
	}
}

// number128 is an unsigned number of 128 bits.
type number128 struct{ high, low uint64 }

func (n number128) plus(m number128) number128 {
	low, carry := bits.Add64(n.low, m.low, 0)
	high, _ := bits.Add64(n.high, m.high, carry)
	return number128{high, low}
}

func (n number128) minus(m number128) number128 {
	low, borrow := bits.Sub64(n.low, m.low, 0)
	high, _ := bits.Sub64(n.high, m.high, borrow)
	return number128{high, low}
}

// left and right shift; Go shifts all bits out by 64 and more.
func (n number128) left(by uint) number128 {
	return number128{n.high<<by | n.low>>(64-by) | n.low<<(by-64), n.low << by}
}

func (n number128) right(by uint) number128 {
	return number128{n.high >> by, n.low>>by | n.high<<(64-by) | n.high>>(by-64)}
}

func (n number128) less(m number128) bool {
	return n.high < m.high || n.high == m.high && n.low < m.low
}

func least(n, m number128) number128 {
	if m.less(n) {
		return m
	}
	return n
}
