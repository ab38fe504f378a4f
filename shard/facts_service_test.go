package shard

import (
	"testing"

	"switchyard/smp"
)

func TestFact36ServiceSessionSignsTwice(t *testing.T) {
	r := newRouter(t, testConfig())
	bob, service := r.connect(), r.connectService(1, smp.RoleMessaging)
	text, q, _ := r.newCommand(smp.CurrentVersion, queueOptions{subscribe: true})
	want(t, service.do(q.key, nil, text), "SERVICE")
	for range 3 { // a key of each algorithm
		q := service.newQueue(queueOptions{})
		want(t, bob.sendTo(q, "hello"), "OK")
		want(t, bob.sendTo(q, "hello 2"), "OK")
		first := wantMessage(t, q, service.event(), "hello", true)
		second := wantMessage(t, q, service.ack(q, first), "hello 2", false)
		want(t, service.ack(q, first), "NO_MSG")
		want(t, service.ack(q, second), "OK")
		want(t, service.ack(q, second), "NO_MSG")
	}
	text, q, _ = r.newCommand(smp.CurrentVersion, queueOptions{}) // create only
	want(t, service.dual(q.key, nil, text), "CMD PROHIBITED")
}

func TestFact37SubsDeliversWhatWaits(t *testing.T) {
	r := newRouter(t, testConfig())
	bob, service := r.connect(), r.connectService(1, smp.RoleMessaging)
	q := service.newQueue(queueOptions{})
	service.close()
	want(t, bob.sendTo(q, "hello 3"), "OK")
	service = r.connectService(1, smp.RoleMessaging)
	none := smp.AppendSubs(nil, smp.CurrentVersion, smp.ServiceSubs{Hash: make([]byte, 16)})
	want(t, service.do(service.own, nil, none), "CMD NO_AUTH")
	want(t, service.do(service.own, q.recipient, none), "SERVICE")
	want(t, service.do(r.newKey(), service.id(), none), "SERVICE")
	wantSubs(t, service.subs(), q.recipient)
	all := service.messages()
	if len(all) != 1 || string(q.open(t, all[string(q.recipient)]).Body) != "hello 3" {
		t.Fatalf("%d messages", len(all))
	}
	want(t, service.ack(q, all[string(q.recipient)].ID), "OK")
	want(t, bob.sendTo(q, "hello 4"), "OK")
	want(t, service.ack(q, wantMessage(t, q, service.event(), "hello 4", true)), "OK")
	wantSubs(t, service.subs(), q.recipient) // again: the counters and nothing else
	wantNothing(t, service.client)
}

func TestFact38SubsOnPlainSession(t *testing.T) {
	r := newRouter(t, testConfig())
	service, plain := r.connectService(1, smp.RoleMessaging), r.connect()
	service.newQueue(queueOptions{})
	subs := smp.ServiceSubs{Count: 1, Hash: make([]byte, 16)}
	want(t, plain.do(service.own, service.id(), smp.AppendSubs(nil, smp.CurrentVersion, subs)), "SERVICE")
	want(t, plain.do(service.own, service.id(), smp.AppendNSubs(nil, smp.CurrentVersion, subs)), "SERVICE")
}

func TestFact39QueueMovesToServiceAndBack(t *testing.T) {
	r := newRouter(t, testConfig())
	alice, bob := r.connect(), r.connect()
	q, q2, q3 := alice.newQueue(queueOptions{subscribe: true}), alice.newQueue(queueOptions{}), alice.newQueue(queueOptions{})
	want(t, bob.sendTo(q, "hello 2"), "OK")
	wantMessage(t, q, alice.event(), "hello 2", true)
	service := r.connectService(1, smp.RoleMessaging)
	want(t, service.do(q.key, q.recipient, smp.AppendSub(nil)), "SERVICE")
	wantNothing(t, alice, service.client)
	wantSOK(t, service.sub(q), service.id())
	id := wantMessage(t, q, service.event(), "hello 2", true)
	wantEvent(t, alice.event(), "END", q.recipient)
	want(t, alice.ack(q, id), "NO_MSG")
	wantSOK(t, service.sub(q2), service.id())
	wantSOK(t, service.sub(q3), service.id())
	want(t, service.ack(q, id), "OK")
	service.close()
	want(t, bob.sendTo(q, "hello 3.1"), "OK")
	want(t, bob.sendTo(q2, "hello 3.2"), "OK")

	service = r.connectService(1, smp.RoleMessaging)
	wantSubs(t, service.subs(), q.recipient, q2.recipient, q3.recipient)
	all := service.messages()
	if len(all) != 2 {
		t.Fatalf("%d messages", len(all))
	}
	for _, m := range []struct {
		q    *testQueue
		body string
	}{{q, "hello 3.1"}, {q2, "hello 3.2"}} {
		msg := all[string(m.q.recipient)]
		if got := m.q.open(t, msg); string(got.Body) != m.body {
			t.Fatalf("message %q, want %q", got.Body, m.body)
		}
		want(t, service.ack(m.q, msg.ID), "OK")
	}
	want(t, bob.sendTo(q, "hello 4"), "OK")
	wantMessage(t, q, service.event(), "hello 4", true)

	wantSOK(t, alice.sub(q), nil)
	id = wantMessage(t, q, alice.event(), "hello 4", true)
	wantEvent(t, service.event(), "END", q.recipient)
	want(t, service.ack(q, id), "NO_MSG")
	want(t, alice.ack(q, id), "OK")
	want(t, bob.sendTo(q, "hello 5"), "OK")
	wantMessage(t, q, alice.event(), "hello 5", true)
	wantSubs(t, service.subs(), q2.recipient, q3.recipient)
	wantNothing(t, service.client, alice)
}

