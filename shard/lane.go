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
// What follows on the same connection is put off, too, so that each connection's commands are executed in their order. When
// that connection ends, what is put off of it is dropped: a client that is back already, and whose new subscriptions have
// overtaken the old ones, must not lose its queues to a connection that is no more.

const (
	// laneFrom is the number of commands from which on a batch is put off.
	laneFrom = 5
	// laneTurn is how many commands of the lane are executed at a time, unless one batch has more: some milliseconds of
	// work. A batch of signatures that is larger costs hardly less for each.
	laneTurn = 64
	// laneSize is how many batches may be put off: one for each client of a large router, as all of them may come back and
	// subscribe at once. Each holds a block, which it may share with another shard's: 256 MiB. When the lane is full, the
	// shard takes nothing from its ring, and everybody waits.
	laneSize = 1 << 14
	// laneStart is how many there is room for at first.
	laneStart = 64
	// laneBehind is how many make the shard one that is behind: a quarter of a second of work.
	laneBehind = 128
)

// lane is what a shard has put off, oldest first. It belongs to the shard's goroutine.
type lane struct {
	shard   int      // its index
	batches []*Batch // a ring that grows, and is let go when it is empty
	head    int
	len     int
	behind  atomic.Bool // for all goroutines: as many as laneBehind are put off
}

func (l *lane) full() bool { return l.len == laneSize }

// putOff takes a batch from the ring of the loops, unless it is to be executed at once. The lane is not full.
func (l *lane) putOff(b *Batch) bool {
	large := b.size() >= laneFrom
	if c := b.Client; c != nil {
		state := &c.state[l.shard]
		if !large && state.putOff == 0 {
			return false
		}
		state.putOff++
		state.ended = b.Kind == BatchClosed
	} else if !large {
		return false
	}
	if l.len == len(l.batches) {
		l.grow()
	}
	l.batches[(l.head+l.len)%len(l.batches)] = b
	if l.len++; l.len == laneBehind {
		l.behind.Store(true)
	}
	return true
}

// grow doubles the room, in which the oldest comes first.
func (l *lane) grow() {
	batches := make([]*Batch, max(laneStart, 2*len(l.batches)))
	n := copy(batches, l.batches[l.head:])
	copy(batches[n:], l.batches[:l.head])
	l.batches, l.head = batches, 0
}

// fill moves batches for one turn to a drain. Room that was needed for a while is let go.
func (l *lane) fill(d *drain) {
	for n := 0; l.len > 0; {
		b := l.batches[l.head]
		if b.Kind == BatchCommands && b.Client.state[l.shard].ended {
			l.next().release()
			continue
		}
		if n += b.size(); n > laneTurn && len(d.batches) > 0 {
			return
		}
		d.batches = append(d.batches, l.next())
	}
	if len(l.batches) > laneStart {
		l.batches, l.head = nil, 0
	}
}

// next takes the oldest batch out.
func (l *lane) next() *Batch {
	b := l.batches[l.head]
	l.batches[l.head] = nil
	l.head = (l.head + 1) % len(l.batches)
	if l.len--; l.len == laneBehind-1 {
		l.behind.Store(false)
	}
	if b.Client != nil {
		b.Client.state[l.shard].putOff--
	}
	return b
}
