package shard

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"switchyard/box"
	"switchyard/smp"
)

// subscriptions has a connection subscribed to many queues, of which nothing is stored.
func (c *testCore) subscriptions(client *client, n int, kind subKind) (all []*subscription) {
	for range n {
		q := new(queue)
		c.random(q.recipientID[:])
		c.random(q.senderID[:])
		c.cache.add(q)
		s := &subscription{queue: q, client: client.shard, kind: kind}
		c.link(s)
		all = append(all, s)
	}
	return all
}

// wantChore checks that a next drain is arranged, or none, and takes what arranges it.
func (c *testCore) wantChore(t *testing.T, want bool) {
	t.Helper()
	n := 0
	for _, p := range c.outgoing {
		if p.batch.Kind == batchChore && p.shard == c.index {
			n++
		}
	}
	if n > 1 || (n == 1) != want {
		t.Fatalf("%d drains are arranged for chores", n)
	}
	c.outgoing = nil
}

// chores runs the next drain for chores.
func (c *testCore) chores() { c.runDrain(NewBatch(batchChore, nil)) }

// TestConnectionEndsInSteps has a connection end that has more subscriptions than one drain drops. Nothing is delivered to
// it any more, and nobody is told of it.
func TestConnectionEndsInSteps(t *testing.T) {
	store := newFakeStore()
	core := newTestCore(t, store)
	core.notifyLater = func() {}
	alice, bob, carol := core.connect(), core.connect(), core.connect()
	all := core.subscriptions(alice, 3*leaveStep, subNormal)
	q := core.newQueue(carol, box.Ed25519)
	core.do(alice, q.key, q.recipient, smp.AppendSub(nil))
	other := core.newQueue(carol, box.Ed25519)
	core.do(alice, other.key, other.recipient, smp.AppendSub(nil))
	gathered := &queue{rare: &rare{notifier: &notifier{}}}
	core.random(gathered.recipientID[:])
	core.cache.add(gathered)
	store.state.queues[gathered.recipientID] = &fakeQueue{}
	core.link(&subscription{queue: gathered, client: alice.shard, kind: subNotifier})
	core.addPending(gathered, Notification{Time: time.Now().Unix()})
	alice.inbox = nil

	core.runDrain(NewBatch(BatchClosed, alice.shard))
	core.wantChore(t, true)
	if n := alice.shard.Subscriptions.Load(); int(n) != len(all)+3-leaveStep {
		t.Fatalf("%d subscriptions are left", n)
	}
	if all[len(all)-1].queue.sub == nil {
		t.Fatal("the last was dropped first")
	}
	send := func(q *testQueue) *Batch {
		return core.batch(bob, nil, q.sender, smp.AppendSend(nil, false, []byte("x")))
	}
	core.runDrain(send(q), NewBatch(batchNotify, nil)) // pushed to nobody
	want(t, bob.take(), "OK")
	if alice.shard.Window.Taken() != 0 || len(alice.inbox) > 0 {
		t.Error("delivered to who has left")
	}
	if len(store.queue(gathered.recipientID[:]).ntfs) != 1 {
		t.Error("a notification for who has left is not kept")
	}
	want(t, core.do(carol, q.key, q.recipient, smp.AppendSub(nil)), "SOK")
	want(t, carol.take(), "MSG")
	want(t, core.do(carol, other.key, other.recipient, smp.AppendSub(nil)), "SOK")
	for n := 0; alice.shard.state[0].subs != nil; n++ {
		if n > 3 {
			t.Fatal("it does not end")
		}
		core.chores()
	}
	core.outgoing = nil
	core.chores()
	core.wantChore(t, false)
	if n := alice.shard.Subscriptions.Load(); n != 0 || len(alice.inbox) > 0 {
		t.Errorf("%d subscriptions, %d replies", n, len(alice.inbox))
	}
	for _, s := range all {
		if s.queue.sub != nil {
			t.Fatal("a queue has a subscription of who has left")
		}
	}
	if n := carol.shard.Subscriptions.Load(); n != 2 {
		t.Errorf("another connection has %d subscriptions", n)
	}
}

