package shard

import (
	"bytes"
	"sync"
	"testing"
	"time"

	"switchyard/smp"
)

func TestFact19SendDeliverAck(t *testing.T) {
	r := newRouter(t, testConfig())
	alice, bob := r.connect(), r.connect()
	q := alice.newQueue(queueOptions{subscribe: true})
	want(t, bob.sendTo(q, "hello"), "OK")
	id := wantMessage(t, q, alice.event(), "hello", true)
	want(t, alice.ack(q, id), "OK")
	want(t, alice.ack(q, id), "NO_MSG")
	wantNothing(t, alice, bob)
}

func TestFact23BodyLimit(t *testing.T) {
	r := newRouter(t, testConfig())
	alice := r.connect()
	q := alice.newQueue(queueOptions{subscribe: true})
	for _, v := range []smp.Version{6, 7, 8, 10, 11, 19} {
		bob := r.connectAt(v)
		limit := smp.MaxBody(v)
		body := string(bytes.Repeat([]byte{'x'}, limit))
		want(t, bob.sendTo(q, body+"x"), "LARGE_MSG")
		want(t, bob.sendTo(q, body), "OK")
		want(t, alice.ack(q, wantMessage(t, q, alice.event(), body, true)), "OK")
	}
	want(t, alice.off(q), "OK")
	want(t, r.connect().sendTo(q, string(make([]byte, 16049))), "LARGE_MSG") // before the status is looked at
}

func TestFact27OnlyTheFirstMessageIsPushedAndOffKeepsIt(t *testing.T) {
	r := newRouter(t, testConfig())
	alice, bob := r.connect(), r.connect()
	q := alice.newQueue(queueOptions{subscribe: true})
	want(t, bob.sendTo(q, "one"), "OK")
	want(t, bob.sendTo(q, "two"), "OK")
	id := wantMessage(t, q, alice.event(), "one", true)
	wantNothing(t, alice)
	want(t, alice.off(q), "OK")
	want(t, alice.off(q), "OK")
	want(t, bob.sendTo(q, "three"), "AUTH")
	want(t, bob.do(r.newKey(), q.sender, smp.AppendSend(nil, false, nil)), "AUTH")
	want(t, alice.sub(q), "SOK")
	if again := wantMessage(t, q, alice.event(), "one", true); !bytes.Equal(again, id) {
		t.Fatal("message has another ID the second time")
	}
	next := wantMessage(t, q, alice.ack(q, id), "two", false)
	want(t, alice.ack(q, next), "OK")
}

func TestFact28DeletedQueueIsGone(t *testing.T) {
	r := newRouter(t, testConfig())
	alice, bob := r.connect(), r.connect()
	q := alice.newQueue(queueOptions{subscribe: true, notifier: true})
	want(t, bob.sendTo(q, "one"), "OK")
	alice.event()
	want(t, alice.del(q), "OK")
	gone := func() {
		t.Helper()
		want(t, bob.sendTo(q, "two"), "AUTH")
		want(t, alice.ack(q, nil), "AUTH")
		want(t, alice.off(q), "AUTH")
		want(t, alice.sub(q), "AUTH")
		want(t, alice.del(q), "AUTH")
		want(t, alice.do(q.notifierKey, q.notifier, smp.AppendNSub(nil)), "AUTH")
	}
	gone()
	wantNothing(t, alice, bob)
	r.restart()
	alice, bob = r.connect(), r.connect()
	gone()
	if len(r.store.state.queues)+len(r.store.state.senders)+len(r.store.state.ntfs) != 0 {
		t.Fatal("something of the queue is still stored")
	}
}

func TestFact29EmptyCorrelationIDs(t *testing.T) {
	r := newRouter(t, testConfig())
	alice := r.connect()
	alice.noCorr = true
	for range 50 {
		text, q, dh := r.newCommand(smp.CurrentVersion, queueOptions{})
		alice.send(command{key: q.key, text: text})
		m := alice.take()
		if want(t, m, "IDS"); m.corr != "" {
			t.Fatal("correlation ID of its own")
		}
		q.created(t, smp.CurrentVersion, &m, dh)
		alice.send(command{key: q.key, entity: q.recipient, text: smp.AppendSub(nil)})
		wantEvent(t, alice.take(), "SOK", q.recipient)
	}
}

