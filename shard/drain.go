package shard

import (
	"time"

	"switchyard/internal/stage"
	"switchyard/shard/linkid"
	"switchyard/shard/tally"
	"switchyard/smp"
)

// drain is what a shard takes from its ring at once, and what comes of it:
//
//	batches ─▶ gather: items ─▶ load ─▶ authorize ─▶ apply ─▶ commit ─▶ waiter: Wait, Deliver
//
// It belongs to the shard's goroutine up to the commit, then to the waiter, and then it is used again. What is in it for the
// waiter is all that the waiter knows of the shard.
type drain struct {
	batches []*Batch
	groups  []*Group // replies, by loop
	commit  Commit   // nil when nothing was written
	err     error    // of the commit

	came      time.Time // its first commands, to the ring; zero when nobody watches
	committed time.Time // the same

	requests []*request    // that wait for the commit
	walked   []*fanOut     // whose walks in this shard have ended
	removals []linkid.Name // IDs that are taken away
	tally    tally.Drain   // what is counted when the commit is done

	// For the case that the commit fails (failure.go).
	touched    []smp.ID   // queues that its commands have seen
	delivered  []delivery // messages that its replies carry
	generation uint64
	epoch      uint64 // of the store, as the shard knew it
}

// gather makes the items and finds their queues in memory.
func (c *core) gather(batches []*Batch) {
	watch := c.cfg.Watch
	for _, b := range batches {
		watch.Waited(stage.Ring, b.put)
		if c.out.came.IsZero() {
			c.out.came = b.put
		}
		switch b.Kind {
		case BatchCommands:
			for i := range b.Commands {
				cmd := &b.Commands[i]
				c.items = append(c.items, item{client: b.Client, command: cmd})
				if kind, ok := lookupKind(cmd.Tag.Party()); ok {
					c.find(&c.items[len(c.items)-1], kind, cmd.EntityID)
				}
			}
		case batchExpire:
			for ids := b.Block.Data; len(ids) > 0; ids = ids[len(smp.ID{}):] {
				c.items = append(c.items, item{})
				c.find(&c.items[len(c.items)-1], ByRecipient, ids[:len(smp.ID{})])
			}
		}
	}
}

// lookupKind says by which of its IDs a party names a queue.
func lookupKind(p smp.Party) (kind IDKind, ok bool) {
	switch p {
	case smp.PartyRecipient:
		return ByRecipient, true
	case smp.PartySender:
		return BySender, true
	case smp.PartyNotifier:
		return ByNotifier, true
	case smp.PartyLink:
		return ByLink, true
	}
	return 0, false
}

// find looks for the queue of an item in memory, and else for the shard that has it, or asks for a lookup. IDs of another size
// than the router's own name nothing, but link IDs, which may be a client's.
func (c *core) find(it *item, kind IDKind, id []byte) {
	if kind != ByLink && len(id) != len(smp.ID{}) {
		return
	}
	if it.queue = c.cache.find(kind, id); it.queue != nil {
		c.hits++
		return
	}
	l := Lookup{Kind: kind, ID: id}
	if kind == BySender || kind == ByNotifier {
		if !c.foreign.Empty() {
			if shard, ok := c.foreign.Find(c.partitions.Sum(id), (*smp.ID)(id)); ok {
				it.elsewhere = refTo(shard)
				return
			}
		}
		l.Own = c.own
	}
	c.misses++
	it.lookup = refTo(len(c.lookups))
	c.lookups = append(c.lookups, l)
}

// load reads the queues that are not in memory.
func (c *core) load() {
	if len(c.lookups) == 0 {
		return
	}
	defer c.cfg.Watch.Begin(stage.Load).End()
	c.store.Load(c.lookups)
	for i := range c.items {
		it := &c.items[i]
		if it.lookup == none {
			continue
		}
		l := &c.lookups[it.lookup.place()]
		err := l.Err
		if owner, ok := c.misplaced(l); ok {
			it.elsewhere = refTo(owner)
			c.learn(l, owner)
			l.forget()
		} else if err == nil {
			if it.queue, err = c.admit(l); it.queue == nil && err == nil && l.Kind != ByRecipient {
				if it.elsewhere, err = c.missing(l.Kind, l.ID); it.elsewhere != none {
					c.learn(l, it.elsewhere.place()) // that what follows takes the same way
				}
			}
		}
		if err != nil {
			it.err = storeError(err)
		}
	}
}

