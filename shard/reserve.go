package shard

import (
	"sync"

	"switchyard/smp"
)

// reservations are the link IDs that drains under way give to queues. Links that clients name are the only IDs that two
// shards may give away at once: each would find in the store that the ID is free. So a shard reserves it before it looks
// there, until its writes can be seen.
//
// Neither a reservation nor what can be seen is stored for good yet. So the shard that gives a link ID away also answers those
// of other shards who come too late, behind its own commit:
//
//	LSET, NEW ──▶ shard: ID is free ──▶ commit ──────────────▶ OK, IDS
//	LSET, NEW ──▶ other shard: ID is taken ──batchRefusal──▶ shard of the link's queue: judged again ──▶ AUTH, or ERR STORE
type reservations struct {
	mu         sync.Mutex
	shards     map[string]int       // by link ID
	departures map[string]departure // by link ID
}

func newReservations() *reservations {
	return &reservations{shards: make(map[string]int), departures: make(map[string]departure)}
}

// take reserves an ID, unless another shard has, and returns who has it now. Once more is no harm; first tells that it was
// not.
func (r *reservations) take(id string, shard int) (holder int, first bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	holder, held := r.shards[id]
	if !held {
		r.shards[id], holder = shard, shard
	}
	return holder, !held
}

func (r *reservations) drop(ids ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range ids {
		delete(r.shards, id)
	}
}

// grantLink tells whether the queue of an item may have a link ID, and answers if not.
func (c *core) grantLink(it *item, id []byte) bool {
	taken, by, err := c.linkTaken(id)
	switch {
	case err != nil:
		c.fail(it, storeError(err))
	case !taken:
		return true
	case by == c.index:
		c.fail(it, c.refusal())
	default:
		c.handOn(it, batchRefusal, by)
	}
	return false
}

// linkTaken tells whether a link ID leads to a queue, or another shard is giving it to one, and which shard that is. When
// it is free it stays reserved until the end of the drain, so that nothing may follow which keeps the queue from having it.
func (c *core) linkTaken(id []byte) (taken bool, by int, err error) {
	name := string(id)
	by, first := c.links.take(name, c.index)
	if by != c.index {
		return true, by, nil
	}
	taken, by, err = c.taken(ByLink, id)
	switch {
	case !first: // it stays reserved for the command before
	case err != nil || taken:
		c.links.drop(name)
	default:
		c.reserved = append(c.reserved, name)
	}
	return taken, by, err
}

// batchRefusal is the command of a client whose link ID a queue of this shard has, or is given.
const batchRefusal BatchKind = batchNudge + 1

// refuse answers a batchRefusal. When the ID does not lead here after all, it was not stored, or is free again: the client
// may try again.
func (c *core) refuse(b *Batch) {
	it := item{client: b.Client, command: &b.Commands[0]}
	if taken, by, err := c.taken(ByLink, it.newLinkID()); err == nil && taken && by == c.index {
		c.fail(&it, c.refusal())
	} else {
		c.fail(&it, errStore)
	}
}

// refusal is the answer for a link ID that is taken, unless the store may still show what it has not kept.
func (c *core) refusal() smp.Error {
	if c.doubt {
		return errStore
	}
	return smp.ErrAuth
}

// newLinkID is the link ID that LSET or NEW asks for.
func (it *item) newLinkID() []byte {
	if it.command.Tag == smp.CmdNew {
		p, _ := smp.ParseNew(it.client.Version, it.command.Params)
		return p.LinkID
	}
	p, _ := smp.ParseLSet(it.command.Params)
	return p.LinkID
}

// dropReserved ends the reservations of a drain, whose writes can be seen, or have failed.
func (c *core) dropReserved() {
	if len(c.reserved) == 0 {
		return
	}
	c.links.drop(c.reserved...)
	clear(c.reserved)
	c.reserved = c.reserved[:0]
}