func TestFact31SubscriptionSwitch(t *testing.T) {
	r := newRouter(t, testConfig())
	one, two, sender := r.connect(), r.connect(), r.connect()
	q := one.newQueue(queueOptions{subscribe: true})
	want(t, sender.sendTo(q, "m1"), "OK")
	want(t, sender.sendTo(q, "m2"), "OK")
	m2 := wantMessage(t, q, one.ack(q, wantMessage(t, q, one.event(), "m1", true)), "m2", false)
	want(t, two.sub(q), "SOK")
	if id := wantMessage(t, q, two.event(), "m2", true); !bytes.Equal(id, m2) {
		t.Fatal("message has another ID on the second connection")
	}
	wantEvent(t, one.event(), "END", q.recipient)
	want(t, one.ack(q, m2), "NO_MSG")
	want(t, two.ack(q, m2), "OK")
	want(t, sender.sendTo(q, "m3"), "OK")
	m3 := wantMessage(t, q, two.event(), "m3", true)
	want(t, one.ack(q, m3), "NO_MSG")
	want(t, one.del(q), "OK")
	wantEvent(t, two.event(), "DELD", q.recipient)
	wantNothing(t, one, two, sender)
	if n := one.shard.Subscriptions.Load() + two.shard.Subscriptions.Load(); n != 0 {
		t.Fatalf("%d subscriptions are left", n)
	}
}

func TestDeletedEventBeforeVersion10IsEnd(t *testing.T) {
	r := newRouter(t, testConfig())
	one, two := r.connectAt(9), r.connect()
	q := one.newQueue(queueOptions{subscribe: true})
	want(t, two.del(q), "OK")
	wantEvent(t, one.event(), "END", q.recipient)
}

func TestFact32Get(t *testing.T) {
	r := newRouter(t, testConfig())
	alice, bob := r.connect(), r.connect()
	q := alice.newQueue(queueOptions{})
	want(t, alice.get(q), "OK")
	want(t, bob.sendTo(q, "hello"), "OK")
	wantNothing(t, alice)
	id := wantMessage(t, q, alice.get(q), "hello", false)
	if again := wantMessage(t, q, alice.get(q), "hello", false); !bytes.Equal(again, id) {
		t.Fatal("message has another ID the second time")
	}
	want(t, alice.ack(q, id), "OK")
	want(t, alice.ack(q, id), "NO_MSG")
	want(t, alice.get(q), "OK")
}

func TestFact33SubAndGetSideBySide(t *testing.T) {
	r := newRouter(t, testConfig())
	c1, c2, sender := r.connect(), r.connect(), r.connect()
	q := c1.newQueue(queueOptions{subscribe: true})
	for _, body := range []string{"1", "2", "3", "4"} {
		want(t, sender.sendTo(q, body), "OK")
	}
	pushed := c1.event()
	got := c2.get(q)
	if !bytes.Equal(pushed.params, got.params) {
		t.Fatal("pushed message and that of GET differ")
	}
	m1 := wantMessage(t, q, pushed, "1", true)
	want(t, c1.get(q), "CMD PROHIBITED")
	want(t, c2.sub(q), "CMD PROHIBITED")
	want(t, c1.ack(q, []byte("1234")), "NO_MSG")
	m2 := wantMessage(t, q, c1.ack(q, m1), "2", false)
	want(t, c2.ack(q, m1), "OK") // c1 has acknowledged it already; nothing is lost
	if id := wantMessage(t, q, c2.get(q), "2", false); !bytes.Equal(id, m2) {
		t.Fatal("message has another ID for GET")
	}
	want(t, c2.ack(q, m2), "OK")                           // although there are more
	m3 := wantMessage(t, q, c1.ack(q, m2), "3", false)     // c2 has removed it already
	m4 := wantMessage(t, q, c1.ack(q, m3), "4", false)     //
	again := wantMessage(t, q, c1.ack(q, nil), "4", false) // an empty ID matches and removes nothing
	if want(t, c1.ack(q, again), "OK"); !bytes.Equal(m4, again) {
		t.Fatal("message has another ID the second time")
	}
	wantNothing(t, c1, c2, sender)
}