func TestFact42ServiceSignatureOnPlainSession(t *testing.T) {
	r := newRouter(t, testConfig())
	alice, ntf, service := r.connect(), r.connect(), r.connectService(1, smp.RoleNotifier)
	q := alice.newQueue(queueOptions{notifier: true})
	ntf.send(command{key: q.notifierKey, entity: q.notifier, text: smp.AppendNSub(nil), by: service})
	want(t, ntf.response(ntf.lastCorr()), "SERVICE")
	wantSOK(t, ntf.nsub(q), nil)
}

func TestFact44NotifierService(t *testing.T) {
	cfg := notifyConfig()
	cfg.Quota = 100
	r := newRouter(t, cfg)
	alice, bob := r.connect(), r.connect()
	q := alice.newQueue(queueOptions{notifier: true})
	one := r.connectService(1, smp.RoleNotifier)
	want(t, one.do(q.notifierKey, q.notifier, smp.AppendNSub(nil)), "SERVICE")
	wantSOK(t, one.nsub(q), one.id())
	wantSOK(t, one.nsub(q), one.id())
	notified := func(c *serviceClient, q *testQueue) {
		t.Helper()
		want(t, bob.do(nil, q.sender, smp.AppendSend(nil, true, []byte("hello"))), "OK")
		wantEvent(t, c.event(), "NMSG", q.notifier)
	}
	notified(one, q)
	two := r.connectService(1, smp.RoleNotifier)
	wantSOK(t, two.nsub(q), two.id())
	one.wantEnds(q.notifier)
	notified(two, q)
	want(t, alice.do(q.key, q.recipient, smp.AppendNDel(nil)), "OK")
	wantEvent(t, two.event(), "DELD", q.notifier)
	alice.nkey(q)
	wantSOK(t, two.nsub(q), two.id())
	q2 := alice.newQueue(queueOptions{notifier: true})
	wantSOK(t, two.nsub(q2), two.id())
	notified(two, q)
	notified(two, q2)
	wantSubs(t, one.subs(), q.notifier, q2.notifier)
	two.wantEnds(q.notifier, q2.notifier)
	notified(one, q)
	notified(one, q2)
	wantNothing(t, one.client, two.client)

	// Down to a plain session, and what comes while nobody is there.
	ntf := r.connect()
	wantSOK(t, ntf.nsub(q2), nil)
	wantEvent(t, one.event(), "END", q2.notifier)
	wantSOK(t, one.nsub(q2), one.id())
	wantEvent(t, ntf.event(), "END", q2.notifier)
	one.close()
	want(t, bob.do(nil, q.sender, smp.AppendSend(nil, true, []byte("hello"))), "OK")
	alice.notifyNow()
	r.sync()
	two = r.connectService(1, smp.RoleNotifier)
	wantSubs(t, two.subs(), q.notifier, q2.notifier)
	wantEvent(t, two.event(), "NMSG", q.notifier)
}

func TestFact45NotifierServiceSurvivesTwoRestarts(t *testing.T) {
	r := newRouter(t, notifyConfig())
	alice := r.connect()
	q := alice.newQueue(queueOptions{notifier: true})
	service := r.connectService(1, smp.RoleNotifier)
	wantSOK(t, service.nsub(q), service.id())
	id := string(service.id())
	for range 2 {
		r.restart()
		alice, service = r.connect(), r.connectService(1, smp.RoleNotifier)
		if string(service.id()) != id {
			t.Fatal("another service ID")
		}
		wantSubs(t, service.subs(), q.notifier)
		wantSOK(t, alice.sub(q), nil)
		want(t, alice.do(nil, q.sender, smp.AppendSend(nil, true, []byte("hello"))), "OK")
		wantEvent(t, service.event(), "NMSG", q.notifier)
	}
}
