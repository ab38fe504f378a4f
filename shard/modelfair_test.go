package shard

import (
	"slices"

	"switchyard/smp"
)

// What several connections say at once, in large blocks and small ones, a shard executes in an order of its choice, within
// what fairqueue.go promises: batches as wholes or in parts of quantum commands, and each connection's in their order. As a shard's answers leave in the order
// in which it has executed the commands, they tell what the order was, and the model follows it.
//
// Commands that name a queue by an ID of another shard are handed on by that one. Those of a connection that come the same way are
// executed in their order, and answered so by the shard of the queue, in any order with others that the connection has given
// that shard: between the parts of a block of the connection, or behind its end. That a queue is gone the shard of the ID says
// itself, never before the DEL is answered.

// modelBatch is what a shard is given of a block, and the model has not executed yet. That of the end of a connection has no
// actions.
type modelBatch struct {
	client   *client
	shard    int
	by       int // whose answers have an order: the shard, or a pair of shards of which the first hands it to the second, see handedOn
	batch    *Batch
	actions  []action
	before   *modelBatch // of the same connection and shard
	answered int         // how many of the actions are
}

// handedOn tells that one shard hands the commands to another.
func (b *modelBatch) handedOn() bool { return b.by >= MaxShards }

// apart tells that the answers have no place among others: that the queue is gone the shard of the sender ID tells by itself when
// it finds nothing, while what it has handed on may be on its way. All commands of such a batch are to one queue.
func (b *modelBatch) apart() bool { return b.handedOn() && b.actions[0].queue.gone }

// earlier is the batch of the same connection that is to be answered before this one; nil when none is.
func (b *modelBatch) earlier() *modelBatch {
	before := b.before
	for before != nil && before.apart() {
		before = before.before
	}
	return before
}

// toldApart takes an answer that comes apart, and says whether it does.
func (b *modelBatch) toldApart(corr string) bool {
	if !b.apart() {
		return false
	}
	rest := b.actions[b.answered:]
	i := slices.IndexFunc(rest, func(a action) bool { return a.corr == corr })
	if i < 0 {
		return false
	}
	a := rest[i]
	copy(rest[1:], rest[:i])
	rest[0] = a
	return true
}

func (b *modelBatch) done() bool { return b.answered == len(b.actions) }

const (
	crowdLeast, crowdMost = 2, 7 // blocks that are given at once
	largeBlock            = 80   // commands: two turns
	floodMost             = 40   // single commands behind a large block, of each connection
	crowdWindow           = DeliveryWindow - 1
)

// crowd has connections say much at once. Sometimes one of them is cut right behind it and comes back, or the router is
// restarted.
func (c *modelCheck) crowd() {
	c.beginCrowd()
	if c.IntN(12) == 0 {
		c.flood()
	}
	for range crowdLeast + c.IntN(crowdMost-crowdLeast+1) {
		c.giveBlock(c.clients[c.IntN(len(c.clients))])
	}
	n := c.IntN(10)
	if n < 4 {
		c.cut(c.IntN(len(c.clients)))
	}
	c.put()
	if n == 9 {
		c.restart()
	}
}

// cut ends a connection behind what it was to give, and has the client come back and give more.
func (c *modelCheck) cut(i int) {
	old := c.clients[i]
	for shard := range c.router.set.Len() {
		if old.shard.Shards&(1<<shard) != 0 {
			c.given = append(c.given, &modelBatch{client: old, shard: shard, by: shard, batch: NewBatch(BatchClosed, old.shard)})
		}
	}
	c.left = append(c.left, old)
	c.clients[i] = c.connect()
	c.log("client %d is cut and comes back with version %d", i, c.clients[i].shard.Version)
	for range c.IntN(4) {
		c.giveBlock(c.clients[i])
	}
}

// beginCrowd notes how many messages may be pushed to each connection before it reads: with a full window it would be left
// to chance which of two shards has the last place.
func (c *modelCheck) beginCrowd() {
	c.room = make(map[*client]int)
	for _, q := range c.model.queues {
		if q.sub != nil {
			c.room[q.sub.client]--
		}
	}
}

// mayGive tells whether there is room for the message that a command may bring.
func (c *modelCheck) mayGive(a *action) bool {
	switch a.op {
	case smp.CmdSub, smp.CmdGet, smp.CmdAck:
		c.room[a.client]--
		return c.room[a.client] > -crowdWindow
	}
	return true
}

// giveBlock has a connection give a block, half of them small, of commands to one queue or to many.
func (c *modelCheck) giveBlock(client *client) {
	size := 1 + c.IntN(flowLimit-1)
	if c.IntN(2) == 0 {
		size = flowLimit + c.IntN(largeBlock-flowLimit+1)
	}
	queue := c.queue
	q := c.queue()
	if c.IntN(3) == 0 {
		queue = func() *modelQueue { return q }
	}
	if c.strays(q) && c.IntN(2) == 0 {
		_, block, cmds := c.strayBlock(client, q, size, smp.CmdSend, smp.CmdSend, smp.CmdSKey)
		c.giveParts(client, block, cmds, (1+c.router.set.partitions.Shard(q.recipient))*MaxShards)
		return
	}
	c.giveCommands(client, size, queue)
}

// flood has all connections give a large block and many single commands behind it, all to one shard, if there are queues.
func (c *modelCheck) flood() {
	shardOf := c.router.set.partitions.Shard
	shard := shardOf(c.queue().recipient)
	queue := func() *modelQueue {
		for {
			if q := c.queue(); shardOf(q.recipient) == shard {
				return q
			}
		}
	}
	for _, client := range c.clients {
		c.giveCommands(client, largeBlock, queue)
	}
	for range c.IntN(floodMost) {
		for _, client := range c.clients {
			c.giveCommands(client, 1, queue)
		}
	}
}

