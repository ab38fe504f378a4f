package shard

import (
	"runtime"
	"testing"

	"switchyard/box"
	"switchyard/smp"
)

// epochRouter has one shard that keeps as many queues in memory.
func epochRouter(t *testing.T, queues int) *router {
	cfg := testConfig()
	cfg.Shards, cfg.QueueCache = 1, queues
	return newRouter(t, cfg)
}

// finishEpoch returns when nothing is suspect, and how many queues were in memory at most.
func (r *router) finishEpoch() (most int) {
	for left := true; left; {
		r.inShard(0, func(c *core) {
			most = max(most, len(c.cache.byRecipient))
			left = c.suspects.left()
		})
	}
	return most
}

// TestNewEpochLeavesWhatIsParked has a store go back behind ACKs that it has said were stored. The messages come again, and
// the subscriptions where nothing happened stay parked.
func TestNewEpochLeavesWhatIsParked(t *testing.T) {
	const cached, parked, lost = 10, 5 * suspectStep, 5
	r := epochRouter(t, cached)
	alice, bob := r.connect(), r.connect()
	var queues []*testQueue
	for range parked {
		queues = append(queues, alice.newQueue(queueOptions{subscribe: true}))
	}
	acked := queues[:lost]
	ids := make(map[string][]byte)
	for _, q := range acked {
		want(t, bob.sendTo(q, "again"), "OK")
		ids[string(q.recipient)] = wantMessage(t, q, alice.event(), "again", true)
	}
	kept := r.store.kept()
	for _, q := range acked {
		want(t, alice.ack(q, ids[string(q.recipient)]), "OK")
	}
	alice.newQueue(queueOptions{subscribe: true}) // is lost
	bob.crowdOut()
	bob.crowdOut()
	bob.crowdOut()
	r.store.goBack(kept)
	r.store.largest = 0
	most := r.finishEpoch()
	for range acked {
		m := alice.event()
		for _, q := range acked {
			if string(q.recipient) == m.entity {
				wantMessage(t, q, m, "again", true)
				delete(ids, m.entity)
			}
		}
	}
	if len(ids) > 0 {
		t.Errorf("%d messages did not come again", len(ids))
	}
	wantNothing(t, alice)
	if most > cached+lost+1 || r.store.largest > suspectStep {
		t.Errorf("%d queues in memory, %d read at once", most, r.store.largest)
	}
	if n := alice.shard.Subscriptions.Load(); n != parked {
		t.Errorf("%d subscriptions of %d", n, parked)
	}
	r.inShard(0, func(c *core) {
		if n := c.cache.parked.Len(); n < parked-cached-lost {
			t.Errorf("%d are parked", n)
		}
	})
	for _, q := range queues { // all work still
		if _, again := ids[string(q.recipient)]; !again {
			want(t, alice.sub(q), "SOK")
		}
	}
}

// TestNewEpochIsSeenAtOnce asks for queues in memory in the first drain of an epoch, before the turn of most has come.
func TestNewEpochIsSeenAtOnce(t *testing.T) {
	store := newFakeStore()
	core := newTestCore(t, store)
	alice, bob := core.connect(), core.connect()
	var queues []*testQueue
	ask := func(q *testQueue, command []byte) *Batch { return core.batch(alice, q.key, q.recipient, command) }
	for range 10 * suspectStep { // nobody waits, so that eight times as many are looked at in a drain
		q := core.newQueue(bob, box.Ed25519)
		core.runDrain(core.batch(bob, nil, q.sender, smp.AppendSend(nil, false, []byte("1"))), ask(q, smp.AppendGet(nil)))
		want(t, bob.take(), "OK")
		queues = append(queues, q)
	}
	kept := store.kept()
	for _, q := range queues {
		m := alice.take().msg(t)
		core.runDrain(ask(q, smp.AppendAck(nil, m.ID)))
	}
	for _, q := range queues {
		if want(t, alice.take(), "OK"); len(store.queue(q.recipient).messages) != 0 {
			t.Fatal("a message is left")
		}
	}
	store.goBack(kept)
	core.enter(store.Epoch(), losses{})
	var all []*Batch
	for _, q := range queues {
		all = append(all, ask(q, smp.AppendQue(nil)))
	}
	core.runDrain(all...)
	if !core.suspects.left() {
		t.Fatal("nothing is suspect any more")
	}
	for range queues {
		m := alice.take()
		if info, ok := smp.ParseInfo(m.params); !ok || info.Size != 1 {
			t.Fatalf("%s %s of what was before", m.text(), m.params)
		}
	}
	for core.suspects.left() {
		core.runDrain()
	}
}

// TestNewEpochKeepsWhatWaits has more queues in memory than the cache keeps, as their messages are not acknowledged. They
// stay, though they are stale for a while.
func TestNewEpochKeepsWhatWaits(t *testing.T) {
	const n = 3 * suspectStep
	r := epochRouter(t, 10)
	alice, bob := r.connect(), r.connect()
	ids := make(map[*testQueue][]byte)
	for range n {
		q := alice.newQueue(queueOptions{subscribe: true})
		want(t, bob.sendTo(q, "1"), "OK")
		ids[q] = wantMessage(t, q, alice.event(), "1", true)
	}
	kept := r.store.kept()
	r.store.goBack(kept)
	r.finishEpoch()
	wantNothing(t, alice)
	for q, id := range ids {
		want(t, alice.ack(q, id), "OK")
	}
}