// admit enters a queue that was read into memory, unless it is there already, and returns it; nil when the lookup
// found nothing.
func (c *core) admit(l *Lookup) (*queue, error) {
	if l.Found == nil {
		if l.Kind == ByRecipient {
			c.vanished((*smp.ID)(l.ID))
		}
		return nil, nil
	}
	defer l.forget()
	q := c.cache.byRecipient[l.Found.Record.RecipientID]
	switch {
	case q == nil:
		q = new(queue)
		if err := q.fill(l.Found, c.steady, c.services); err != nil {
			return nil, err
		}
		c.cache.add(q)
		if c.unpark(q); q.sub != nil { // messages that are there after all come of a failed commit
			c.checkService(q)
			c.wake(q)
		}
	case c.cache.stale(q):
		if err := c.refill(q, l.Found); err != nil {
			return nil, err
		}
		q.age = c.cache.age
		c.wake(q)
	}
	return q, nil
}

// apply executes the items in order, each against the state that the one before it left, and then delivers what the
// subscriptions of a block have made ready, so that the answers to all of them come first, also when it is executed in parts.
func (c *core) apply(batches []*Batch) {
	next := 0
	for _, b := range batches {
		switch b.Kind {
		case BatchCommands:
			c.block = b.Block
			if b.hops == nil { // what another shard hands on is no part of a block of this one
				b.Client.state[c.index].parted = b.more
			}
			for range b.Commands {
				if it := &c.items[next]; it.elsewhere != none {
					c.handOn(it, BatchCommands, it.elsewhere.place())
				} else {
					c.execute(it)
				}
				next++
			}
			if !b.more {
				c.pump(b.Client)
			}
		case BatchClosed:
			switch {
			case b.hops == nil:
				c.closed(b.Client)
				c.closeElsewhere(b.Client)
			case !c.closesItself(b.Client):
				c.closed(b.Client)
			}
		case BatchResume:
			c.resumed(b.Client)
		case batchRetry:
			c.retryAside(b.Client)
		case batchExpire:
			n := len(b.Block.Data) / len(smp.ID{})
			c.expireAll(c.items[next : next+n])
			next += n
		case batchNotify:
			c.notifySoon = false
			c.notifying, c.noted = append(c.notifying, c.noted...), nil
		case batchRequest:
			c.serveRequest(b.request)
		case batchFanOut:
			c.doPart(b.fanOut)
		case batchWalk:
			c.resumeWalk(b.Client)
		case batchRefusal:
			c.refuse(b)
		case batchProbe:
			if b.request != nil {
				c.out.requests = append(c.out.requests, b.request)
			}
		case batchChore:
			c.choreDue = false
		}
	}
}

// errFull answers commands that the store has no room for. Clients try again later, as with errStore.
var errFull = smp.ErrStore("full")

// grows tells of which commands the store becomes larger.
func grows(tag smp.CommandTag) bool {
	switch tag {
	case smp.CmdSend, smp.CmdNew, smp.CmdLSet, smp.CmdNKey:
		return true
	}
	return false
}

// countRefusal counts commands that are not authorized, but not those that came by way of a proxy, as in the reference.
func (c *core) countRefusal(it *item, err smp.Error) {
	if err != smp.ErrAuth || it.command.Forward != nil {
		return
	}
	switch it.command.Tag {
	case smp.CmdSend:
		c.out.tally.Add(tally.SentAuth, 1)
	case smp.CmdSub:
		c.out.tally.Add(tally.SubsAuth, 1)
	case smp.CmdNSub:
		c.out.tally.Add(tally.NotifierSubsAuth, 1)
	case smp.CmdGet:
		c.out.tally.Add(tally.GetAuth, 1)
	}
}

// execute answers one command.
func (c *core) execute(it *item) {
	if err := c.verdict(it); !err.IsZero() {
		c.countRefusal(it, err)
		c.fail(it, err)
		return
	}
	if c.full && grows(it.command.Tag) {
		c.fail(it, errFull)
		return
	}
	switch it.command.Tag {
	case smp.CmdSend:
		c.send(it)
	case smp.CmdAck:
		c.ack(it)
	case smp.CmdSub:
		c.subscribe(it)
	case smp.CmdGet:
		c.get(it)
	case smp.CmdNew:
		c.create(it)
	case smp.CmdKey, smp.CmdSKey, smp.CmdLKey:
		c.secure(it)
	case smp.CmdRKey:
		c.replaceKeys(it)
	case smp.CmdOff:
		c.turnOff(it)
	case smp.CmdDel:
		c.deleteQueue(it)
	case smp.CmdQue:
		c.info(it)
	case smp.CmdNKey:
		c.setNotifier(it)
	case smp.CmdNDel:
		c.deleteNotifier(it)
	case smp.CmdNSub:
		c.subscribeNotifier(it)
	case smp.CmdSubs, smp.CmdNSubs:
		c.subscribeService(it)
	case smp.CmdLSet:
		c.setLink(it)
	case smp.CmdLDel:
		c.deleteLink(it)
	case smp.CmdLGet:
		c.readLink(it)
	default:
		c.fail(it, smp.ErrCmdProhibited)
	}
}
