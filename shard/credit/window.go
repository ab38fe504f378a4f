// Package credit is the flow control of messages to one connection: a credit window. A message may leave its shard when the
// connection has credit, and the credit comes back when the socket has taken the message.
//
// A Window counts the messages on their way to one connection. Each has a place in it, which it takes in its shard and which
// the connection's loop gives back when the socket has taken the message, or there is nothing to send after all. Between the
// two the place travels with the reply (shard.Reply.Message), so that none is lost or given back twice.
//
// A shard that finds no room asks for a BatchResume in the same step, so that the two cannot miss each other: whoever
// comes first in the order of steps is seen by the other. Each step is one atomic operation on state:
//
//	state              a shard: Take    a shard: Await      the loop: Return n places
//	open: places free  one is taken     go on               open
//	full               none             asked, wait         open; full when GETs have taken more than there is
//	asked              none             asked, wait         open, and all shards go on; asked when more are taken than that
//
// A shard never takes the question of another back, as it has none of its own: it asks for all, and only the loop answers.
// credit imports nothing of ours.
package credit

import "sync/atomic"

// Limit is how many messages may be on their way to one connection, in the loop or in its socket's buffer: 256 KiB.
// Further queues wait on the shards' ready lists and are read from the store when the socket drains.
const Limit = 16

// Window is the credit of one connection. It belongs to nobody; each field says who writes it:
//
//	field    written by                  read by
//	state    shards: Take, Exceed, Await; the loop: Return
//	clogged  the loop                    shards
//	held     the loop                    the loop
type Window struct {
	state   atomic.Uint32 // places that are taken, and asked
	clogged atomic.Bool   // the socket does not take what is sent: events that can wait, wait
	held    uint32        // places of what the loop has and the socket may not have taken
}

// asked is the bit of a Window's state that says that a shard has something ready for which there was no room.
const asked = 1 << 31

// places is how many are taken in a state.
func places(state uint32) uint32 { return state &^ asked }

// Take takes a place for one message; false when there is none.
func (w *Window) Take() bool {
	for {
		s := w.state.Load()
		if places(s) >= Limit {
			return false
		}
		if w.state.CompareAndSwap(s, s+1) {
			return true
		}
	}
}

// Exceed takes a place even when there is none.
func (w *Window) Exceed() { w.state.Add(1) }

// Free tells whether there is a place at this moment.
func (w *Window) Free() bool { return places(w.state.Load()) < Limit }

// Await tells whether to wait for room. Then the loop will have the shards go on.
func (w *Window) Await() bool {
	for {
		s := w.state.Load()
		if places(s) < Limit {
			return false
		}
		if s&asked != 0 || w.state.CompareAndSwap(s, s|asked) {
			return true
		}
	}
}

// Taken is how many places are taken at this moment.
func (w *Window) Taken() int { return int(places(w.state.Load())) }

// Idle tells the loop that no message is on its way, and that no shard waits for room.
func (w *Window) Idle() bool { return w.state.Load() == 0 && w.held == 0 }

// Hold is told by the loop that a reply with a place has come.
func (w *Window) Hold() { w.held++ }

// Return gives the places back of all that the loop holds. True means that the loop is to send a BatchResume to all shards
// that have seen the client.
func (w *Window) Return() (resume bool) {
	if w.held == 0 {
		return false
	}
	n := w.held
	w.held = 0
	for {
		s := w.state.Load()
		next := s - n
		if places(next) < Limit {
			next = places(next)
		}
		if w.state.CompareAndSwap(s, next) {
			return s&asked > next&asked
		}
	}
}

// Clog notes whether the socket takes what is sent. The loop calls it.
func (w *Window) Clog(clogged bool) {
	if w.clogged.Load() != clogged {
		w.clogged.Store(clogged)
	}
}

// Clogged is what Clog was last told.
func (w *Window) Clogged() bool { return w.clogged.Load() }
