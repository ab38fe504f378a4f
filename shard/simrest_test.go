//go:build simulate

package shard

import (
	"bytes"
	"fmt"
	"slices"

	"switchyard/shard/idtable"
	"switchyard/smp"
)

// At rest nothing holds anybody up: commits are done, the disk works, clients read. Then everything has to be done.

// release ends whatever holds somebody up. Damage stays.
func (w *simulation) release() {
	w.store.free()
	w.store.mend()
	w.store.setFail(false, "load", "header", "body", "commit")
	w.store.full.Store(false)
	for _, e := range w.ends {
		e.stalled = false
		e.socket.kernel(func() { e.socket.room = max(e.socket.room, 2*smp.BlockSize) })
	}
}

// rest comes to rest, and checks that nothing is left to do.
func (w *simulation) rest() {
	w.release()
	w.settle()
	w.note("at rest")
	for corr, g := range w.given {
		if g.end.left {
			delete(w.given, corr) // dropped, with the connection
			continue
		}
		w.t.Fatalf("client %d gets no answer to %s of queue %d; %s", w.number(g.end.client), g.action.op, g.action.queue.number, w.about(g.end))
	}
	for _, e := range w.ends {
		if !e.left {
			w.checkEnd(e)
		}
	}
	for _, e := range w.gone {
		w.ended(e)
	}
	w.gone = nil
	w.resolve()
	for _, e := range w.model.out {
		w.t.Fatalf("client %d did not get %s of queue %d", w.number(e.client), e.describe(), e.queue.number)
	}
	w.checkQueues()
	w.checkMemory()
	w.checkCounts()
	w.vague, w.wasFull = false, false
}

// drain receives everything.
func (w *simulation) drain() {
	for range 100 {
		w.rest()
		some := false
		for i, c := range w.clients {
			if block := w.acks(c, func() bool { return true }); len(block) > 0 && !w.ends[i].left {
				some = true
				w.giveTo(w.ends[i], block)
			}
		}
		if !some {
			return
		}
	}
	w.t.Fatalf("messages come without end")
}

// about says what there is to know of a connection.
func (w *simulation) about(e *simEnd) string {
	c := e.client.shard
	return fmt.Sprintf("%+v, window %+v, watched for input %v, %d bytes arrived, %d in, %d out", w.front.Session(e.socket),
		&c.Window, e.socket.input, len(e.socket.arrived), len(e.socket.inbound), len(e.socket.outbound))
}

// checkEnd checks that a connection owes nothing and is owed nothing.
func (w *simulation) checkEnd(e *simEnd) {
	s, window := w.front.Session(e.socket), &e.client.shard.Window
	switch n := w.number(e.client); {
	case !s.Open:
		w.t.Fatalf("the router has closed the connection of client %d", n)
	case len(e.asked) > 0:
		w.t.Fatalf("client %d waits for %d answers; %s", n, len(e.asked), w.about(e))
	case e.missing() > 0:
		w.t.Fatalf("%d replies have not reached client %d; %s", e.missing(), n, w.about(e))
	case s.Asked != 0 || s.Clogged || s.Waits || !window.Idle():
		w.t.Fatalf("client %d has read everything; %s", n, w.about(e))
	}
}

// ended is the end of a connection for the model, when all shards know of it.
func (w *simulation) ended(e *simEnd) {
	w.model.closed(e.client)
	w.model.out = slices.DeleteFunc(w.model.out, func(x expected) bool { return x.client == e.client })
	if c := e.client.shard; c != nil {
		if n := c.Subscriptions.Load(); n != 0 {
			w.t.Fatalf("a client that is gone has %d subscriptions; %s", n, w.about(e))
		}
		delete(w.endOf, c)
		delete(w.inner, c)
	}
}

// checkQueues compares subscriptions in the model and in memory, and looks for messages that nobody is told of.
func (w *simulation) checkQueues() {
	for _, q := range w.model.queues {
		if q.gone {
			continue
		}
		there := w.memoryOf(q)
		if (q.sub == nil) != (there.sub == nil) || q.sub != nil && q.sub.client != there.sub.client {
			w.t.Fatalf("queue %d: subscribed is %s, the model says %s", q.number, w.describe(there.sub), w.describe(q.sub))
		}
		if s := q.sub; s != nil && s.delivered == nil && q.first() != nil && !w.store.isDamaged(q.recipient) {
			w.t.Fatalf("client %d is not told of the message that waits in queue %d; %s; the shard has %s, the model %s",
				w.number(s.client), q.number, w.about(w.end(s.client)), w.describe(there.sub), w.describe(s))
		}
	}
}

func (w *simulation) describe(s *modelSub) string {
	if s == nil {
		return "nobody"
	}
	return fmt.Sprintf("client %d, ready %v, waits %v", w.number(s.client), s.ready, s.delivered != nil)
}

