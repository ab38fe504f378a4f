package shard

import (
	"testing"

	"switchyard/smp"
)

// TestLinksOfABlockRunInOrder has commands name links that those before them in their block make or take away.
func TestLinksOfABlockRunInOrder(t *testing.T) {
	cfg := testConfig()
	cfg.Shards = 1 // so that no link hops
	r := newRouter(t, cfg)
	c := r.connect()
	contact := c.newQueue(queueOptions{mode: smp.ModeContact})
	other := c.newQueue(queueOptions{mode: smp.ModeContact})
	set := smp.AppendLSet(nil, smp.LinkParams{LinkID: []byte("link"), Fixed: []byte("fixed"), User: []byte("user")})
	lset := command{key: contact.key, entity: contact.recipient, text: set}
	ldel := command{key: contact.key, entity: contact.recipient, text: smp.AppendLDel(nil)}
	lget := command{entity: []byte("link"), text: smp.AppendLGet(nil)}
	c.block(t, "OK LNK OK AUTH OK LNK", lset, lget, ldel, lget, lset, lget)
	c.block(t, "LNK OK AUTH OK LNK", lget, ldel, lget, lset, lget)
	c.block(t, "OK OK", command{key: contact.key, entity: contact.recipient, text: smp.AppendDel(nil)},
		command{key: other.key, entity: other.recipient, text: set})
	wantLink(t, c.lget([]byte("link")), other, []byte("link"), "user")
}

// A link that one block takes from a queue and gives to another leads to that one behind it.
func TestLinkMovesWithinABlock(t *testing.T) {
	cfg := testConfig()
	cfg.Shards = 1
	for _, take := range [][]byte{smp.AppendLDel(nil), smp.AppendDel(nil)} {
		r := newRouter(t, cfg)
		c := r.connect()
		from, to := c.newQueue(queueOptions{mode: smp.ModeContact}), c.newQueue(queueOptions{mode: smp.ModeContact})
		want(t, c.lset(from, []byte("link"), "fixed", "user"), "OK")
		lget := command{entity: []byte("link"), text: smp.AppendLGet(nil)}
		set := smp.AppendLSet(nil, smp.LinkParams{LinkID: []byte("link"), Fixed: []byte("fixed"), User: []byte("moved")})
		c.block(t, "LNK OK AUTH OK LNK", lget, command{key: from.key, entity: from.recipient, text: take}, lget,
			command{key: to.key, entity: to.recipient, text: set}, lget)
		wantLink(t, c.lget([]byte("link")), to, []byte("link"), "moved")
	}
}

// LKEY behind the LDEL of its block does not secure the queue.
func TestLKeyBehindLDel(t *testing.T) {
	r := newRouter(t, testConfig())
	c := r.connect()
	q, ids, _ := c.newLinked(smp.ModeMessaging, nil, "1", nil)
	k, k2 := r.newKey(), r.newKey()
	c.block(t, "OK AUTH",
		command{key: q.key, entity: q.recipient, text: smp.AppendLDel(nil)},
		command{key: k, entity: ids.LinkID, text: smp.AppendLKey(nil, spki(k))})
	want(t, c.secureSKey(q, q.sender, k2), "OK")
}

// A queue whose notifier is replaced while notifications gather keeps each of them once when the router stops.
func TestReplacedNotifierIsKeptOnce(t *testing.T) {
	r := newRouter(t, testConfig())
	c := r.connect()
	q := c.newNotified()
	want(t, c.sendNotify(q, "for the first notifier"), "OK")
	c.nkey(q.testQueue)
	want(t, c.sendNotify(q, "for the second"), "OK")
	r.restart()
	if n := len(r.store.queue(q.recipient).ntfs); n != 1 {
		t.Errorf("%d notifications are stored, want 1", n)
	}
}
