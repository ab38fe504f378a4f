package shard

import (
	"bytes"
	"testing"

	"switchyard/box"
	"switchyard/smp"
)

// nkey gives NKEY with a new key and takes the answer.
func (c *client) nkey(q *testQueue) (nid smp.NID) {
	c.r.t.Helper()
	q.notifierKey = c.r.newKey()
	m := c.do(q.key, q.recipient, smp.AppendNKey(nil, smp.NKeyParams{
		Key: spki(q.notifierKey), DHKey: spki(c.r.newKeyOf(box.X25519)),
	}))
	want(c.r.t, m, "NID")
	nid, _ = smp.ParseNID(m.params)
	q.notifier = nid.NotifierID
	return nid
}

func (c *client) nsub(q *testQueue) received {
	return c.do(q.notifierKey, q.notifier, smp.AppendNSub(nil))
}

func TestFact42NKeyReplacesTheNotifier(t *testing.T) {
	r := newRouter(t, testConfig())
	alice, ntf := r.connect(), r.connect()
	q := alice.newQueue(queueOptions{})
	first := alice.nkey(q)
	want(t, ntf.nsub(q), "SOK")
	want(t, ntf.nsub(q), "SOK")
	old := *q
	second := alice.nkey(q)
	if bytes.Equal(first.NotifierID, second.NotifierID) || bytes.Equal(first.DHKey, second.DHKey) {
		t.Error("nothing new")
	}
	wantEvent(t, ntf.event(), "DELD", old.notifier)
	want(t, ntf.nsub(&old), "AUTH")
	want(t, ntf.nsub(q), "SOK")
	want(t, ntf.do(r.newKey(), q.notifier, smp.AppendNSub(nil)), "AUTH")
	wantNothing(t, alice, ntf)
	r.restart()
	ntf = r.connect()
	want(t, ntf.nsub(&old), "AUTH")
	want(t, ntf.nsub(q), "SOK")
}

func TestFact43NotifierEvents(t *testing.T) {
	r := newRouter(t, testConfig())
	alice, one, two := r.connect(), r.connect(), r.connect()
	q := alice.newQueue(queueOptions{notifier: true})
	want(t, one.nsub(q), "SOK")
	want(t, two.nsub(q), "SOK")
	wantEvent(t, one.event(), "END", q.notifier)
	want(t, alice.do(q.key, q.recipient, smp.AppendNDel(nil)), "OK")
	wantEvent(t, two.event(), "DELD", q.notifier)
	want(t, alice.do(q.key, q.recipient, smp.AppendNDel(nil)), "OK")
	want(t, two.nsub(q), "AUTH")

	alice.nkey(q)
	want(t, two.nsub(q), "SOK")
	want(t, alice.del(q), "OK")
	wantEvent(t, two.event(), "DELD", q.notifier)
	own := alice.newQueue(queueOptions{notifier: true})
	want(t, alice.nsub(own), "SOK")
	want(t, alice.do(own.key, own.recipient, smp.AppendNDel(nil)), "OK")
	wantNothing(t, alice, one, two) // the connection that deletes is not told
	for _, c := range []*client{alice, one, two} {
		if n := c.shard.Subscriptions.Load(); n != 0 {
			t.Errorf("%d subscriptions are left", n)
		}
	}
}

// TestFailedNotifierChange has commits fail while a notifier is subscribed.
func TestFailedNotifierChange(t *testing.T) {
	for _, failure := range failures {
		r := newRouter(t, testConfig())
		alice, ntf := r.connect(), r.connect()
		q := alice.newQueue(queueOptions{notifier: true})
		want(t, ntf.nsub(q), "SOK")
		r.store.setFail(true, failure)
		want(t, alice.sendTo(q, "lost"), "STORE failed")
		r.sync()
		r.store.setFail(false, failure)
		two := r.connect()
		want(t, two.nsub(q), "SOK")
		wantEvent(t, ntf.event(), "END", q.notifier) // was subscribed all the time
		r.store.setFail(true, failure)
		want(t, alice.do(q.key, q.recipient, smp.AppendNDel(nil)), "STORE failed")
		wantEvent(t, two.event(), "END", q.notifier)
		r.sync()
		r.store.setFail(false, failure)
		want(t, two.nsub(q), "SOK")
	}
}

// When the count of a notifier's service cannot be read, its queue keeps the notifier: NDEL fails as a whole.
func TestNDelAndFailingStore(t *testing.T) {
	r := newRouter(t, testConfig())
	alice, service := r.connect(), r.connectService(1, smp.RoleNotifier)
	q := alice.newQueue(queueOptions{notifier: true})
	wantSOK(t, service.nsub(q), service.id())
	r.store.setFail(true, "count")
	want(t, alice.do(q.key, q.recipient, smp.AppendNDel(nil)), "STORE failed")
	r.store.setFail(false, "count")
	wantSOK(t, service.nsub(q), service.id())
	want(t, alice.do(q.key, q.recipient, smp.AppendNDel(nil)), "OK")
	wantEvent(t, service.event(), "DELD", q.notifier)
	wantSubs(t, service.subs())
}

// The store keeps the ID of a notifier as long as the queue has it.
func TestReplacedNotifierLeavesTheStore(t *testing.T) {
	r := newRouter(t, testConfig())
	alice := r.connect()
	q := alice.newQueue(queueOptions{notifier: true})
	ids := func() int {
		r.store.mu.Lock()
		defer r.store.mu.Unlock()
		return len(r.store.state.ntfs)
	}
	if alice.nkey(q); ids() != 1 {
		t.Errorf("%d IDs of one notifier", ids())
	}
	if want(t, alice.do(q.key, q.recipient, smp.AppendNDel(nil)), "OK"); ids() != 0 {
		t.Errorf("%d IDs of none", ids())
	}
}
