package shard

import (
	"testing"
	"testing/synctest"
	"time"

	"switchyard/smp"
)

// TestEndOfEpoch has a store fail that goes on showing what it has not kept, as a store does whose disk has failed. When
// it takes writes again, that is gone, and so it must be from the memory of the shards.
func TestEndOfEpoch(t *testing.T) {
	r := newRouter(t, testConfig())
	alice, bob := r.connect(), r.connect()
	q := alice.newQueue(queueOptions{subscribe: true, mode: smp.ModeMessaging})
	deleted := alice.newQueue(queueOptions{subscribe: true})
	want(t, bob.sendTo(q, "1"), "OK")
	m1 := wantMessage(t, q, alice.event(), "1", true)

	r.store.setFail(true, "freeze")
	want(t, alice.ack(q, m1), "STORE failed")
	want(t, bob.sendTo(q, "2"), "STORE failed")
	want(t, alice.secureKey(q, r.newKey()), "STORE failed")
	want(t, alice.del(deleted), "STORE failed")
	r.sync() // the shards know what the store shows now

	r.store.thaw()
	r.sync()
	again := wantMessage(t, q, alice.event(), "1", true)
	want(t, bob.sendTo(q, "3"), "OK") // not secured
	m3 := wantMessage(t, q, alice.ack(q, again), "3", false)
	want(t, alice.ack(q, m3), "OK")
	want(t, alice.sub(deleted), "SOK")
	want(t, bob.sendTo(deleted, "4"), "OK")
	wantMessage(t, deleted, alice.event(), "4", true)
}

// TestInDoubtNothingIsConfirmed has commands given again that the store has failed, as clients do. It shows that they are done, and
// forgets that in the end.
func TestInDoubtNothingIsConfirmed(t *testing.T) {
	r := newRouter(t, testConfig())
	alice, bob, carol := r.connect(), r.connect(), r.connect()
	q := alice.newQueue(queueOptions{subscribe: true, mode: smp.ModeMessaging, notifier: true})
	contact, off := alice.newQueue(queueOptions{mode: smp.ModeContact}), alice.newQueue(queueOptions{})
	link := smp.LinkParams{LinkID: []byte("a link"), Fixed: []byte("fixed"), User: []byte("user")}
	want(t, alice.do(contact.key, contact.recipient, smp.AppendLSet(nil, link)), "OK")
	want(t, bob.sendTo(q, "1"), "OK")
	m1 := wantMessage(t, q, alice.event(), "1", true)
	wantMessage(t, q, carol.get(q), "1", false)

	r.store.setFail(true, "freeze")
	key := r.newKey()
	for range 2 {
		want(t, alice.secureKey(q, key), "STORE failed")
		want(t, alice.off(off), "STORE failed")
		want(t, alice.do(contact.key, contact.recipient, smp.AppendLDel(nil)), "STORE failed")
		want(t, alice.do(q.key, q.recipient, smp.AppendNDel(nil)), "STORE failed")
		r.sync()
	}
	want(t, alice.ack(q, m1), "STORE failed")
	r.sync()
	want(t, carol.ack(q, m1), "STORE failed")

	r.store.thaw()
	r.sync()
	wantMessage(t, q, alice.event(), "1", true)
	want(t, bob.sendTo(q, "2"), "OK")
	want(t, bob.sendTo(off, "3"), "OK")
	want(t, bob.do(nil, link.LinkID, smp.AppendLGet(nil)), "LNK")
	want(t, carol.do(q.notifierKey, q.notifier, smp.AppendNSub(nil)), "SOK")
}

// An ACK fails, and the store shows that the message is gone, so that the next one is delivered. Then it goes back, and the first
// is there again, in front of the one that the client has. When that is acknowledged, both are gone.
func TestAckEndsWhatIsInFront(t *testing.T) {
	r := newRouter(t, testConfig())
	alice, bob := r.connect(), r.connect()
	q := alice.newQueue(queueOptions{subscribe: true})
	for _, body := range []string{"1", "2", "3"} {
		want(t, bob.sendTo(q, body), "OK")
	}
	m1 := wantMessage(t, q, alice.event(), "1", true)
	r.store.setFail(true, "freeze")
	want(t, alice.ack(q, m1), "STORE failed")
	r.sync()
	m2 := wantMessage(t, q, alice.event(), "2", true)
	r.store.thaw()
	r.sync()
	wantMessage(t, q, alice.ack(q, m2), "3", false)
	want(t, alice.sub(q), "SOK")
	wantMessage(t, q, alice.event(), "3", true)
	r.sync()
	wantNothing(t, alice, bob)
}