// TestNothingIsReadForWhoHasLeft has a connection end that waits for more messages than are dropped in a drain.
func TestNothingIsReadForWhoHasLeft(t *testing.T) {
	core := newTestCore(t, newFakeStore()) // which has none of the messages
	alice := core.connect()
	for _, s := range core.subscriptions(alice, 2*leaveStep, subNormal) {
		s.queue.count = 1
		core.setReady(s, true)
	}
	core.runDrain(NewBatch(BatchClosed, alice.shard))
	core.runDrain(NewBatch(batchWalk, alice.shard)) // was on its way
	if alice.shard.state[0].subs != nil && alice.shard.state[0].subs.retrying {
		t.Error("a message was to be read")
	}
}

// TestChoresGoOnByThemselves has a connection end, and no command come.
func TestChoresGoOnByThemselves(t *testing.T) {
	cfg := testConfig()
	cfg.Shards, cfg.QueueCache = 1, leaveStep/2
	r := newRouter(t, cfg)
	alice := r.connect()
	for range 2*leaveStep + 10 {
		alice.newQueue(queueOptions{subscribe: true, alg: box.X25519})
	}
	alice.close()
	for alice.shard.Subscriptions.Load() > 0 {
		runtime.Gosched()
	}
}

// TestServiceIsLostInSteps has a connection lose its service, with many messages that it has not acknowledged, and get it back
// before all of that is forgotten. It gets all of them again.
func TestServiceIsLostInSteps(t *testing.T) {
	const n = leaveStep + 20
	cfg := testConfig()
	cfg.Shards = 1
	r := newRouter(t, cfg)
	bob, one := r.connect(), r.connectService(1, smp.RoleMessaging)
	queues, _ := one.newQueues(n)
	one.subs()
	if len(one.messages()) > 0 {
		t.Fatal("messages")
	}
	for _, q := range queues {
		want(t, bob.sendTo(q, "again"), "OK")
	}
	for range n {
		want(t, one.event(), "MSG")
	}
	two := r.connectService(1, smp.RoleMessaging)
	subs := func(c *serviceClient) command {
		return command{key: c.own, entity: c.id(), text: smp.AppendSubs(nil, c.shard.Version, smp.ServiceSubs{Hash: make([]byte, 16)})}
	}
	r.inShard(0, func(*core) { // so that it finds both at once
		two.send(subs(two))
		one.send(subs(one))
	})
	got := 0
	for m := one.event(); m.text() != "ALLS"; m = one.event() {
		if m.tag == smp.RespMsg {
			got++
		}
	}
	if got != n {
		t.Errorf("%d messages of %d", got, n)
	}
}

// TestServiceOfManyIsLost: the queues of a service that is lost have no subscription in the end; what is not the service's
// stays.
func TestServiceOfManyIsLost(t *testing.T) {
	core := newTestCore(t, newFakeStore())
	alice := core.connect()
	gets := core.subscriptions(alice, 3, subNormal)
	before := core.subscriptions(alice, leaveStep, subService)
	gets = append(gets, core.subscriptions(alice, 3, subNormal)...)
	after := core.subscriptions(alice, leaveStep, subService)
	core.setReady(before[7], true)
	core.endService(alice.shard)
	for _, s := range slices.Concat(before, after) {
		if s != before[7] && s.queue.sub == nil {
			t.Fatal("dropped at once")
		}
	}
	if before[7].queue.sub != nil {
		t.Fatal("what is ready would be delivered to who has lost the service")
	}
	for i := range 4 {
		core.chores()
		core.wantChore(t, i < 2)
	}
	for _, s := range slices.Concat(before, after) {
		if s.queue.sub != nil {
			t.Fatal("not dropped")
		}
	}
	if n := alice.shard.state[0].subs.idle.Len(); n != len(gets) {
		t.Errorf("%d of %d subscriptions that are not the service's", n, len(gets))
	}
}

