package shard

// departure tells which shard takes a link ID away from its queue, by LDEL or DEL, and with which drain. The shard to which
// LGET comes no longer finds the link as soon as the commit can be seen, and would say so although a crash may bring the
// link back. So as long as the commit is not done the shard of the queue answers, behind it:
//
//	LDEL, DEL ──▶ shard: departure ──▶ commit ─────────────▶ OK, departure ends
//	LGET ──▶ other shard: no link, departure ──forwarded──▶ shard: no link ──▶ AUTH, or ERR STORE
//
// A departure whose commit fails lasts as long as the store may show what it has not kept.
type departure struct {
	shard int
	drain *drain
}

// depart notes, before its transaction is committed, that a drain takes an ID away. If another has before, that one's commit
// is done when this one's is.
func (r *reservations) depart(id string, by departure) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.departures[id] = by
}

// departedBy tells which shard is taking an ID away.
func (r *reservations) departedBy(id []byte) (shard int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	d, ok := r.departures[string(id)]
	return d.shard, ok
}

// departed ends the departures of a drain whose commit is done.
func (r *reservations) departed(by departure, ids []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range ids {
		if r.departures[id] == by {
			delete(r.departures, id)
		}
	}
}

// returned ends all departures of a shard: the store shows what it has kept.
func (r *reservations) returned(shard int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, d := range r.departures {
		if d.shard == shard {
			delete(r.departures, id)
		}
	}
}

// linkDeparts notes that the drain takes the link away from a queue, if it has one and LGET comes to another shard.
func (c *core) linkDeparts(q *queue) {
	id := q.linkID()
	if id == nil || c.partitions.Shard(id) == c.index {
		return
	}
	c.links.depart(string(id), departure{c.index, c.out})
	c.out.departures = append(c.out.departures, string(id))
}

// absent decides about a lookup by link ID that has found nothing: which other shard is to tell so, and whether the store
// may show what it has not kept.
func (c *core) absent(id []byte) (elsewhere uint8, err error) {
	by, departs := c.links.departedBy(id)
	switch {
	case departs && by != c.index:
		return uint8(by + 1), nil
	case departs && c.doubt:
		return 0, errStore
	}
	return 0, nil
}
