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

// TestExpiryOutlivesWrongClocks has the system's clock set while messages wait: a clock that is ahead for a while deletes
// nothing, neither by the timer nor by a SEND, and one that is set back only delays.
func TestExpiryOutlivesWrongClocks(t *testing.T) {
	cfg := testConfig()
	cfg.MessageTTL, cfg.NotifyTTL, cfg.ExpireOnSend = time.Hour, time.Hour, true
	r := newRouter(t, cfg)
	alice, bob := r.connect(), r.connect()
	q := alice.newQueue(queueOptions{})
	left := func() int { return len(r.store.queue(q.recipient).messages) }
	want(t, bob.sendTo(q, "first"), "OK")
	r.set.expire()
	r.clock.set(365 * 24 * time.Hour)
	want(t, bob.sendTo(q, "second"), "OK")
	r.set.expire()
	r.syncLanes()
	if n := left(); n != 2 {
		t.Errorf("a clock that is ahead leaves %d messages of 2", n)
	}
	r.clock.set(-365 * 24 * time.Hour)
	r.clock.advance(10 * time.Minute)
	r.clock.set(-24 * time.Hour)
	want(t, bob.sendTo(q, "third"), "OK")
	r.set.expire()
	r.syncLanes()
	if n := left(); n != 3 {
		t.Errorf("a clock that is set back leaves %d messages of 3", n)
	}
}

// TestExpiryFollowsTheClock: a clock that was set forward for good counts after a day.
func TestExpiryFollowsTheClock(t *testing.T) {
	cfg := testConfig()
	cfg.MessageTTL = 7 * 24 * time.Hour
	r := newRouter(t, cfg)
	alice, bob := r.connect(), r.connect()
	q := alice.newQueue(queueOptions{})
	want(t, bob.sendTo(q, "old"), "OK")
	r.clock.set(8 * 24 * time.Hour)
	for _, step := range []struct {
		passes time.Duration
		left   int
	}{{0, 1}, {23 * time.Hour, 1}, {time.Hour, 0}} {
		r.clock.advance(step.passes)
		r.set.expire()
		r.syncLanes()
		if n := len(r.store.queue(q.recipient).messages); n != step.left {
			t.Errorf("after %v more %d messages are left, want %d", step.passes, n, step.left)
		}
	}
}

// TestPositionsGrowWhenTheClockIsSetBack: a queue that was empty and left memory goes on behind the positions it has used.
func TestPositionsGrowWhenTheClockIsSetBack(t *testing.T) {
	cfg := testConfig()
	cfg.Shards, cfg.QueueCache = 1, 1
	r := newRouter(t, cfg)
	alice := r.connect()
	q := alice.newQueue(queueOptions{})
	position := func() uint64 {
		want(t, alice.sendTo(q, "x"), "OK")
		seq := r.store.queue(q.recipient).messages[0].header.Seq
		reader := r.connect()
		m := wantMessage(t, q, reader.get(q), "x", false)
		want(t, reader.ack(q, m), "OK")
		reader.close()
		for range 5 { // others take its place
			alice.newQueue(queueOptions{})
		}
		r.sync()
		if r.set.workers[0].core.cache.byRecipient[smp.ID(q.recipient)] != nil {
			t.Fatal("the queue is in memory still")
		}
		return seq
	}
	first := position()
	r.clock.set(-time.Hour)
	r.clock.advance(time.Second)
	if second := position(); second <= first {
		t.Errorf("position %d after %d", second, first)
	}
}
