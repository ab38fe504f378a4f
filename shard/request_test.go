package shard

import (
	"testing"

	"switchyard/smp"
)

// The operator deletes a queue, by either of its IDs, whichever shard has it: who is subscribed is told, and it is gone for
// good.
func TestDeleteByOperator(t *testing.T) {
	cfg := testConfig()
	cfg.Shards = 4
	r := newRouter(t, cfg)
	alice, bob, sender := r.connect(), r.connect(), r.connect()
	var gone []*testQueue
	for _, link := range []string{"", "a", "b", "c", "d", "e", "f"} {
		var q *testQueue
		id := []byte(link)
		if link == "" {
			q = alice.newQueue(queueOptions{mode: smp.ModeMessaging, subscribe: true, notifier: true})
			id = q.sender
			want(t, bob.nsub(q), "SOK")
		} else {
			q, _, _ = alice.newLinked(smp.ModeContact, id, link, nil)
			want(t, alice.sub(q), "SOK")
		}
		want(t, sender.sendTo(q, "one"), "OK")
		wantMessage(t, q, alice.event(), "one", true)
		want(t, sender.sendTo(q, "two"), "OK")
		n, err := r.set.Delete(id)
		if err != nil || n != 2 {
			t.Fatalf("link %q: %d messages, %v", link, n, err)
		}
		wantEvent(t, alice.event(), "DELD", q.recipient)
		if link == "" {
			wantEvent(t, bob.event(), "DELD", q.notifier)
		}
		if _, err := r.set.Delete(id); err != ErrNoQueue {
			t.Errorf("link %q: deleted twice: %v", link, err)
		}
		gone = append(gone, q)
	}
	r.restart()
	sender = r.connect()
	for _, q := range gone {
		want(t, sender.sendTo(q, "three"), "AUTH")
		if _, err := r.set.State(q.sender); err != ErrNoQueue {
			t.Error("state of a deleted queue:", err)
		}
	}
}

// What is not stored is not deleted, and the operator is told.
func TestDeleteNotStored(t *testing.T) {
	r := newRouter(t, testConfig())
	c := r.connect()
	q := c.newQueue(queueOptions{})
	want(t, c.sendTo(q, "hello"), "OK")
	r.store.setFail(true, "wait")
	if _, err := r.set.Delete(q.sender); err == nil {
		t.Fatal("no error")
	}
	r.store.setFail(false, "wait")
	want(t, c.sub(q), "SOK")
	wantMessage(t, q, c.event(), "hello", true)
}

// The state of a queue through its life, for which nothing is stored.
func TestStateOfQueue(t *testing.T) {
	r := newRouter(t, testConfig())
	c := r.connect()
	q := c.newQueue(queueOptions{mode: smp.ModeMessaging})
	day := uint16(r.clock.time().Unix() / secondsPerDay)
	state := func(want QueueState) {
		t.Helper()
		want.Mode, want.Day = ModeMessaging, day
		if s, err := r.set.State(q.sender); err != nil || s != want {
			t.Errorf("%+v, %v, want %+v", s, err, want)
		}
	}
	state(QueueState{Status: StatusActive})
	if before, err := r.set.Block(q.sender, blockedAsSpam); err != nil || before.Status != StatusActive {
		t.Error(before, err)
	}
	state(QueueState{Status: StatusBlocked, Blocked: blockedAsSpam})
	r.restart()
	state(QueueState{Status: StatusBlocked, Blocked: blockedAsSpam})
	if before, err := r.set.Unblock(q.sender); err != nil || before.Blocked != blockedAsSpam {
		t.Error(before, err)
	}
	if before, err := r.set.Unblock(q.sender); err != nil || before.Status != StatusActive {
		t.Error(before, err)
	}
	c = r.connect()
	want(t, c.off(q), "OK")
	state(QueueState{Status: StatusOff})
	for _, id := range [][]byte{q.recipient, q.sender[:6], {}} {
		if _, err := r.set.State(id); err != ErrNoQueue {
			t.Errorf("%x: %v", id, err)
		}
	}
}

// A recipient is told once of a reason, and a service on its own connection.
func TestBlockTellsOnce(t *testing.T) {
	r := newRouter(t, testConfig())
	c := r.connect()
	q := c.newQueue(queueOptions{subscribe: true})
	for range 2 {
		if _, err := r.set.Block(q.sender, blockedAsSpam); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.set.Block(q.sender, smp.ErrBlocked(smp.BlockContent, smp.Notice{})); err != nil {
		t.Fatal(err)
	}
	wantEvent(t, c.event(), "BLOCKED reason=spam", q.recipient)
	wantEvent(t, c.event(), "BLOCKED reason=content", q.recipient)
}

// A service is told on its own connection, though none of its queues has a subscription.
func TestBlockTellsService(t *testing.T) {
	r := newRouter(t, testConfig())
	c := r.connectService(1, smp.RoleMessaging)
	q := c.newQueue(queueOptions{subscribe: true})
	if _, err := r.set.Block(q.sender, blockedAsSpam); err != nil {
		t.Fatal(err)
	}
	wantEvent(t, c.event(), "BLOCKED reason=spam", q.recipient)
	if n, err := r.set.Delete(q.sender); err != nil || n != 0 {
		t.Fatal(n, err)
	}
	wantEvent(t, c.event(), "DELD", q.recipient)
}
