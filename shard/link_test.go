package shard

import (
	"fmt"
	"testing"

	"switchyard/box"
	"switchyard/smp"
)

// newLinked creates a queue with link data. sender is the sender ID that the client claims, nil the right one.
func (c *client) newLinked(mode smp.QueueMode, linkID []byte, corr string, sender []byte) (*testQueue, smp.IDs, received) {
	c.r.t.Helper()
	return c.askLinked(mode, linkID, corr, sender)()
}

// askLinked asks for such a queue; what it returns waits for it.
func (c *client) askLinked(mode smp.QueueMode, linkID []byte, corr string, sender []byte) func() (*testQueue, smp.IDs, received) {
	c.r.t.Helper()
	q := &testQueue{key: c.r.newKeyOf(box.Ed25519)}
	dh := c.r.newKeyOf(box.X25519)
	if sender == nil {
		id := box.SenderIDFromCorrID([]byte(corr))
		sender = id[:]
	}
	p := smp.NewParams{AuthKey: spki(q.key), DHKey: spki(dh), Mode: mode, HasLink: true, LinkID: linkID, SenderID: sender,
		Fixed: []byte("fixed"), User: []byte("user")}
	c.send(command{key: q.key, text: smp.AppendNew(nil, smp.CurrentVersion, &p), corr: []byte(corr)})
	return func() (*testQueue, smp.IDs, received) {
		m := c.response([]byte(corr))
		if m.tag != smp.RespIDs {
			return nil, smp.IDs{}, m
		}
		return q, q.created(c.r.t, smp.CurrentVersion, &m, dh), m
	}
}

func (c *client) lset(q *testQueue, linkID []byte, fixed, user string) received {
	return c.do(q.key, q.recipient, lsetOf(linkID, fixed, user))
}

func lsetOf(linkID []byte, fixed, user string) []byte {
	return smp.AppendLSet(nil, smp.LinkParams{LinkID: linkID, Fixed: []byte(fixed), User: []byte(user)})
}

func (c *client) lget(linkID []byte) received { return c.do(nil, linkID, smp.AppendLGet(nil)) }

func (c *client) lkey(linkID []byte, k *box.PrivateKey) received {
	return c.do(k, linkID, smp.AppendLKey(nil, spki(k)))
}

// wantLink checks that m is LNK with the queue's sender ID and the data, for the link ID.
func wantLink(t testing.TB, m received, q *testQueue, linkID []byte, user string) {
	t.Helper()
	lnk, ok := smp.ParseLnk(m.params)
	if m.tag != smp.RespLnk || !ok || m.entity != string(linkID) {
		t.Fatalf("got %s of %x, want LNK", m.text(), m.entity)
	}
	if string(lnk.SenderID) != string(q.sender) || string(lnk.Fixed) != "fixed" || string(lnk.User) != user {
		t.Fatalf("LNK %x %q %q", lnk.SenderID, lnk.Fixed, lnk.User)
	}
}

// Facts 47 and 48: the link of a messaging queue.
func TestFact47And48MessagingLink(t *testing.T) {
	r := newRouter(t, testConfig())
	c, other := r.connect(), r.connect()
	_, _, m := c.newLinked(smp.ModeMessaging, nil, "1", make([]byte, 24))
	want(t, m, "CMD PROHIBITED")
	q, ids, _ := c.newLinked(smp.ModeMessaging, nil, "1", nil)
	sender := box.SenderIDFromCorrID([]byte("1"))
	if string(ids.SenderID) != string(sender[:]) || ids.Mode != smp.ModeMessaging || len(ids.LinkID) != 24 {
		t.Fatalf("IDS %+v", ids)
	}
	link := ids.LinkID
	_, _, m = other.newLinked(smp.ModeMessaging, nil, "1", nil)
	want(t, m, "AUTH") // the sender ID is taken: NEW is not idempotent

	want(t, other.lget(link), "AUTH")
	want(t, c.lset(q, link, "fixed", "updated"), "OK")
	k, k2 := r.newKey(), r.newKey()
	want(t, other.do(k2, link, smp.AppendLKey(nil, spki(k))), "AUTH")
	want(t, other.lkey(q.recipient, k), "AUTH")
	wantLink(t, other.lkey(link, k), q, link, "updated")
	want(t, other.lkey(link, k2), "AUTH")
	wantLink(t, other.lkey(link, k), q, link, "updated")
	want(t, c.lset(q, link, "fixed", "again"), "AUTH")
	want(t, c.do(q.key, q.recipient, smp.AppendLDel(nil)), "OK")
	want(t, other.lkey(link, k), "AUTH")
	q.senderKey = k
	want(t, other.sendTo(q, "hello"), "OK")
}

// Fact 49: the link of a contact queue.
func TestFact49ContactLink(t *testing.T) {
	r := newRouter(t, testConfig())
	c, other := r.connect(), r.connect()
	link := []byte("a link ID of any length, chosen by the client")
	q, ids, _ := c.newLinked(smp.ModeContact, link, "some correlation ID", nil)
	if string(ids.LinkID) != string(link) || ids.Mode != smp.ModeContact {
		t.Fatalf("IDS %+v", ids)
	}
	want(t, other.lkey(link, r.newKey()), "AUTH")
	want(t, other.do(q.key, link, smp.AppendLGet(nil)), "CMD HAS_AUTH")
	want(t, other.lget(q.recipient), "AUTH")
	wantLink(t, other.lget(link), q, link, "user")
	wantLink(t, other.lget(link), q, link, "user")
	want(t, c.lset(q, []byte("another"), "fixed", "user"), "AUTH")
	want(t, c.lset(q, link, "changed", "user"), "AUTH")
	want(t, c.lset(q, link, "fixed", "new"), "OK")
	wantLink(t, other.lget(link), q, link, "new")
	_, _, m := other.newLinked(smp.ModeContact, link, "other correlation ID", nil)
	want(t, m, "AUTH") // the link ID is taken
	r.restart()
	c, other = r.connect(), r.connect()
	wantLink(t, other.lget(link), q, link, "new")
	want(t, c.do(q.key, q.recipient, smp.AppendLDel(nil)), "OK")
	want(t, c.do(q.key, q.recipient, smp.AppendLDel(nil)), "OK")
	want(t, other.lget(link), "AUTH")
}