func (c *modelCheck) giveCommands(client *client, size int, queue func() *modelQueue) {
	block, cmds := c.blockOf(client, size, queue)
	c.giveParts(client, block, cmds, 0)
}

// giveParts gives the parts of a block to their shards. They answer it, or others do to which they hand it, as stray says.
func (c *modelCheck) giveParts(client *client, block []action, cmds []command, stray int) {
	if len(block) == 0 {
		return
	}
	c.logBlock(block)
	for shard, part := range client.parts(cmds...) {
		if part == nil {
			continue
		}
		b := &modelBatch{client: client, shard: shard, by: stray + shard, batch: part}
		for i := range part.Commands {
			corr := string(part.Commands[i].CorrID)
			b.actions = append(b.actions, block[slices.IndexFunc(block, func(a action) bool { return a.corr == corr })])
		}
		for _, other := range slices.Backward(c.given) {
			if other.client == client && other.by == b.by {
				b.before = other
				break
			}
		}
		c.given = append(c.given, b)
	}
}

// put puts into the rings what was given. Half the time the shards stand still meanwhile, when they look at the clock, so
// that they find all of it at once.
func (c *modelCheck) put() {
	if c.IntN(2) == 0 {
		c.router.clock.mu.Lock()
		defer c.router.clock.mu.Unlock()
	}
	for _, b := range c.given {
		c.router.put(b.shard, b.batch)
	}
}

// follow has the model execute what was given in the order of the answers. after is called behind each action.
func (c *modelCheck) follow(after func(*action)) {
	c.t.Helper()
	if len(c.given) == 0 {
		return
	}
	given := make(map[string]*modelBatch) // by correlation ID
	for _, b := range c.given {
		for i := range b.actions {
			given[b.actions[i].corr] = b
		}
	}
	begun := make(map[int]*modelBatch) // by whose answers have an order
	for _, corr := range c.answers() {
		b := given[corr]
		if b == nil {
			continue // is not to be there, as compare will find
		}
		other, earlier := begun[b.by], b.earlier()
		if other != nil && other.apart() {
			other = nil
		}
		switch {
		case b.toldApart(corr):
		case b.done() || b.actions[b.answered].corr != corr:
			c.t.Fatalf("client %d did not get the answers to a block in their order, or got one twice", c.number(b.client))
		case earlier != nil && !earlier.done():
			c.t.Fatalf("client %d got the answers to its blocks in another order", c.number(b.client))
		case other != nil && other != b && !other.done() && other.answered%quantum > 0:
			c.t.Fatalf("commands of client %d came between those of a block of client %d", c.number(b.client), c.number(other.client))
		case other != nil && other != b && !other.done():
			c.parted++
		}
		if !b.apart() {
			begun[b.by] = b
		}
		c.model.one(&b.actions[b.answered])
		after(&b.actions[b.answered])
		if b.answered++; b.done() {
			c.noteOrder(b)
			for i := range b.actions { // not of other shards, where a part of the same block may be begun
				if q := b.actions[i].queue; !b.handedOn() && q.sub != nil && q.sub.client == b.client {
					c.model.deliver(q)
				}
			}
		}
	}
	for _, b := range c.given {
		dropped := b.answered%quantum == 0 && slices.Contains(c.left, b.client) // what was put off of a connection that has ended
		if !b.done() && !dropped {
			c.t.Errorf("client %d got answers to %d commands of %d", c.number(b.client), b.answered, len(b.actions))
		}
	}
	c.given, c.room = nil, nil
}

// noteOrder counts the batches that others have overtaken, so that the check can tell whether it has tried that.
func (c *modelCheck) noteOrder(b *modelBatch) {
	for _, earlier := range c.given[:slices.Index(c.given, b)] {
		if earlier.by == b.by && !earlier.done() {
			c.overtaken++
		}
	}
}

// answers is the correlation IDs of all answers that were not looked at, in their order.
func (c *modelCheck) answers() (corrs []string) {
	r := c.router
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []received
	for _, client := range slices.Concat(c.clients, c.left) {
		for _, m := range client.inbox {
			if client.parse(&m); m.corr != "" {
				all = append(all, m)
			}
		}
	}
	slices.SortFunc(all, func(a, b received) int { return a.number - b.number })
	for _, m := range all {
		corrs = append(corrs, m.corr)
	}
	return corrs
}

// skipEvents takes back what the model has pushed to a connection that was cut, when the next that it has got of the queue is the
// answer to a command which one shard has handed to another: that may come when the shard of the queue knows of the end already,
// and pushes nothing any more. All other answers come in front of the end, so all that was pushed before them must be there.
func (c *modelCheck) skipEvents(client *client, m *received) {
	if m.corr == "" {
		return
	}
	q := c.queueOf(client, m)
	if !c.strays(q) || m.entity != string(q.sender) {
		return
	}
	k := slices.IndexFunc(c.model.out, func(e expected) bool { return e.client == client && e.corr == m.corr })
	n := 0
	c.model.out = slices.DeleteFunc(c.model.out, func(e expected) bool {
		n++
		return n <= k && e.client == client && e.queue == q && e.corr == ""
	})
}

// compareLeft checks what the connections have received that were cut. Until when events reached them is chance.
func (c *modelCheck) compareLeft() {
	c.t.Helper()
	for _, client := range c.left {
		for _, m := range client.pending() {
			c.skipEvents(client, &m)
			c.compareReply(client, &m)
		}
		if n := client.shard.Subscriptions.Load(); n != 0 {
			c.t.Errorf("a client that was cut has %d subscriptions", n)
		}
		c.model.out = slices.DeleteFunc(c.model.out, func(e expected) bool { return e.client == client && e.corr == "" })
		c.model.closed(client)
	}
	c.left = nil
}
