package shard

import (
	"testing"

	"switchyard/smp"
)

var blockedAsSpam = smp.ErrBlocked(smp.BlockSpam, smp.Notice{})

// Fact 61, and which commands work on a blocked queue.
func TestBlockedQueue(t *testing.T) {
	r := newRouter(t, testConfig())
	alice, bob := r.connect(), r.connect()
	q := alice.newQueue(queueOptions{mode: smp.ModeMessaging, subscribe: true, notifier: true})
	if _, err := r.set.Block(q.sender, blockedAsSpam); err != nil {
		t.Fatal(err)
	}
	const blocked = "BLOCKED reason=spam"
	wantEvent(t, alice.event(), blocked, q.recipient)
	want(t, bob.sendTo(q, "hello"), blocked)
	want(t, bob.secureSKey(q, q.sender, r.newKey()), blocked)
	for _, text := range []string{"SUB", "GET", "ACK \x00", "LDEL", "NDEL", "QUE"} {
		want(t, alice.do(q.key, q.recipient, []byte(text)), blocked)
	}
	want(t, bob.nsub(q), "SOK")
	r.restart()
	alice, bob = r.connect(), r.connect()
	want(t, bob.sendTo(q, "hello"), blocked)
	if _, err := r.set.Unblock(q.sender); err != nil {
		t.Fatal(err)
	}
	want(t, bob.sendTo(q, "hello"), "OK")
	want(t, alice.sub(q), "SOK")
	wantMessage(t, q, alice.event(), "hello", true)
	if _, err := r.set.Block(q.sender, blockedAsSpam); err != nil {
		t.Fatal(err)
	}
	wantEvent(t, alice.event(), blocked, q.recipient)
	want(t, alice.off(q), "OK")
	want(t, alice.del(q), "OK")
}

// What clients of each version are told.
func TestBlockedByVersion(t *testing.T) {
	r := newRouter(t, testConfig())
	for _, test := range []struct {
		version smp.Version
		want    string
	}{
		{11, "AUTH"}, {12, "BLOCKED reason=content"}, {17, "BLOCKED reason=content"},
		{18, `BLOCKED reason=content,notice={"ttl":60}`}, {19, `BLOCKED reason=content,notice={"ttl":60}`},
	} {
		c := r.connectAt(test.version)
		q := c.newQueue(queueOptions{})
		if _, err := r.set.Block(q.sender, smp.ErrBlocked(smp.BlockContent, smp.Notice{Present: true, HasTTL: true, TTL: 60})); err != nil {
			t.Fatal(err)
		}
		c.send(command{entity: q.sender, text: smp.AppendSend(nil, false, nil)})
		if m := c.take(); string(m.params) != test.want {
			t.Errorf("version %d: %s, want %s", test.version, m.params, test.want)
		}
	}
}

// A queue is found by its link too, and the order hops to its shard.
func TestBlockByLink(t *testing.T) {
	cfg := testConfig()
	cfg.Shards = 4
	r := newRouter(t, cfg)
	c := r.connect()
	for _, link := range []string{"a", "b", "c", "d", "e", "f"} {
		q, _, _ := c.newLinked(smp.ModeContact, []byte(link), link, nil)
		if _, err := r.set.Block([]byte(link), blockedAsSpam); err != nil {
			t.Fatal(err)
		}
		want(t, c.lget([]byte(link)), "BLOCKED reason=spam")
		if _, err := r.set.Unblock(q.sender); err != nil {
			t.Fatal(err)
		}
		wantLink(t, c.lget([]byte(link)), q, []byte(link), "user")
	}
	if _, err := r.set.Block([]byte("no link"), blockedAsSpam); err != ErrNoQueue {
		t.Fatalf("error %v of an ID that names nothing", err)
	}
}

// An order that could not be stored has not been obeyed.
func TestBlockNotStored(t *testing.T) {
	r := newRouter(t, testConfig())
	c := r.connect()
	q := c.newQueue(queueOptions{})
	r.store.setFail(true, "wait")
	if _, err := r.set.Block(q.sender, blockedAsSpam); err == nil {
		t.Fatal("no error")
	}
	r.store.setFail(false, "wait")
	want(t, c.sendTo(q, "hello"), "OK")
}
