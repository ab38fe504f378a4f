package tally

import (
	"switchyard/server/statistics"
	"switchyard/smp"
)

// Drain is what one drain counts.
type Drain struct {
	counts     [Counters]int32
	used       []uint64 // hashes of queues with a message that was sent or received
	usedNotify []uint64 // the same, of messages with the flag for notifications
	waits      []int64  // seconds from deliveries to their ACKs
	some       bool

	batches [2]batch
}

// batch is the last one that events were counted for.
type batch struct {
	client any
	events int
}

// Add counts something n times; levels go down with a negative n.
func (d *Drain) Add(c Counter, n int) {
	d.counts[c] += int32(n)
	d.some = true
}

// Event counts an event for a connection, and its batch: events of a drain for the same connection share batches of at most
// limit.
func (d *Drain) Event(event, batches Counter, client any, limit int) {
	d.Add(event, 1)
	b := &d.batches[0]
	if event == Notified {
		b = &d.batches[1]
	}
	if b.client != client || b.events == limit {
		*b = batch{client: client}
		d.Add(batches, 1)
	}
	b.events++
}

// Used notes that a message was sent to a queue, or received from it.
func (d *Drain) Used(queue *smp.ID, notify bool) {
	hash := statistics.HashOf(queue[:])
	d.used = append(d.used, hash)
	if notify {
		d.usedNotify = append(d.usedNotify, hash)
	}
}

// Waited notes how many seconds a delivered message has waited for its ACK.
func (d *Drain) Waited(seconds int64) { d.waits = append(d.waits, seconds) }

// Empty tells that nothing is counted.
func (d *Drain) Empty() bool { return !d.some }

// Reset empties it.
func (d *Drain) Reset() {
	if !d.some {
		return
	}
	*d = Drain{used: d.used[:0], usedNotify: d.usedNotify[:0], waits: d.waits[:0]}
}
