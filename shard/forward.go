package shard

// A command whose queue belongs to another shard hops there once: the commands with a link ID that a client has chosen
// fall into the partition of that ID, and only the store knows whose it is. So does one that asks for a link ID which another
// shard has given away, to be refused there, and one that reads a link which another shard is taking away
// (package linkid). What another shard has no room for stays in outgoing, and is tried again before the shard sleeps.
//
// Hops come by a ring of their own, which a shard always empties: what comes there makes no hop to another shard. From the
// ring of the loops it takes nothing while more than outgoingLimit waits. With one ring for both, two shards whose rings
// are full of what belongs to the other would wait for each other for ever.

// outgoingLimit is how many forwarded commands may wait before the shard takes no more from its ring.
const outgoingLimit = DrainLimit

// When the router stops, shards end together: each answers what loops have asked of it, and then what others hand to it, until
// all have done so and no hop is under way (Set.Close). So no command is without an answer.

// parcel is a batch on its way to another shard, or to the same for its next drain.
type parcel struct {
	shard int
	batch *Batch
}

// hop has a batch reach a shard.
func (c *core) hop(shard int, b *Batch) {
	if shard != c.index {
		b.hops = c.hops
		c.hops.Add(1)
	}
	c.outgoing = append(c.outgoing, parcel{shard, b})
}

// misplaced says to which shard the queue of a lookup belongs, if it is another one.
func (c *core) misplaced(l *Lookup) (shard int, ok bool) {
	if l.Found == nil {
		return 0, false
	}
	shard = c.partitions.Shard(l.Found.Record.RecipientID[:])
	return shard, shard != c.index
}

// handOn sends the command of an item to another shard, in a batch of the kind. The block that it refers to goes along.
func (c *core) handOn(it *item, kind BatchKind, shard int) {
	b := NewBatch(kind, it.client)
	b.Block = c.block
	b.Block.Retain()
	b.Commands = append(b.Commands, *it.command)
	c.hop(shard, b)
}

// post hands over what is outgoing, in its order, and says whether all of it went.
func (c *core) post() bool {
	for len(c.outgoing) > 0 && c.hand(c.outgoing[0].shard, c.outgoing[0].batch) {
		c.outgoing[0] = parcel{}
		c.outgoing = c.outgoing[1:]
	}
	if len(c.outgoing) > 0 {
		return false
	}
	c.outgoing = nil
	return true
}
