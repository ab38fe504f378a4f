package shard

import (
	"bytes"
	"sync"
	"sync/atomic"

	"switchyard/shard/tally"
	"switchyard/smp"
)

// This file is the life of a SUBS, from the block to SOKS. NSUBS lives the same life, without ALLS. On a router with two
// shards, of which shard 0 has the partition of the service ID:
//
//	loop     block ─▶ commands ─▶ Set.Route: the shard of the service ID ─▶ ring of shard 0
//	shard 0  drain: claim (authorize.go): the service of the session has this ID and role, and its key has signed
//	         execute ─▶ subscribeService
//	           ├─ serve: service.take gives the service to this connection
//	           │    └─ another one had it ─▶ a fan-out of its own: endService in each shard, and ENDS to that one
//	           └─ startFanOut ──batchFanOut──▶ shard 1
//	each     doPart
//	           ├─ sum: the counts that the store has of this shard's partitions, as the drain at hand has changed them
//	           └─ the connection is new to the service ─▶ startWalk (walk.go) ─▶ MSG, as its window has room
//	last     fanOut.left is 0 ─▶ conclude: SOKS with count and hash, in the group of its drain
//	waiter   the drain's commit is done ─▶ Loop.Deliver: SOKS
//	each     the walk has seen all rows, and what it found is delivered ─▶ drain.walked
//	waiter   endWalks: fanOut.walks is 0 ─▶ deliverAlls: ALLS
//
// The answer is ERR STORE when a shard cannot read its counts, or when the commit of the last shard's drain fails.

// fanOut is SUBS or NSUBS, or the end of a connection's service subscription. The shard that begins it hands it to all
// others. Each adds the count of its own queues, and the last one tells the connection: SOKS, or ENDS.
type fanOut struct {
	// Immutable.
	service *service
	client  *Client
	corrID  []byte // of the command
	ended   bool   // another connection has taken the service over
	first   bool   // the connection has not been subscribed before: what waits is delivered

	expected smp.ServiceSubs // what the client believes to have

	left  atomic.Int32 // shards that have not done their part
	walks atomic.Int32 // shards that have not delivered what waits

	mu    sync.Mutex
	total ServiceCount
	err   error // of a shard that could not count
}

// startFanOut begins a fan-out: this shard does its part at once.
func (c *core) startFanOut(j *fanOut) {
	j.left.Store(int32(c.partitions.Shards()))
	j.walks.Store(int32(c.partitions.Shards()))
	for i := range c.partitions.Shards() {
		if i != c.index {
			b := NewBatch(batchFanOut, nil)
			b.fanOut = j
			c.hop(i, b)
		}
	}
	c.doPart(j)
}

// doPart does this shard's part of a fan-out.
func (c *core) doPart(j *fanOut) {
	part, err := c.sum(j.service)
	j.mu.Lock()
	j.total.join(&part)
	if err != nil {
		j.err = err
	}
	j.mu.Unlock()
	switch {
	case j.ended:
		c.endService(j.client)
	case j.first && j.service.current.Load() == j.client:
		c.startWalk(j)
	}
	if j.left.Add(-1) == 0 {
		c.conclude(j)
	}
}

// conclude answers when all shards have done their part.
func (c *core) conclude(j *fanOut) {
	subs := smp.ServiceSubs{Count: j.total.Count, Hash: j.total.Hash[:]}
	w := c.beginAs(Reply{Client: j.client, Answer: !j.ended}, j.corrID, j.service.id[:])
	switch {
	case j.ended:
		w.note.kind = replyEnd
		c.out.tally.Event(tally.SubsEnded, tally.SubsEndedBatch, j.client, endsInBatch)
		w.head = smp.AppendEnds(w.head, j.client.Version, subs)
	case j.err != nil:
		w.head = smp.AppendErr(w.head, j.client.Version, storeError(j.err))
	default:
		c.countSubscribed(j)
		w.head = smp.AppendSOKs(w.head, j.client.Version, subs)
	}
	w.end()
}

// countSubscribed counts how what a service has differs from what its client believes to have.
func (c *core) countSubscribed(j *fanOut) {
	if j.service.current.Load() == j.client {
		j.service.subscribed.set(j.total.Count)
	}
	if !j.first {
		return
	}
	if j.total.Count > 0 {
		j.client.serves.Store(true)
	}
	count := func(what tally.Counter, n int64) {
		if j.client.Service.Role == smp.RoleNotifier {
			what += tally.Notification
		}
		c.out.tally.Add(what, int(n))
	}
	switch more := j.total.Count - j.expected.Count; {
	case j.expected.Count == -1 || more == 0 && string(j.expected.Hash) == string(j.total.Hash[:]):
		count(tally.ServiceSame, 1)
	case more > 0:
		count(tally.ServiceMore, 1)
		count(tally.ServiceMoreTotal, more)
	case more < 0:
		count(tally.ServiceFewer, 1)
		count(tally.ServiceFewerTotal, -more)
	default:
		count(tally.ServiceDifferent, 1)
	}
}

