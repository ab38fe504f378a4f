package shard

import "sync/atomic"

// Batches of many commands are put off: clients that come back subscribe all their queues, most of which have to be read
// from the store, and a million of such commands must not delay the single ones of everybody else. A shard moves them from
// its ring to a lane of its own, and takes turns: a drain of what is in the ring, and one of what was put off. So single
// commands overtake, and the lane always moves.
//
//	ring ──▶ drain of at most DrainLimit commands
//	   └─▶ lane ──▶ drain of at most laneTurn commands
//
// What follows on the same connection is put off, too, so that each connection's commands are executed in their order.

const (
	// laneFrom is the number of commands from which on a batch is put off.
	laneFrom = 5
	// laneTurn is how many commands of the lane are executed at a time, unless one batch has more: some milliseconds of
	// work. A batch of signatures that is larger costs hardly less for each.
	laneTurn = 64
	// laneSize is how many batches may be put off. Each holds a block, which it may share with another shard's: 16 MiB.
	// When it is full, the shard takes nothing from its ring.
	laneSize = 1024
	// laneBehind is how many make the shard one that is behind: a quarter of a second of work.
	laneBehind = 128
)

// lane is what a shard has put off, oldest first. It belongs to the shard's goroutine.
type lane struct {
	shard   int // its index
	batches [laneSize]*Batch
	head    int
	len     int
	behind  atomic.Bool // for all goroutines: as many as laneBehind are put off
}

func (l *lane) full() bool { return l.len == laneSize }

// putOff takes a batch from the ring of the loops, unless it is to be executed at once. The lane is not full.
func (l *lane) putOff(b *Batch) bool {
	large := b.size() >= laneFrom
	if c := b.Client; c != nil {
		behind := &c.state[l.shard].putOff
		if !large && *behind == 0 {
			return false
		}
		*behind++
	} else if !large {
		return false
	}
	l.batches[(l.head+l.len)%laneSize] = b
	if l.len++; l.len == laneBehind {
		l.behind.Store(true)
	}
	return true
}

// fill moves batches for one turn to a drain.
func (l *lane) fill(d *drain) {
	for n := 0; l.len > 0; {
		b := l.batches[l.head]
		if n += b.size(); n > laneTurn && len(d.batches) > 0 {
			return
		}
		l.batches[l.head] = nil
		l.head = (l.head + 1) % laneSize
		if l.len--; l.len == laneBehind-1 {
			l.behind.Store(false)
		}
		if b.Client != nil {
			b.Client.state[l.shard].putOff--
		}
		d.batches = append(d.batches, b)
	}
}
