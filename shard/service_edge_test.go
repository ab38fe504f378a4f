package shard

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"switchyard/box"
	"switchyard/shard/registry"
	"switchyard/smp"
)

// newQueues creates queues of the service and returns them with their recipient IDs.
func (c *serviceClient) newQueues(n int) (queues []*testQueue, ids [][]byte) {
	c.r.t.Helper()
	for range n {
		q := c.newQueue(queueOptions{alg: box.Ed25519})
		queues, ids = append(queues, q), append(ids, q.recipient)
	}
	return queues, ids
}

func TestServiceIsTakenOverByAnotherConnection(t *testing.T) {
	r := newRouter(t, testConfig())
	bob, one := r.connect(), r.connectService(1, smp.RoleMessaging)
	queues, ids := one.newQueues(5)
	want(t, bob.sendTo(queues[0], "first"), "OK")
	id := wantMessage(t, queues[0], one.event(), "first", true)
	two := r.connectService(1, smp.RoleMessaging)
	wantNothing(t, one.client, two.client)
	extra := two.newQueue(queueOptions{}) // takes it over, whatever the shards of the others
	one.wantEnds(ids...)
	want(t, one.ack(queues[0], id), "NO_MSG")
	want(t, bob.sendTo(queues[1], "second"), "OK")
	wantMessage(t, queues[1], two.event(), "second", true)
	want(t, bob.sendTo(queues[0], "not the first of its queue"), "OK")
	wantNothing(t, one.client, two.client)

	ids = append(ids, extra.recipient)
	wantSubs(t, one.subs(), ids...)
	two.wantEnds(ids...)
	all := one.messages()
	if len(all) != 2 {
		t.Fatalf("%d messages", len(all))
	}
	want(t, one.ack(queues[0], all[string(queues[0].recipient)].ID), "MSG")
	want(t, two.ack(queues[1], all[string(queues[1].recipient)].ID), "NO_MSG")
	two.close()
	want(t, one.ack(queues[1], all[string(queues[1].recipient)].ID), "OK")
	wantSubs(t, one.subs(), ids...)
	one.close()
	want(t, bob.sendTo(extra, "kept"), "OK")
	wantNothing(t, one.client, two.client)
}

func TestServiceIsToldOfDeletedQueues(t *testing.T) {
	r := newRouter(t, testConfig())
	plain, bob, service := r.connect(), r.connect(), r.connectService(1, smp.RoleMessaging)
	queues, ids := service.newQueues(3)
	want(t, bob.sendTo(queues[0], "goes with its queue"), "OK")
	wantMessage(t, queues[0], service.event(), "goes with its queue", true)
	want(t, plain.del(queues[0]), "OK")
	wantEvent(t, service.event(), "DELD", ids[0])
	want(t, plain.del(queues[1]), "OK")
	wantEvent(t, service.event(), "DELD", ids[1])
	want(t, service.del(queues[2]), "OK")
	wantNothing(t, service.client, plain)
	wantSubs(t, service.subs())
	if all := service.messages(); len(all) != 0 {
		t.Errorf("%d messages", len(all))
	}
	if s := r.store.state.services; len(s.rows) > 0 {
		t.Errorf("%d rows are left", len(s.rows))
	}
}

func TestNotifierServiceIsToldOfDeletedQueues(t *testing.T) {
	r := newRouter(t, notifyConfig())
	alice, service := r.connect(), r.connectService(1, smp.RoleNotifier)
	deleted, kept := alice.newQueue(queueOptions{notifier: true}), alice.newQueue(queueOptions{notifier: true})
	for _, q := range []*testQueue{deleted, kept} {
		wantSOK(t, service.nsub(q), service.id())
	}
	want(t, alice.del(deleted), "OK")
	wantEvent(t, service.event(), "DELD", deleted.notifier)
	wantSubs(t, service.subs(), kept.notifier)
	if s := r.store.state.services; len(s.rows) != 1 {
		t.Errorf("%d rows are left of one queue", len(s.rows))
	}
}