// countAssociated counts SUB or NSUB on a session of a service, for a queue that another one has, or none, or the same; the
// distance is that of the counters. It tells whether the connection had the service's queues before.
func (c *core) countAssociated(client *Client, from *service, distance tally.Counter) (had bool) {
	t := &c.out.tally
	had = client.serves.Swap(true)
	if !had {
		t.Add(tally.ServiceSubs+distance, 1)
	}
	switch {
	case from == client.Service.shared:
		t.Add(tally.AssociatedDuplicate+distance, 1)
		if had {
			return had
		}
	case from == nil:
		t.Add(tally.AssociatedNew+distance, 1)
	default:
		t.Add(tally.AssociatedUpdated+distance, 1)
	}
	t.Add(tally.ServiceSubsQueues+distance, 1)
	return had
}

// subscribeService answers SUBS and NSUBS. It is executed by the shard that the service ID falls to, which knows whether
// the connection was subscribed before. What the client believes to have is not asked for: the store decides.
func (c *core) subscribeService(it *item) {
	c.serve(it.client)
	state := &it.client.state[c.index]
	expected, _ := smp.ParseSubs(it.client.Version, it.command.Params)
	expected.Hash = bytes.Clone(expected.Hash)
	j := &fanOut{
		service: it.client.Service.shared,
		client:  it.client,
		corrID:  append([]byte(nil), it.command.CorrID...),
		first:   !state.subscribed,

		expected: expected,
	}
	state.subscribed = true
	c.startFanOut(j)
}

// serve gives the service to the connection, if another one or none has it.
func (c *core) serve(client *Client) {
	s := client.Service.shared
	previous, taken := s.take(client)
	if !taken {
		return
	}
	client.Subscriptions.Add(1)
	s.subscribed.end() // until the count is known
	if previous != nil {
		previous.Subscriptions.Add(-1)
		c.startFanOut(&fanOut{service: s, client: previous, ended: true})
	}
}

// endService drops what the shard has for a connection that has lost its service. Its messages are delivered to the one
// that has taken it over when that asks for them.
func (c *core) endService(client *Client) {
	state := &client.state[c.index]
	state.subscribed = false
	if state.subs == nil {
		return
	}
	state.subs.walk, state.subs.behind, state.subs.beyond = nil, false, false
	c.loseService(client)
}

// subscribeAs answers SUB on a session of a service: the queue becomes the service's.
func (c *core) subscribeAs(it *item, fresh bool) {
	q, s := it.queue, it.client.Service.shared
	from := q.service()
	c.serve(it.client)
	if from != s {
		if err := c.associate(q, s); err != nil {
			c.fail(it, storeError(err))
			return
		}
		c.putQueue(q)
	}
	if had := c.countAssociated(it.client, from, 0); fresh && !had && !q.empty() {
		c.out.tally.Add(tally.Subs, 1)
	}
	w := c.respond(it)
	w.head = smp.AppendSOK(w.head, it.client.Version, it.client.serviceID())
	w.end()
	if sub := q.sub; sub != nil {
		c.unlink(sub) // what was delivered before is delivered again
	}
	if !q.empty() {
		if sub := c.receiver(q); sub != nil {
			c.setReady(sub, true)
		}
	}
}

// subscribeNotifierAs answers NSUB on a session of a service.
func (c *core) subscribeNotifierAs(it *item) {
	q, s := it.queue, it.client.Service.shared
	from := q.notifier().service
	c.serve(it.client)
	if from != s {
		if err := c.associateNotifier(q, s); err != nil {
			c.fail(it, storeError(err))
			return
		}
		c.putQueue(q)
	}
	c.countAssociated(it.client, from, tally.Notification)
	w := c.respond(it)
	w.head = smp.AppendSOK(w.head, it.client.Version, it.client.serviceID())
	w.end()
}

// The store has a row for each queue that is associated with a service, and for each service and partition the count
// and hash of these rows, so that SUBS is answered without a walk. A partition belongs to one shard, which reads such a
// count when a drain changes it and writes it back with the drain's commit. Nothing of it stays in memory: when the commit
// fails, the next drain finds what the store has kept.

// countKey names a count.
type countKey struct {
	service   smp.ID
	partition uint8
}

// count is a count that the drain at hand has changed or is about to.
type count struct {
	ServiceCount
	changed bool
}

// countOf reads the count of a service in a partition, for a change.
func (c *core) countOf(s *service, partition uint8) (*count, error) {
	if s == nil {
		return nil, nil
	}
	k := countKey{s.id, partition}
	if n := c.counts[k]; n != nil {
		return n, nil
	}
	stored, err := c.store.ServiceCount(&s.id, partition)
	if err != nil {
		return nil, err
	}
	n := &count{ServiceCount: stored}
	if c.counts == nil {
		c.counts = make(map[countKey]*count)
	}
	c.counts[k] = n
	return n, nil
}

// putCounts stores the counts that the drain has changed.
func (c *core) putCounts() {
	for k, n := range c.counts {
		if n.changed {
			c.write().PutServiceCount(&k.service, k.partition, n.ServiceCount)
		}
	}
	clear(c.counts)
}

// sum adds up the counts of a service in the partitions of this shard, as the drain has changed them.
func (c *core) sum(s *service) (total ServiceCount, err error) {
	first, last := c.partitions.Owned(c.index)
	err = c.store.ServiceCounts(&s.id, first, last, func(partition uint8, stored ServiceCount) {
		if c.counts[countKey{s.id, partition}] == nil {
			total.join(&stored)
		}
	})
	for k, n := range c.counts {
		if k.service == s.id {
			total.join(&n.ServiceCount)
		}
	}
	return total, err
}
