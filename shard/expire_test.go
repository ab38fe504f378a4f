package shard

import (
	"testing"
	"time"

	"switchyard/smp"
)

// TestExpiryDeletesOldMessages has the timer's job done: of queues in memory and not, with subscribers and without.
func TestExpiryDeletesOldMessages(t *testing.T) {
	cfg := testConfig()
	cfg.MessageTTL, cfg.QueueCache = time.Hour, 2
	r := newRouter(t, cfg)
	alice, bob := r.connect(), r.connect()
	var queues []*testQueue
	for range 2*expireBatch + 3 {
		q := alice.newQueue(queueOptions{})
		want(t, bob.sendTo(q, "old"), "OK")
		queues = append(queues, q)
	}
	mixed, full := alice.newQueue(queueOptions{}), alice.newQueue(queueOptions{})
	want(t, bob.sendTo(mixed, "old"), "OK")
	for range 5 {
		bob.sendTo(full, "old")
	}
	delivered := alice.newQueue(queueOptions{subscribe: true})
	want(t, bob.sendTo(delivered, "old"), "OK")
	old := wantMessage(t, delivered, alice.event(), "old", true)
	r.clock.advance(30 * time.Minute)
	want(t, bob.sendTo(mixed, "new"), "OK")
	r.set.expire()
	r.syncLanes()
	if n := len(r.store.queue(queues[0].recipient).messages); n != 1 {
		t.Fatal("expired too early")
	}
	r.clock.advance(31 * time.Minute)
	r.set.expire()
	r.syncLanes()
	for _, q := range queues {
		if n := len(r.store.queue(q.recipient).messages); n != 0 {
			t.Fatalf("%d old messages are left", n)
		}
	}
	wantMessage(t, mixed, alice.get(mixed), "new", false)
	if m := alice.get(full).msg(t); !full.open(t, m).Quota {
		t.Error("not the quota marker")
	}
	want(t, bob.sendTo(full, "refused"), "QUOTA") // until the marker is acknowledged

	want(t, bob.sendTo(delivered, "next"), "OK")
	wantNothing(t, alice) // one message waits for its ACK, though it is gone
	next := wantMessage(t, delivered, alice.ack(delivered, old), "next", false)
	want(t, alice.ack(delivered, next), "OK")
}

// TestExpiryGoesByItself waits for the timer.
func TestExpiryGoesByItself(t *testing.T) {
	cfg := testConfig()
	cfg.MessageTTL, cfg.ExpireEvery = time.Hour, time.Millisecond
	r := newRouter(t, cfg)
	alice := r.connect()
	q := alice.newQueue(queueOptions{})
	want(t, alice.sendTo(q, "old"), "OK")
	r.clock.advance(2 * time.Hour)
	for {
		if info, _ := smp.ParseInfo(alice.que(q).params); info.Size == 0 {
			return
		}
	}
}

// TestExpiryAtStart has messages grow too old while the router is down.
func TestExpiryAtStart(t *testing.T) {
	cfg := testConfig()
	cfg.MessageTTL, cfg.ExpireAtStart = time.Hour, true
	r := newRouter(t, cfg)
	alice, bob := r.connect(), r.connect()
	q := alice.newQueue(queueOptions{})
	want(t, bob.sendTo(q, "old"), "OK")
	r.clock.advance(2 * time.Hour)
	r.restart()
	left := func() int {
		r.store.mu.Lock()
		defer r.store.mu.Unlock()
		return len(r.store.state.queues[smp.ID(q.recipient)].messages)
	}
	for left() > 0 {
		r.sync()
	}
}