// The same with GET, and a store that has lost several ACKs. As long as it cannot be read what is in front, nothing is answered.
func TestAckOfGetEndsWhatIsInFront(t *testing.T) {
	r := newRouter(t, testConfig())
	alice, bob, carol := r.connect(), r.connect(), r.connect()
	q := alice.newQueue(queueOptions{})
	for _, body := range []string{"1", "2", "3", "4"} {
		want(t, bob.sendTo(q, body), "OK")
	}
	kept := r.store.kept()
	m1 := wantMessage(t, q, alice.get(q), "1", false)
	wantMessage(t, q, carol.get(q), "1", false)
	want(t, alice.ack(q, m1), "OK")
	want(t, alice.ack(q, m1), "NO_MSG")
	want(t, alice.ack(q, wantMessage(t, q, alice.get(q), "2", false)), "OK")
	m3 := wantMessage(t, q, alice.get(q), "3", false)
	r.store.goBack(kept)
	r.sync()
	r.store.setFail(true, "header")
	want(t, alice.ack(q, m3), "STORE failed")
	r.store.setFail(false, "header")
	want(t, alice.ack(q, m3), "OK")
	m4 := wantMessage(t, q, alice.get(q), "4", false)
	want(t, carol.ack(q, m1), "OK") // is gone, and takes nothing along
	if n := len(r.store.queue(q.recipient).messages); n != 1 {
		t.Errorf("%d messages are left", n)
	}
	want(t, alice.ack(q, m4), "OK")
	want(t, alice.get(q), "OK")
}

// TestCreatedQueueEndsWithItsEpoch has NEW fail in a way that leaves the queue to be seen.
func TestCreatedQueueEndsWithItsEpoch(t *testing.T) {
	r := newRouter(t, testConfig())
	alice, bob := r.connect(), r.connect()
	r.store.setFail(true, "freeze")
	text, lost, _ := r.newCommand(smp.CurrentVersion, queueOptions{subscribe: true})
	want(t, alice.do(lost.key, nil, text), "STORE failed")
	r.sync()
	r.store.mu.Lock()
	for id, f := range r.store.state.queues {
		lost.recipient, lost.sender = append([]byte(nil), id[:]...), append([]byte(nil), f.record.SenderID[:]...)
	}
	r.store.mu.Unlock()
	want(t, bob.sendTo(lost, "no"), "STORE failed")
	r.store.thaw()
	want(t, bob.sendTo(lost, "no"), "AUTH")
	want(t, alice.sub(lost), "AUTH")
}

func TestFullStoreTakesWhatMakesItSmaller(t *testing.T) {
	r := newRouter(t, testConfig())
	alice, bob := r.connect(), r.connect()
	q := alice.newQueue(queueOptions{subscribe: true})
	other := alice.newQueue(queueOptions{})
	want(t, bob.sendTo(q, "1"), "OK")
	m1 := wantMessage(t, q, alice.event(), "1", true)
	r.store.full.Store(true)
	want(t, bob.sendTo(q, "2"), "STORE full")
	text, key, _ := r.newCommand(smp.CurrentVersion, queueOptions{})
	want(t, alice.do(key.key, nil, text), "STORE full")
	want(t, alice.ack(q, m1), "OK")
	want(t, alice.sub(other), "SOK")
	want(t, alice.del(other), "OK")
	r.store.full.Store(false)
	want(t, bob.sendTo(q, "2"), "OK")
	wantMessage(t, q, alice.event(), "2", true)
}

// A shard sees by itself that the store works again, however long that took: no command comes, and the message whose ACK was
// not stored is delivered again.
func TestEndOfEpochIsSeenWithoutCommands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newFakeStore()
		r := &router{t: t, store: store, backing: store, cfg: testConfig(), random: seeded(1)} // the bubble's clock is its clock
		r.cfg.Shards = 1
		r.arrived = newCond(r)
		r.start()
		defer r.set.Close() // whose error is that of the commit that fails
		alice := r.connect()
		q := alice.newQueue(queueOptions{subscribe: true})
		want(t, r.connect().sendTo(q, "again"), "OK")
		id := wantMessage(t, q, alice.event(), "again", true)
		r.store.setFail(true, "freeze")
		want(t, alice.ack(q, id), "STORE failed")
		<-time.After(100 * resumeDelay)
		r.store.thaw()
		wantMessage(t, q, alice.take(), "again", true)
		if e := r.set.workers[0].core.epoch; e != r.store.Epoch() {
			t.Errorf("the shard is in epoch %d", e)
		}
	})
}