// A queue of a service has a subscription while a message is on its way, and none when nothing waits.
func TestServiceHasNoSubscriptionToQuietQueues(t *testing.T) {
	cfg := testConfig()
	cfg.Shards = 1
	r := newRouter(t, cfg)
	bob, service := r.connect(), r.connectService(1, smp.RoleMessaging)
	q := service.newQueue(queueOptions{})
	subscribed := func() (is bool) {
		r.inShard(0, func(c *core) { is = c.cache.byRecipient[smp.ID(q.recipient)].sub != nil })
		return is
	}
	for range 2 {
		want(t, bob.sendTo(q, "hello"), "OK")
		m := wantMessage(t, q, service.event(), "hello", true)
		if !subscribed() {
			t.Error("no subscription while a message is on its way")
		}
		want(t, service.ack(q, m), "OK")
		if subscribed() {
			t.Error("a subscription to a queue where nothing waits")
		}
	}
}

// A connection that has ended does not have its service any more, and cannot take it again by commands that are still under way.
func TestServiceOfAnEndedConnection(t *testing.T) {
	s, gone, next := new(service), NewClient(1), NewClient(1)
	if _, taken := s.take(gone); !taken || s.current.Load() != gone {
		t.Fatal("the service is not taken")
	}
	if _, taken := s.take(gone); taken {
		t.Error("taken twice by one connection")
	}
	s.leave(gone)
	if s.current.Load() != nil {
		t.Error("a connection that has ended has the service")
	}
	if _, taken := s.take(gone); taken || s.current.Load() != nil {
		t.Error("a connection that has ended takes the service")
	}
	if previous, taken := s.take(next); previous != nil || !taken {
		t.Error("the service is not free")
	}
	s.leave(gone)
	if s.current.Load() != next {
		t.Error("a connection that has no service takes it from another one")
	}
}

func TestServiceCounts(t *testing.T) {
	var one, two, all ServiceCount
	ids := []smp.ID{{1}, {2}, {3}}
	for i := range ids {
		all.Add(ids[i][:])
	}
	one.Add(ids[0][:])
	two.Add(ids[1][:])
	two.Add(ids[2][:])
	sum := one
	if sum.join(&two); sum != all || sum.Count != 3 {
		t.Errorf("together %v, not %v", sum, all)
	}
	sum.remove(ids[2][:])
	sum.remove(ids[1][:])
	if sum != one {
		t.Errorf("of one %v, not %v", sum, one)
	}
	for range 2 { // never fewer than none, nor a hash of none
		if sum.remove(ids[0][:]); sum != (ServiceCount{}) {
			t.Errorf("of none %v", sum)
		}
	}
}

func TestQueueMovesBetweenServices(t *testing.T) {
	r := newRouter(t, testConfig())
	bob, one, two := r.connect(), r.connectService(1, smp.RoleMessaging), r.connectService(2, smp.RoleMessaging)
	queues, ids := one.newQueues(2)
	want(t, bob.sendTo(queues[0], "hello"), "OK")
	id := wantMessage(t, queues[0], one.event(), "hello", true)
	wantSOK(t, two.sub(queues[0]), two.id())
	wantEvent(t, one.event(), "END", ids[0])
	wantMessage(t, queues[0], two.event(), "hello", true)
	want(t, one.ack(queues[0], id), "NO_MSG")
	want(t, two.ack(queues[0], id), "OK")
	wantSubs(t, one.subs(), ids[1])
	wantSubs(t, two.subs(), ids[0])
	if len(one.messages())+len(two.messages()) != 0 {
		t.Error("messages")
	}
}

func TestServiceWalkKeepsToTheWindow(t *testing.T) {
	const n = 3 * DeliveryWindow
	r := newRouter(t, testConfig())
	bob, service := r.connect(), r.connectService(1, smp.RoleMessaging)
	queues, ids := service.newQueues(n)
	service.close()
	for _, q := range queues {
		want(t, bob.sendTo(q, "waits"), "OK")
	}
	service = r.connectService(1, smp.RoleMessaging)
	wantSubs(t, service.subs(), ids...)
	r.sync()
	if w := service.shard.Window.Taken(); w > DeliveryWindow {
		t.Fatalf("%d messages are on their way", w)
	}
	if all := service.messages(); len(all) != n {
		t.Fatalf("%d messages before ALLS", len(all))
	}
}

