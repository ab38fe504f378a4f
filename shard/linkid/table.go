// Package linkid settles between shards who has a link ID while that changes. Contact links have IDs that clients choose, so
// commands with one come to the shard of the ID, the queue that has it may belong to another shard, and any two shards may be
// asked to give the same ID away at once. The store alone knows who has an ID; this table knows what the store does not show
// yet, or shows too soon.
//
// An ID is given away. Each of two shards would find in the store that it is free. So a shard reserves it before it looks
// there, until its writes can be seen. What can be seen is not stored for good yet; so the shard that gives the ID away also
// refuses those who come too late, behind its own commit:
//
//	client A        shard of A's queue         table           shard of B's queue        client B
//	   │ LSET, NEW ───▶│ Reserve ───────────────▶│ first            │                      │
//	   │               │ look in the store: free │                  │◀─────── LSET, NEW ───│
//	   │               │                         │◀─────── Reserve ─│                      │
//	   │               │                         │  held by A's ───▶│                      │
//	   │               │◀──────────────── batchRefusal: the command ─│                      │
//	   │               │ commit begins: visible  │                  │                      │
//	   │               │ Release ───────────────▶│                  │                      │
//	   │               │ commit is done          │                  │                      │
//	   │◀── OK, IDS ───│ judges B's again: AUTH, or ERR STORE ─────────────────────────────▶│
//
// An ID is taken away. The shard to which LGET comes no longer finds the link as soon as the commit can be seen, and would say
// so although a crash may bring the link back. So as long as the commit is not done the shard of the queue answers, behind
// it:
//
//	client A        shard of A's queue         table           shard of the ID           client B
//	   │ LDEL, DEL ───▶│ BeginRemoval ──────────▶│                  │                      │
//	   │               │ commit begins: visible  │                  │◀────────────── LGET ─│
//	   │               │                         │                  │ store: no link       │
//	   │               │                         │◀───── RemovedBy ─│                      │
//	   │               │◀───────────────────────── the command, handed on                  │
//	   │               │ commit is done          │                  │                      │
//	   │◀────── OK ────│ no link: AUTH, or ERR STORE ──────────────────────────────────────▶│
//	   │               │ EndRemovals ───────────▶│                  │                      │
//
// A removal whose commit fails lasts as long as the store may show what it has not kept (DropRemovals).
//
// The sender and notifier IDs of imported queues fall into any partition, too, and are taken away in the same way. Nobody asks
// for one of them: they are never given away twice.
//
// All shards of a router share one Table, which has a lock. linkid imports nothing of ours.
package linkid

import "sync"

// Table is what shards do with link IDs at this moment.
type Table struct {
	mu       sync.Mutex
	reserved map[string]int // by link ID: the shard that gives it away
	removed  map[Name]Removal
}

// Name is an ID of a kind.
type Name struct {
	Kind uint8 // compared only
	ID   string
}

// Removal is an ID that a drain of a shard takes away from its queue.
type Removal struct {
	Shard int
	Drain any // that takes it away; compared only
}

// New makes an empty table.
func New() *Table {
	return &Table{reserved: make(map[string]int), removed: make(map[Name]Removal)}
}

// Reserve reserves an ID, unless another shard has, and returns who has it now. Once more is no harm; first tells that it was
// not.
func (t *Table) Reserve(id string, shard int) (holder int, first bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	holder, held := t.reserved[id]
	if !held {
		t.reserved[id], holder = shard, shard
	}
	return holder, !held
}

// Release ends the reservations of IDs.
func (t *Table) Release(ids ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, id := range ids {
		delete(t.reserved, id)
	}
}

// BeginRemoval notes, before its transaction is committed, that a drain takes an ID away. If another has before, that one's
// commit is done when this one's is.
func (t *Table) BeginRemoval(id Name, by Removal) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.removed[id] = by
}

// RemovedBy tells which shard is taking an ID away.
func (t *Table) RemovedBy(kind uint8, id []byte) (shard int, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r, ok := t.removed[Name{kind, string(id)}]
	return r.Shard, ok
}

// EndRemovals ends the removals of a drain whose commit is done.
func (t *Table) EndRemovals(by Removal, ids []Name) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, id := range ids {
		if t.removed[id] == by {
			delete(t.removed, id)
		}
	}
}

// DropRemovals ends all removals of a shard: the store shows what it has kept.
func (t *Table) DropRemovals(shard int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for id, r := range t.removed {
		if r.Shard == shard {
			delete(t.removed, id)
		}
	}
}

// Len is how many IDs are reserved, and how many are being taken away.
func (t *Table) Len() (reserved, removed int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.reserved), len(t.removed)
}