func TestFact34Quota(t *testing.T) {
	cfg := testConfig()
	cfg.Quota = 2
	r := newRouter(t, cfg)
	alice, bob := r.connect(), r.connect()
	q := alice.newQueue(queueOptions{subscribe: true})
	for range 2 {
		want(t, bob.sendTo(q, "1"), "OK")
		want(t, bob.sendTo(q, "2"), "OK")
		want(t, bob.sendTo(q, "3"), "QUOTA")
		m2 := wantMessage(t, q, alice.ack(q, wantMessage(t, q, alice.event(), "1", true)), "2", false)
		want(t, bob.sendTo(q, "4"), "QUOTA")
		r.clock.advance(time.Hour) // the marker has the time of the message that it stands for
		marker := alice.ack(q, m2).msg(t)
		if body := q.open(t, marker); !body.Quota || body.Time != r.clock.time().Add(-time.Hour).Unix() {
			t.Fatalf("marker is %+v", body)
		}
		want(t, bob.sendTo(q, "5"), "QUOTA")
		want(t, alice.ack(q, marker.ID), "OK")
		want(t, bob.sendTo(q, "6"), "OK")
		want(t, alice.ack(q, wantMessage(t, q, alice.event(), "6", true)), "OK")
	}
}

func TestFact35ConcurrentSends(t *testing.T) {
	r := newRouter(t, testConfig())
	alice := r.connect()
	q := alice.newQueue(queueOptions{subscribe: true})
	senders := []*client{r.connect(), r.connect()}
	for range 50 {
		var wg sync.WaitGroup
		answers := make([]received, len(senders))
		for i, s := range senders {
			wg.Add(1)
			go func() {
				defer wg.Done()
				answers[i] = s.sendTo(q, "same")
			}()
		}
		first := wantMessage(t, q, alice.event(), "same", true)
		wg.Wait()
		for _, m := range answers {
			want(t, m, "OK")
		}
		second := wantMessage(t, q, alice.ack(q, first), "same", false)
		want(t, alice.ack(q, second), "OK")
	}
	wantNothing(t, alice)
}

func TestFact40MessageComesBeforeTheAnswerToItsSender(t *testing.T) {
	r := newRouter(t, testConfig())
	alice := r.connect()
	q := alice.newQueue(queueOptions{subscribe: true})
	want(t, alice.sendTo(q, "to myself"), "OK")
	if len(alice.events) != 1 {
		t.Fatalf("%d events before the answer", len(alice.events))
	}
	wantMessage(t, q, alice.event(), "to myself", true)
}

func TestFact41MessagesSurviveRestarts(t *testing.T) {
	r := newRouter(t, testConfig())
	alice, bob := r.connect(), r.connect()
	q := alice.newQueue(queueOptions{subscribe: true})
	want(t, bob.sendTo(q, "hello"), "OK")
	want(t, alice.ack(q, wantMessage(t, q, alice.event(), "hello", true)), "OK")
	for _, body := range []string{"2", "3", "4", "5"} {
		want(t, bob.sendTo(q, body), "OK")
	}
	want(t, bob.sendTo(q, "6"), "QUOTA")
	r.restart()
	alice = r.connect()
	want(t, alice.sub(q), "SOK")
	m3 := wantMessage(t, q, alice.ack(q, wantMessage(t, q, alice.event(), "2", true)), "3", false)
	m4 := wantMessage(t, q, alice.ack(q, m3), "4", false)
	r.restart()
	alice, bob = r.connect(), r.connect()
	want(t, alice.sub(q), "SOK")
	again := wantMessage(t, q, alice.event(), "4", true)
	if !bytes.Equal(again, m4) {
		t.Fatal("message has another ID after a restart")
	}
	want(t, bob.sendTo(q, "7"), "QUOTA")
	marker := alice.ack(q, wantMessage(t, q, alice.ack(q, m4), "5", false)).msg(t)
	if !q.open(t, marker).Quota {
		t.Fatal("no quota marker")
	}
	want(t, alice.ack(q, marker.ID), "OK")
	want(t, bob.sendTo(q, "8"), "OK")
	wantMessage(t, q, alice.event(), "8", true)
}

func TestFact46ExpiryOnSend(t *testing.T) {
	for _, onSend := range []bool{true, false} {
		cfg := testConfig()
		cfg.MessageTTL, cfg.ExpireOnSend = time.Second, onSend
		r := newRouter(t, cfg)
		alice, bob := r.connect(), r.connect()
		q := alice.newQueue(queueOptions{})
		want(t, bob.sendTo(q, "old"), "OK")
		want(t, bob.sendTo(q, "old too"), "OK")
		r.clock.advance(3 * time.Second)
		want(t, bob.sendTo(q, "new"), "OK")
		want(t, alice.sub(q), "SOK")
		first := "old"
		if onSend {
			first = "new"
		}
		wantMessage(t, q, alice.event(), first, true)
	}
}