// A connection that does not read holds only some of what comes for it in memory, and gets all of it in the end.
func TestServiceThatDoesNotRead(t *testing.T) {
	const n = readyLimit + 4*DeliveryWindow
	cfg := testConfig()
	cfg.Shards = 1
	r := newRouter(t, cfg)
	bob, service := r.connect(), r.connectService(1, smp.RoleMessaging)
	queues, _ := service.newQueues(n)
	for _, q := range queues {
		want(t, bob.sendTo(q, "hello"), "OK")
	}
	got := map[string]bool{}
	for len(got) < n {
		m := service.event()
		if m.tag != smp.RespMsg || got[m.entity] {
			t.Fatalf("%s after %d messages", m.text(), len(got))
		}
		got[m.entity] = true
	}
	wantNothing(t, service.client)
}

func TestQueuesOfAServiceLeaveMemory(t *testing.T) {
	const n = 500
	cfg := testConfig()
	cfg.QueueCache = 2
	r := newRouter(t, cfg)
	service := r.connectService(1, smp.RoleMessaging)
	queues, ids := service.newQueues(n)
	service.close()
	bob := r.connect()
	want(t, bob.sendTo(queues[7], "hello"), "OK")
	service = r.connectService(1, smp.RoleMessaging)
	wantSubs(t, service.subs(), ids...)
	if all := service.messages(); len(all) != 1 {
		t.Fatalf("%d messages", len(all))
	}
	r.sync()
	set := r.set
	r.restart()
	for _, w := range set.workers {
		if n := len(w.core.cache.byRecipient); n > 20 {
			t.Errorf("%d queues in memory", n)
		}
	}
}

func TestServiceUsesGet(t *testing.T) {
	r := newRouter(t, testConfig())
	bob, service := r.connect(), r.connectService(1, smp.RoleMessaging)
	queues, _ := service.newQueues(1)
	q := queues[0]
	want(t, service.get(q), "OK")
	want(t, service.sub(q), "CMD PROHIBITED")
	want(t, bob.sendTo(q, "not pushed"), "OK")
	wantNothing(t, service.client)
	want(t, service.ack(q, wantMessage(t, q, service.get(q), "not pushed", false)), "OK")
}

func TestServiceSubIsRepeated(t *testing.T) {
	r := newRouter(t, testConfig())
	bob, service := r.connect(), r.connectService(1, smp.RoleMessaging)
	queues, ids := service.newQueues(1)
	want(t, bob.sendTo(queues[0], "hello"), "OK")
	wantMessage(t, queues[0], service.event(), "hello", true)
	for range 2 {
		wantSOK(t, service.sub(queues[0]), service.id())
		wantMessage(t, queues[0], service.event(), "hello", true)
	}
	wantSubs(t, service.subs(), ids...)
	if all := service.messages(); len(all) != 0 {
		t.Fatal("what was delivered is delivered again")
	}
}

func TestServiceOfAnotherRole(t *testing.T) {
	r := newRouter(t, testConfig())
	r.connectService(1, smp.RoleMessaging)
	_, err := r.service(1, smp.RoleNotifier, &box.PublicKey{})
	if !errors.Is(err, registry.ErrRole) {
		t.Error(err)
	}
	for _, op := range []string{"service", "commit"} {
		r.store.setFail(true, op)
		if _, err := r.service(2, smp.RoleMessaging, &box.PublicKey{}); !errors.Is(err, errFake) {
			t.Error(op, err)
		}
		r.store.setFail(false, op)
	}
}

