// Package ring is a bounded queue between many producers and one consumer, without locks: loops and shards give each other
// batches through rings. It imports nothing of ours.
//
// It is D. Vyukov's bounded MPMC queue, with the consumer's side simplified. Each cell carries a sequence number that says
// whose turn it is:
//
//	seq == pos          free for the producer that takes position pos
//	seq == pos+1        filled; the consumer may take it
//	seq == pos+capacity taken; free for the producer one lap later
//
// A producer claims a position by moving tail, writes the value, and publishes it through seq. The values of one producer
// come out in its order.
package ring

import (
	"runtime"
	"sync/atomic"
)

// Ring is one such queue. Put and PutAll are for any goroutine; Get and Wait are for the consumer alone.
type Ring[T any] struct {
	// Immutable.
	cells   []cell[T]
	mask    uint64
	sleeper *sleeper
	beside  *Ring[T] // of the same consumer; nil without

	_    [cacheLine]byte
	tail atomic.Uint64 // next position to fill; producers
	full atomic.Uint64 // how often there was no room; producers
	_    [cacheLine - 16]byte
	head uint64 // next position to take; the consumer alone
	_    [cacheLine - 8]byte
}

// sleeper is how a consumer sleeps.
type sleeper struct {
	wake   chan struct{}
	parked atomic.Bool // the consumer sleeps or is about to; the producer that clears it wakes it
	_      [cacheLine - 12]byte
}

const cacheLine = 64

type cell[T any] struct {
	seq   atomic.Uint64
	value T
	_     [cacheLine - 16]byte // producers of neighbouring cells must not share a line; T is a pointer as a rule
}

// New makes a ring of at least n cells; the capacity is a power of two, and no less than two.
func New[T any](n int) *Ring[T] {
	size := 2
	for size < n {
		size *= 2
	}
	r := &Ring[T]{
		cells:   make([]cell[T], size),
		mask:    uint64(size - 1),
		sleeper: &sleeper{wake: make(chan struct{}, 1)},
	}
	for i := range r.cells {
		r.cells[i].seq.Store(uint64(i))
	}
	return r
}

// NewBeside makes a second ring for the consumer of r: what is put into either ends a Wait of r. Before any use of r.
func NewBeside[T any](r *Ring[T], n int) *Ring[T] {
	r.beside = New[T](n)
	r.beside.sleeper = r.sleeper
	return r.beside
}

// Put adds v, from any goroutine. False means that the ring is full.
func (r *Ring[T]) Put(v T) bool {
	pos, ok := r.claim(1)
	if ok {
		r.fill(pos, v)
		r.wake()
	} else {
		r.full.Add(1)
	}
	return ok
}

// PutAll adds as many of the values as there is room for, in their order, and returns how many. The consumer sees all of
// them at once, and is woken once.
func (r *Ring[T]) PutAll(values []T) int {
	for n := min(len(values), len(r.cells)); n > 0; n /= 2 {
		pos, ok := r.claim(uint64(n))
		if !ok {
			continue
		}
		for i := n - 1; i >= 0; i-- { // the consumer waits for the first
			r.fill(pos+uint64(i), values[i])
		}
		r.wake()
		return n
	}
	if len(values) > 0 {
		r.full.Add(1)
	}
	return 0
}

// claim takes the next n positions for a producer. As the consumer frees cells in order, all are free if the last is.
func (r *Ring[T]) claim(n uint64) (pos uint64, ok bool) {
	for {
		pos = r.tail.Load()
		last := pos + n - 1
		switch turn := int64(r.cells[last&r.mask].seq.Load() - last); {
		case turn < 0:
			return 0, false // one lap behind: not taken yet
		case turn == 0 && r.tail.CompareAndSwap(pos, pos+n):
			return pos, true
		}
	}
}

// fill publishes the value at a position that was claimed.
func (r *Ring[T]) fill(pos uint64, v T) {
	c := &r.cells[pos&r.mask]
	c.value = v
	c.seq.Store(pos + 1)
}

// wake wakes the consumer if it sleeps.
func (r *Ring[T]) wake() {
	if s := r.sleeper; s.parked.Load() && s.parked.CompareAndSwap(true, false) {
		select {
		case s.wake <- struct{}{}:
		default: // one that the consumer did not need is left; it does as well
		}
	}
}

// Get takes the oldest value. False means that there is none. Only the consumer may call it.
func (r *Ring[T]) Get() (v T, ok bool) {
	c := &r.cells[r.head&r.mask]
	if c.seq.Load() != r.head+1 {
		return v, false
	}
	var none T
	v, c.value = c.value, none
	c.seq.Store(r.head + uint64(len(r.cells)))
	r.head++
	return v, true
}

// spins is how often a consumer looks again before it parks: long enough to meet the next of a stream of blocks,
// short enough to cost nothing when there is no stream.
const spins = 16

// Wait returns when there is something to get, and now and then without a reason. Only the consumer may call it.
func (r *Ring[T]) Wait() {
	for range spins {
		if r.filled() {
			return
		}
		runtime.Gosched()
	}
	// A producer publishes and then looks at parked; the consumer sets parked and then looks at the cell. So one of
	// them sees the other, and no wake-up is lost.
	r.sleeper.parked.Store(true)
	if !r.filled() {
		<-r.sleeper.wake
	}
	r.sleeper.parked.Store(false)
}

// filled says that there is something to get, here or beside.
func (r *Ring[T]) filled() bool {
	return r.cells[r.head&r.mask].seq.Load() == r.head+1 || r.beside != nil && r.beside.filled()
}
