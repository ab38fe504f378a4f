package shard

import (
	"slices"
	"sync"
	"sync/atomic"
)

// A shard puts off large batches of commands, and floods. Clients that come back subscribe all their queues, most of which
// have to be read from the store. A million of such commands, or a flood of others, must not delay the single commands of
// everybody else. So the shard moves them from its ring to a fair queue, and drains the two in turn. Single commands
// overtake, and the fair queue always moves.
//
//	ring ──▶ drain of at most DrainLimit commands, fewer than flowLimit of them of one connection
//	   └─▶ fair queue: connection ─▶ connection ─▶ … ──▶ drain of at most quantum commands
//	                     batches       batches
//
// It is round robin: connections have their turns one after the other, and a turn may take a part of a batch. While commands
// of a connection are put off, all that follow on it are put off, too, so that they are executed in their order. When the
// connection ends, its commands in the fair queue are dropped: a client that is back already, and whose new subscriptions
// have overtaken the old ones, must not lose its queues to a connection that is no more.

const (
	// flowLimit is the number of commands of a connection in one drain from which on they are put off.
	flowLimit = 5
	// quantum is how many commands of the fair queue are executed at a time: a millisecond of work or two, for which single
	// commands wait. A batch of signatures that is larger costs little less for each, and two turns are enough for what a
	// shard of two has of a full block of SUBs: a third one of few would cost a tenth more for each.
	quantum = 40
	// fairSize is how many batches may be put off: one for each client of a large router, as all of them may come back and
	// subscribe at once. Each holds a block, which it may share with another shard's: 256 MiB. When it is full, the
	// shard takes nothing from its ring, and everybody waits.
	fairSize = 1 << 14
	// fairBehind is how many commands make the shard one that is behind: a quarter of a second of work.
	fairBehind = 1 << 13
)

// fairQueue is what a shard has put off. It belongs to the shard's goroutine.
type fairQueue struct {
	shard       int   // its index
	first, last *flow // in the order of their turns
	own         flow  // of no connection
	batches     int
	commands    atomic.Int32 // for all goroutines
	drain       uint32       // number of the drain that is taken from the ring
}

// flow is what is put off of one connection.
type flow struct {
	first, last *Batch // oldest first
	next        *flow  // whose turn comes next
	ended       bool   // the connection has
}

var flows = sync.Pool{New: func() any { return new(flow) }}

func (l *fairQueue) empty() bool { return l.first == nil }

func (l *fairQueue) full() bool { return l.batches == fairSize }

// putOff takes a batch from the ring of the loops, unless it is to be executed at once. The queue is not full.
func (l *fairQueue) putOff(b *Batch) bool {
	p := l.flowOf(b)
	if p == nil {
		return false
	}
	if p.first == nil {
		p.first = b
		l.push(p)
	} else {
		p.last.next = b
	}
	p.last = b
	p.ended = p.ended || b.Kind == BatchClosed
	l.batches++
	l.commands.Add(int32(b.size()))
	return true
}

// flowOf is where a batch is put off; nil when it is to be executed at once.
func (l *fairQueue) flowOf(b *Batch) *flow {
	size := b.size()
	if b.Client == nil {
		if size < flowLimit {
			return nil
		}
		return &l.own
	}
	state := &b.Client.state[l.shard]
	if state.putOff != nil {
		return state.putOff
	}
	if state.drain != l.drain {
		state.drain, state.taken = l.drain, 0
	}
	if size += int(state.taken); size < flowLimit {
		state.taken = uint8(size)
		return nil
	}
	state.putOff = flows.Get().(*flow)
	return state.putOff
}

// push gives a flow the last turn.
func (l *fairQueue) push(p *flow) {
	if l.first == nil {
		l.first = p
	} else {
		l.last.next = p
	}
	l.last = p
}

// shift takes out the flow that has its turn.
func (l *fairQueue) shift() *flow {
	p := l.first
	l.first, p.next = p.next, nil
	return p
}

// fill moves batches for one turn to a drain.
func (l *fairQueue) fill(d *drain) {
	for n := 0; l.first != nil; {
		p := l.first
		b := p.first
		if p.ended && b.Kind == BatchCommands {
			l.next().release()
			continue
		}
		if n += b.size(); n > quantum && len(d.batches) > 0 {
			if d.batches[len(d.batches)-1].Client == b.Client {
				l.push(l.shift())
			}
			return
		}
		if b.Kind == BatchCommands && n > quantum {
			d.batches = append(d.batches, l.part(b))
			l.push(l.shift())
			return
		}
		d.batches = append(d.batches, l.next())
	}
}

// part takes the first commands of a batch that has too many for one turn.
func (l *fairQueue) part(b *Batch) *Batch {
	p := NewBatch(BatchCommands, b.Client)
	p.Block, p.more, p.put = b.Block, true, b.put
	p.Block.Retain()
	p.Commands = append(p.Commands, b.Commands[:quantum]...)
	b.Commands = slices.Delete(b.Commands, 0, quantum)
	l.commands.Add(-quantum)
	return p
}

// next takes out the oldest batch of the flow that has its turn.
func (l *fairQueue) next() *Batch {
	p := l.first
	b := p.first
	p.first, b.next = b.next, nil
	l.batches--
	l.commands.Add(-int32(b.size()))
	if p.first == nil {
		l.shift()
		*p = flow{}
		if b.Client != nil {
			b.Client.state[l.shard].putOff = nil
			flows.Put(p)
		}
	}
	return b
}