// Links that clients name fall into any partition; their commands find the queue's shard all the same.
func TestLinkOfAnotherShard(t *testing.T) {
	cfg := testConfig()
	cfg.Shards = 4
	r := newRouter(t, cfg)
	c := r.connect()
	queues := make(map[string]*testQueue)
	for i := range 32 {
		link := fmt.Sprintf("link %d", i)
		q, _, m := c.newLinked(smp.ModeContact, []byte(link), fmt.Sprintf("corr %d", i), nil)
		if q == nil {
			t.Fatal(m.text())
		}
		queues[link] = q
	}
	r.restart()
	c = r.connect()
	hops := 0
	for link, q := range queues {
		wantLink(t, c.lget([]byte(link)), q, []byte(link), "user")
		if r.set.partitions.Shard([]byte(link)) != r.set.partitions.Shard(q.recipient) {
			hops++
		}
	}
	if hops == 0 {
		t.Fatal("no link fell into the partition of another shard")
	}
}

// A link set on a queue that was made without one, and gone with its queue.
func TestLinkSetLater(t *testing.T) {
	r := newRouter(t, testConfig())
	c, other := r.connect(), r.connect()
	q, p := c.newQueue(queueOptions{mode: smp.ModeContact}), c.newQueue(queueOptions{mode: smp.ModeContact})
	link := []byte("link")
	want(t, c.lset(q, link, "fixed", "user"), "OK")
	want(t, c.lset(p, link, "fixed", "user"), "AUTH") // leads to q
	want(t, c.lset(p, nil, "fixed", "user"), "AUTH")
	wantLink(t, other.lget(link), q, link, "user")
	want(t, c.del(q), "OK")
	want(t, other.lget(link), "AUTH")
	want(t, c.lset(p, link, "fixed", "user"), "OK")
	wantLink(t, other.lget(link), p, link, "user")
}

// The first message of its secured sender ends the link of a messaging queue.
func TestLinkEndsWithSend(t *testing.T) {
	r := newRouter(t, testConfig())
	c, other := r.connect(), r.connect()
	q, ids, _ := c.newLinked(smp.ModeMessaging, nil, "1", nil)
	want(t, other.sendTo(q, "not secured yet"), "OK")
	k := r.newKey()
	wantLink(t, other.lkey(ids.LinkID, k), q, ids.LinkID, "user")
	q.senderKey = k
	want(t, other.sendTo(q, "secured"), "OK")
	want(t, other.lkey(ids.LinkID, k), "AUTH")
}

// Link data that cannot be read is no missing link.
func TestLinkUnreadable(t *testing.T) {
	r := newRouter(t, testConfig())
	c := r.connect()
	link := []byte("link")
	q, _, _ := c.newLinked(smp.ModeContact, link, "1", nil)
	r.restart()
	c = r.connect()
	r.store.setFail(true, "link")
	want(t, c.lget(link), "STORE failed")
	want(t, c.lset(q, link, "fixed", "new"), "STORE failed")
	r.store.setFail(false, "link")
	wantLink(t, c.lget(link), q, link, "user")
}

// A link whose commit failed is not there, and nothing is answered that says so.
func TestLinkNotStored(t *testing.T) {
	r := newRouter(t, testConfig())
	c := r.connect()
	q := c.newQueue(queueOptions{mode: smp.ModeContact})
	link := []byte("link")
	r.store.setFail(true, "wait")
	want(t, c.lset(q, link, "fixed", "user"), "STORE failed")
	r.store.setFail(false, "wait")
	want(t, c.lget(link), "AUTH")
	want(t, c.lset(q, link, "fixed", "user"), "OK")
	wantLink(t, c.lget(link), q, link, "user")
}

// TestShardsForwardToEachOtherWithFullRings: two shards whose rings are full of commands that belong to the other one
// answer all of them.
func TestShardsForwardToEachOtherWithFullRings(t *testing.T) {
	r := newRouter(t, testConfig())
	c := r.connect()
	links := make(map[int][]byte) // by the shard that gets the commands; the queue is in the other one
	for i := 0; len(links) < 2; i++ {
		id := fmt.Appendf(nil, "link %d", i)
		q, _, _ := c.newLinked(smp.ModeContact, id, fmt.Sprint(i), nil)
		if at := r.set.partitions.Shard(id); at != r.set.partitions.Shard(q.recipient) {
			links[at] = id
		}
	}
	const block = 8
	want := 0
	r.store.mu.Lock() // shards stand still in their next lookup
	for at, id := range links {
		for full := false; !full; {
			p := c.prepare(command{entity: id, text: smp.AppendLGet(nil), corr: []byte("c")})
			for len(p.batch.Commands) < block {
				p.batch.Commands = append(p.batch.Commands, p.batch.Commands[0])
			}
			if full = !r.set.Put(at, p.batch); !full {
				want += block
			}
		}
	}
	r.store.mu.Unlock()
	for range want {
		if m := c.take(); m.tag != smp.RespLnk {
			t.Fatalf("got %s, want LNK", m.text())
		}
	}
}