// TestServiceComesBackByItself has a connection lose its service and get it back by something else than SUBS: what was
// delivered before does not count.
func TestServiceComesBackByItself(t *testing.T) {
	core := newTestCore(t, newFakeStore())
	alice := core.connect()
	s := core.subscriptions(alice, 1, subService)[0]
	s.waiting = true
	v := &service{id: smp.ID{1}}
	s.queue.needRare().service = v
	core.endService(alice.shard)
	v.current.Store(alice.shard)
	if got := core.receiver(s.queue); got == nil || got == s || got.waiting || got.client != alice.shard {
		t.Errorf("the receiver is %+v", got)
	}
}

// TestNotificationsGoOutInSteps has more notifications than one drain takes care of, to a subscriber and to the store.
func TestNotificationsGoOutInSteps(t *testing.T) {
	const n = 2*notifyStep + 20
	for _, subscribed := range []bool{false, true} {
		store := newFakeStore()
		core := newTestCore(t, store)
		core.notifyLater = func() {}
		alice := core.connect()
		for range n {
			q := &queue{rare: &rare{notifier: &notifier{}}}
			core.random(q.recipientID[:])
			core.random(q.senderID[:])
			core.random(q.notifier().ID[:])
			core.cache.add(q)
			store.state.queues[q.recipientID] = &fakeQueue{}
			if subscribed {
				core.link(&subscription{queue: q, client: alice.shard, kind: subNotifier})
			}
			core.addPending(q, Notification{Time: time.Now().Unix()})
		}
		core.runDrain(NewBatch(batchNotify, nil))
		if left := len(core.notifying); left < notifyStep || left >= n {
			t.Errorf("%d of %d are left after a drain", left, n)
		}
		core.wantChore(t, true)
		for len(core.notifying) > 0 {
			core.chores()
		}
		gone := len(alice.inbox)
		for _, q := range store.state.queues {
			gone += len(q.ntfs)
		}
		if gone != n {
			t.Errorf("%d of %d went out", gone, n)
		}
	}
}

// TestExpiryGoesInSteps has more old messages than one drain deletes.
func TestExpiryGoesInSteps(t *testing.T) {
	const queues, each = 3, expireStep / 2
	store := newFakeStore()
	core := newTestCore(t, store)
	core.cfg.MessageTTL, core.cfg.Quota = time.Hour, each
	alice, bob := core.connect(), core.connect()
	b := NewBatch(batchExpire, nil)
	b.Block = NewBuffer(0)
	var all []*testQueue
	for range queues {
		q := core.newQueue(alice, box.Ed25519)
		for range each {
			want(t, core.do(bob, nil, q.sender, smp.AppendSend(nil, false, []byte("old"))), "OK")
		}
		b.Block.Data = append(b.Block.Data, q.recipient...)
		all = append(all, q)
	}
	count := func() (n int) {
		for _, q := range all {
			n += len(store.queue(q.recipient).messages)
		}
		return n
	}
	later := func() {
		core.drain.batches = append(core.drain.batches, b)
		core.run(time.Now().Add(2*time.Hour), core.drain)
		core.deliver()
	}
	later()
	if n := count(); n != queues*each-expireStep {
		t.Fatalf("%d messages are left after a drain", n)
	}
	if len(core.outgoing) != 1 || core.outgoing[0].batch.Kind != batchExpire {
		t.Fatal("no other drain is to go on")
	}
	b, core.outgoing = core.outgoing[0].batch, nil
	later()
	if n := count(); n != 0 || len(core.outgoing) > 0 {
		t.Errorf("%d messages are left", n)
	}
}

// TestEndIsStoredInSteps has a router stop that has put off more than belongs into one transaction.
func TestEndIsStoredInSteps(t *testing.T) {
	store := newFakeStore()
	core := newTestCore(t, store)
	alice := core.connect()
	k := alice.r.newKeyOf(box.Ed25519).Public()
	const n = 2*flushStep + 1
	for _, s := range core.subscriptions(alice, n, subNormal) {
		s.queue.setRecipientKeys([]box.PublicKey{k})
		s.queue.dayLate = true
	}
	steps := 0
	for late := core.late(); len(late) > 0; steps++ {
		late = core.flush(core.drain, late)
		core.deliver()
	}
	if steps != 3 || store.commits != 3 || store.puts != n {
		t.Errorf("%d of %d queues in %d transactions", store.puts, n, store.commits)
	}
}