// TestNewEpochForServices: messages of a service's queues that are not in memory are found by a walk.
func TestNewEpochForServices(t *testing.T) {
	r := epochRouter(t, 1)
	bob, service := r.connect(), r.connectService(1, smp.RoleMessaging)
	queues, ids := service.newQueues(4)
	wantSubs(t, service.subs(), ids...)
	if len(service.messages()) > 0 {
		t.Fatal("messages")
	}
	q := queues[0]
	want(t, bob.sendTo(q, "again"), "OK")
	m := wantMessage(t, q, service.event(), "again", true)
	kept := r.store.kept()
	want(t, service.ack(q, m), "OK")
	bob.crowdOut()
	r.store.goBack(kept)
	r.finishEpoch()
	wantMessage(t, q, service.event(), "again", true)
	for _, m := range service.pending() {
		if m.tag == smp.RespMsg {
			t.Error("another message")
		}
	}
}

// TestNewEpochGivesQueuesBack has a service's queue become another client's, which the store has not kept.
func TestNewEpochGivesQueuesBack(t *testing.T) {
	for _, parked := range []bool{false, true} {
		r := epochRouter(t, 10)
		alice, bob, service := r.connect(), r.connect(), r.connectService(1, smp.RoleMessaging)
		queues, _ := service.newQueues(1)
		q := queues[0]
		service.subs()
		if len(service.messages()) > 0 {
			t.Fatal("messages")
		}
		kept := r.store.kept()
		want(t, alice.sub(q), "SOK")
		wantEvent(t, service.event(), "END", q.recipient)
		if parked {
			for range 5 {
				bob.crowdOut()
			}
		}
		r.inShard(0, func(c *core) {
			if (c.cache.parked.Len() > 0) != parked {
				t.Errorf("%d are parked", c.cache.parked.Len())
			}
		})
		r.store.goBack(kept)
		r.finishEpoch()
		if n := alice.shard.Subscriptions.Load(); n != 0 {
			t.Errorf("parked %v: %d subscriptions", parked, n)
		}
		want(t, bob.sendTo(q, "hello"), "OK")
		wantMessage(t, q, service.event(), "hello", true)
	}
}

// TestStaleQueueIsNotStored: a queue that leaves memory while it is stale is not what the store should keep.
func TestStaleQueueIsNotStored(t *testing.T) {
	core := newTestCore(t, newFakeStore())
	core.newQueue(core.connect(), box.Ed25519)
	for _, stale := range []bool{true, false} {
		for _, q := range core.cache.byRecipient {
			q.dayLate, q.recent = true, false
		}
		if stale {
			core.cache.grow()
			if len(core.late()) > 0 {
				t.Error("it would be stored at the end")
			}
		} else {
			core.newQueue(core.connect(), box.Ed25519)
			for _, q := range core.cache.byRecipient {
				q.dayLate, q.recent = true, false
			}
		}
		core.cache.limit = 0
		core.evict()
		if len(core.cache.byRecipient) > 0 || (core.tx == nil) != stale {
			t.Errorf("stale %v: %d queues in memory, stored %v", stale, len(core.cache.byRecipient), core.tx != nil)
		}
		core.cache.limit = 10
	}
}

// TestStaleQueueMayLeaveLater: notifications that were pending are lost with what was in memory, and then the queue need not
// stay there.
func TestStaleQueueMayLeaveLater(t *testing.T) {
	store := newFakeStore()
	core := newTestCore(t, store)
	core.notifyLater = func() {}
	created := core.newQueue(core.connect(), box.Ed25519)
	q := core.cache.byRecipient[smp.ID(created.recipient)]
	q.needRare().notifier = &notifier{}
	core.addPending(q, Notification{})
	if q.slot >= 0 {
		t.Fatal("may leave memory with notifications that are pending")
	}
	core.cache.grow()
	commits := store.commits
	if core.runDrain(NewBatch(batchNotify, nil)); store.commits != commits {
		t.Error("notifications are stored of a queue that may not exist")
	}
	core.out = new(drain)
	core.reload([]smp.ID{q.recipientID})
	if core.cache.stale(q) || q.notifier() != nil || q.slot < 0 {
		t.Errorf("stale %v, notifier %v, place %d among those that may leave", core.cache.stale(q), q.notifier(), q.slot)
	}
}

// A service whose connection has used one shard only has it after an epoch, too, and what waits in the other shard comes.
func TestNewEpochForServiceOfOneShard(t *testing.T) {
	r := newRouter(t, testConfig())
	bob, first := r.connect(), r.connectService(1, smp.RoleMessaging)
	queues := make([]*testQueue, r.set.Len())
	for left := len(queues); left > 0; {
		q := first.newQueue(queueOptions{})
		if i := r.set.partitions.Shard(q.recipient); queues[i] == nil {
			queues[i] = q
			left--
		}
	}
	first.close()
	r.sync()
	want(t, bob.sendTo(queues[1], "waits"), "OK")
	second := r.connectService(1, smp.RoleMessaging)
	wantSOK(t, second.sub(queues[0]), second.id())
	r.store.goBack(r.store.kept())
	r.sync()
	wantMessage(t, queues[1], second.event(), "waits", true)
}

// An epoch that ends before all is read again leaves nothing running.
func TestEndedEpochLeavesNothingBehind(t *testing.T) {
	c := newTestCore(t, newFakeStore())
	alice := c.connect()
	for range 2 {
		c.newQueue(alice, box.Ed25519)
	}
	c.distrust()
	c.suspects.next() // one of two
	before := runtime.NumGoroutine()
	for range 100 {
		c.distrust()
		c.suspects.next()
	}
	c.suspects.end()
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines more than before", n-before)
	}
	if c.suspects.left() {
		t.Error("queues are suspect of no epoch")
	}
}
