// Package foreign remembers which shards imported queues belong to. A queue belongs to the shard of its recipient ID, and where
// the router has drawn its other IDs these are of the same partition. Those of a queue that was imported are of any: commands
// with its sender or notifier ID come to the shard of that ID, which finds in the store whose the queue is, and hands them on:
//
//	loop ── SEND ──▶ shard of the sender ID ── the first time: store ──▶ shard of the queue ──▶ answer
//	                                        └── later: Table ────────▶
//
// All commands with an ID take the same way, whether the table has it or not, so that they stay in their order. That is why
// loops do not learn it: the first command that a loop puts into the ring of the queue's shard could overtake those that are
// on their way there.
//
// An entry says what is true for good, as no queue moves: the shard that it names judges the command, and says so when the queue
// is gone. It is forgotten when a client has its ID given to a new queue, which is the own shard's.
//
// The table has a fixed size, and no memory until there is something to remember. It belongs to its shard. foreign imports smp.
package foreign

import "switchyard/smp"

// ways is how many IDs may be at the same place of a table.
const ways = 2

// Table remembers shards of IDs, the latest at each place.
type Table struct {
	Places int // a power of two
	sets   [][ways]entry
}

// entry is an ID and its shard, or empty.
type entry struct {
	id   smp.ID
	next uint8 // the shard + 1; 0: none
}

// Empty tells that nothing is remembered, and nothing was.
func (t *Table) Empty() bool { return t.sets == nil }

// Find looks an ID up by its hash.
func (t *Table) Find(hash uint64, id *smp.ID) (shard int, ok bool) {
	if t.sets == nil {
		return 0, false
	}
	set := t.set(hash)
	for i := range set {
		if set[i].next > 0 && set[i].id == *id {
			return int(set[i].next) - 1, true
		}
	}
	return 0, false
}

// Learn remembers the shard of an ID, in the place of the one that was learnt before the last.
func (t *Table) Learn(hash uint64, id *smp.ID, shard int) {
	if t.sets == nil {
		t.sets = make([][ways]entry, max(1, t.Places/ways))
	}
	set := t.set(hash)
	if set[0].id != *id {
		copy(set[1:], set[:ways-1])
	}
	set[0] = entry{*id, uint8(shard + 1)}
}

// Forget forgets an ID.
func (t *Table) Forget(hash uint64, id *smp.ID) {
	if t.sets == nil {
		return
	}
	set := t.set(hash)
	for i := range set {
		if set[i].id == *id {
			set[i] = entry{}
		}
	}
}

// set is the place of an ID. The last byte of the hash is the partition, which neighbours have in common.
func (t *Table) set(hash uint64) *[ways]entry { return &t.sets[int(hash>>8)&(len(t.sets)-1)] }