func TestServiceRoles(t *testing.T) {
	r := newRouter(t, testConfig())
	alice := r.connect()
	q := alice.newQueue(queueOptions{notifier: true})
	for _, role := range []smp.ServiceRole{smp.RoleNotifier, smp.RoleProxy} {
		c := r.connectService(byte(role), role)
		want(t, c.sub(q), "CMD PROHIBITED")
		want(t, c.que(q), "CMD PROHIBITED")
		want(t, c.sendTo(q, ""), "CMD PROHIBITED")
		text, fresh, _ := r.newCommand(smp.CurrentVersion, queueOptions{subscribe: true})
		want(t, c.dual(fresh.key, nil, text), "CMD PROHIBITED")
		want(t, c.que(&testQueue{recipient: q.sender, key: q.key}), "AUTH") // comes first
	}
	messaging := r.connectService(1, smp.RoleMessaging)
	want(t, messaging.nsub(q), "CMD PROHIBITED")
	messaging.send(command{key: q.key, entity: q.recipient, text: smp.AppendQue(nil), by: messaging})
	want(t, messaging.response(messaging.lastCorr()), "SERVICE")
	other := r.connectService(1, smp.RoleMessaging)
	messaging.send(command{key: q.key, entity: q.recipient, text: smp.AppendSub(nil), by: other}) // signed by another session
	want(t, messaging.response(messaging.lastCorr()), "SERVICE")
	want(t, messaging.dual(r.newKey(), q.recipient, smp.AppendSub(nil)), "AUTH")
	wantNothing(t, alice, messaging.client)
}

func TestServiceAndFailingStore(t *testing.T) {
	r := newRouter(t, testConfig())
	alice, bob, service := r.connect(), r.connect(), r.connectService(1, smp.RoleMessaging)
	queues, ids := service.newQueues(2)
	q := alice.newQueue(queueOptions{})
	for _, op := range []string{"commit", "wait", "count"} {
		r.store.setFail(true, op)
		want(t, service.sub(q), "STORE failed")
		text, fresh, _ := r.newCommand(smp.CurrentVersion, queueOptions{subscribe: true})
		want(t, service.dual(fresh.key, nil, text), "STORE failed")
		want(t, alice.del(queues[0]), "STORE failed")
		r.store.setFail(false, op)
		r.sync()
		service.events = slices.DeleteFunc(service.pending(), func(m received) bool { return m.text() == "END" || m.text() == "DELD" })
		wantNothing(t, service.client)
		wantSubs(t, service.subs(), ids...)
		if op == "commit" {
			service.messages()
		}
	}
	r.store.setFail(true, "count")
	m := service.do(service.own, service.id(), smp.AppendSubs(nil, smp.CurrentVersion, smp.ServiceSubs{Hash: make([]byte, 16)}))
	want(t, m, "STORE failed")
	r.store.setFail(false, "count")

	want(t, bob.sendTo(queues[0], "hello"), "OK")
	id := wantMessage(t, queues[0], service.event(), "hello", true)
	r.store.setFail(true, "wait")
	want(t, service.ack(queues[0], id), "STORE failed")
	r.store.setFail(false, "wait")
	r.sync()
	r.sync()
	wantMessage(t, queues[0], service.event(), "hello", true)
	want(t, service.ack(queues[0], id), "OK")
}

func TestServiceWalkIsRepeatedWhenTheStoreFails(t *testing.T) {
	r := newRouter(t, testConfig())
	bob, service := r.connect(), r.connectService(1, smp.RoleMessaging)
	queues, ids := service.newQueues(3)
	service.close()
	for i, q := range queues {
		want(t, bob.sendTo(q, fmt.Sprint(i)), "OK")
	}
	r.restart()
	service = r.connectService(1, smp.RoleMessaging)
	r.store.setFail(true, "waiting")
	wantSubs(t, service.subs(), ids...)
	r.sync()
	wantNothing(t, service.client)
	r.store.setFail(false, "waiting")
	r.store.setFail(true, "load")
	service.eachShard(BatchResume)
	for range ids {
		if m := service.event(); m.text() != "STORE failed" || m.corr != "" || !slices.ContainsFunc(ids, func(id []byte) bool { return string(id) == m.entity }) {
			t.Fatalf("event %s of %x", m.text(), m.entity)
		}
	}
	if all := service.messages(); len(all) != 0 {
		t.Fatal("messages of queues that cannot be read")
	}
	r.store.setFail(false, "load")
	for _, q := range queues {
		wantSOK(t, service.sub(q), service.id())
		want(t, service.event(), "MSG")
	}
}