// simMemory is what a shard has in memory of a queue's subscriptions, in the model's words.
type simMemory struct {
	sub  *modelSub
	gets map[*client]*modelSub
}

func (w *simulation) memoryOf(q *modelQueue) (there simMemory) {
	there.gets = map[*client]*modelSub{}
	core, id := w.router.set.workers[w.router.set.partitions.Shard(q.recipient)].core, smp.ID(q.recipient)
	if in := core.cache.byRecipient[id]; in != nil && in.sub != nil {
		there.sub = w.subscriptionOf(q, in.sub.client, &in.sub.receipt)
		there.sub.ready = in.sub.state != subIdle
	} else if p := core.cache.parked.Find(&id); p != nil {
		there.sub = &modelSub{client: w.clientOf(q, p.client)}
	}
	for _, e := range w.ends {
		if r := core.gotOf(e.client.shard, &id); r != nil && !e.left {
			there.gets[e.client] = w.subscriptionOf(q, e.client.shard, r)
		}
	}
	return there
}

func (w *simulation) subscriptionOf(q *modelQueue, c *Client, r *receipt) *modelSub {
	m := &modelSub{client: w.clientOf(q, c)}
	if r.waiting {
		m.delivered = w.messageOf(q, r.delivered[:])
	}
	return m
}

func (w *simulation) clientOf(q *modelQueue, c *Client) *client {
	e := w.endOf[c]
	if e == nil {
		w.t.Fatalf("a connection that is gone is subscribed to queue %d", q.number)
	}
	return e.client
}

// messageOf is the message of an ID, one that is no more if need be.
func (w *simulation) messageOf(q *modelQueue, id []byte) *modelMessage {
	for _, all := range [][]*modelMessage{q.messages, w.known} {
		if i := slices.IndexFunc(all, func(m *modelMessage) bool { return bytes.Equal(m.id, id) }); i >= 0 {
			return all[i]
		}
	}
	return &modelMessage{id: bytes.Clone(id)}
}

// checkCounts checks what the loops read of connections: how many subscriptions each has, those to queues that no client knows
// among them, which NEWs have left that were answered with a failure.
func (w *simulation) checkCounts() {
	counts := make(map[*Client]int32)
	for _, k := range w.router.set.workers {
		for _, id := range parkedIn(&k.core.cache) {
			counts[k.core.cache.parked.Find(&id).client]++
		}
		for _, q := range k.core.cache.byRecipient {
			if q.sub != nil {
				counts[q.sub.client]++
			}
		}
	}
	for _, e := range w.ends {
		if n := e.client.shard.Subscriptions.Load(); !e.left && n != counts[e.client.shard] {
			w.t.Fatalf("client %d is said to have %d subscriptions, and has %d", w.number(e.client), n, counts[e.client.shard])
		}
	}
}

// checkMemory checks that no more queues are in memory than have to be, and none that is not stored.
func (w *simulation) checkMemory() {
	for i, k := range w.router.set.workers {
		c := &k.core.cache
		for _, id := range parkedIn(c) {
			if w.store.queue(id[:]) == nil {
				w.t.Fatalf("shard %d: a subscription is parked to a queue that is not", i)
			}
		}
		for _, q := range c.byRecipient {
			if !c.stale(q) && w.store.queue(q.recipientID[:]) == nil {
				w.t.Fatalf("shard %d: a queue is in memory that is not stored", i)
			}
		}
		if n := idleQueues(c); n > c.limit+DrainLimit {
			w.t.Fatalf("shard %d: %d queues could leave memory, and %d may stay", i, n, c.limit)
		}
	}
}

// parkedIn is the queues out of memory to which somebody is subscribed.
func parkedIn(c *cache) (ids []smp.ID) {
	for part := range idtable.Parts {
		ids = c.parked.AppendIDs(ids, part)
	}
	return ids
}

// idleQueues counts the queues in memory that could leave it. What keeps one there is said here once more, as the shards may be
// wrong about it.
func idleQueues(c *cache) (n int) {
	for _, q := range c.byRecipient {
		notifier := q.notifier()
		if pending := notifier != nil && notifier.pending != nil; !pending && c.mayLeave(q) {
			n++
		}
	}
	return n
}

// measure looks at the memory of the shards in the middle of their drains. Actors call it.
func (w *simulation) measure() {
	if w.sim == nil || w.router.set == nil {
		return
	}
	for i, k := range w.router.set.workers {
		if k.core == nil {
			continue
		}
		if n := idleQueues(&k.core.cache); n > k.core.cache.limit+2*DrainLimit {
			panic(fmt.Sprintf("shard %d has %d queues in memory that could leave it, and %d may stay", i, n, k.core.cache.limit))
		}
	}
}
