package shard

import (
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
		if n := c.cache.parked.len; n < parked-cached-lost {
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
