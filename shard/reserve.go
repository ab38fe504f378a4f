package shard

import "sync"

// reservations are the link IDs that drains under way give to queues. Links that clients name are the only IDs that two
// shards may give away at once: each would find in the store that the ID is free. So a shard reserves it before it looks
// there, until its writes can be seen.
type reservations struct {
	mu     sync.Mutex
	shards map[string]int // by link ID
}

func newReservations() *reservations { return &reservations{shards: make(map[string]int)} }

// take reserves an ID, unless another shard has. Once more is no harm; first tells that it was not.
func (r *reservations) take(id string, shard int) (ok, first bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	holder, held := r.shards[id]
	if !held {
		r.shards[id] = shard
	}
	return !held || holder == shard, !held
}

func (r *reservations) drop(ids ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range ids {
		delete(r.shards, id)
	}
}

// linkTaken tells whether a link ID leads to a queue, or another shard is giving it to one. When it is free it stays
// reserved until the end of the drain, so that nothing may follow which keeps the queue from having it.
func (c *core) linkTaken(id []byte) (bool, error) {
	name := string(id)
	ok, first := c.links.take(name, c.index)
	if !ok {
		return true, nil
	}
	taken, err := c.taken(ByLink, id)
	switch {
	case !first: // it stays reserved for the command before
	case err != nil || taken:
		c.links.drop(name)
	default:
		c.reserved = append(c.reserved, name)
	}
	return taken, err
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
