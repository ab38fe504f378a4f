package shard

import (
	"bytes"
	"runtime"
	"testing"

	"switchyard/smp"
)

func TestRepliesWaitForTheirCommitInOrder(t *testing.T) {
	cfg := testConfig()
	cfg.Shards, cfg.Quota = 1, 100
	r := newRouter(t, cfg)
	alice, bob := r.connect(), r.connect()
	q := alice.newQueue(queueOptions{subscribe: true})
	begun, release := r.store.hold()
	for i := range 3 * inFlight {
		bob.send(command{entity: q.sender, text: smp.AppendSend(nil, false, []byte{byte(i)})})
		if i == 0 {
			<-begun // the first commit is under way alone
		}
	}
	alice.send(command{key: q.key, entity: q.recipient, text: smp.AppendQue(nil)}) // writes nothing, and yet waits
	r.mu.Lock()
	if len(alice.inbox)+len(bob.inbox) > 0 {
		t.Error("replied before the commit")
	}
	r.mu.Unlock()
	release()
	for i := range 3 * inFlight {
		if m := bob.take(); m.text() != "OK" || m.corr[23] != byte(i+1) {
			t.Fatalf("answer %d is %s to %x", i, m.text(), m.corr)
		}
	}
	wantMessage(t, q, alice.take(), "\x00", true)
	want(t, alice.take(), "INFO")
	if r.store.most > inFlight {
		t.Errorf("%d commits were under way at once", r.store.most)
	}
}

// failures are the ways in which a commit can fail: at once, or when it is waited for.
var failures = []string{"commit", "wait"}

func TestFailedCommitAcknowledgesNothing(t *testing.T) {
	for _, failure := range failures {
		r := newRouter(t, testConfig())
		alice, bob := r.connect(), r.connect()
		q := alice.newQueue(queueOptions{subscribe: true, mode: smp.ModeMessaging})
		other := alice.newQueue(queueOptions{})
		r.store.setFail(true, failure)
		k := r.newKey()
		want(t, bob.sendTo(q, "lost"), "STORE failed")
		want(t, alice.secureKey(q, k), "STORE failed")
		want(t, alice.off(q), "STORE failed")
		want(t, alice.del(other), "STORE failed")
		text, lost, _ := r.newCommand(smp.CurrentVersion, queueOptions{subscribe: true})
		want(t, alice.do(lost.key, nil, text), "STORE failed")
		wantNothing(t, alice, bob)
		r.store.setFail(false, failure)

		want(t, bob.sendTo(q, "kept"), "OK") // neither secured nor off
		want(t, alice.ack(q, wantMessage(t, q, alice.event(), "kept", true)), "OK")
		want(t, alice.sub(other), "SOK")
		if n := alice.shard.Subscriptions.Load(); n != 2 {
			t.Errorf("%s: %d subscriptions", failure, n)
		}
		if n := alice.shard.Window.Taken(); n != 0 {
			t.Errorf("%s: %d messages are said to be on their way", failure, n)
		}
	}
}

// TestFailedCommitFailsWhatWasBuiltOnIt has drains that write nothing follow one whose commit then fails: what they say
// is based on what is lost.
func TestFailedCommitFailsWhatWasBuiltOnIt(t *testing.T) {
	cfg := testConfig()
	cfg.Shards = 1
	r := newRouter(t, cfg)
	alice, bob, carol := r.connect(), r.connect(), r.connect()
	q := alice.newQueue(queueOptions{mode: smp.ModeMessaging})
	k := r.newKey()
	r.store.setFail(true, "wait")
	begun, release := r.store.hold()
	bob.send(command{key: k, entity: q.sender, text: smp.AppendSKey(nil, spki(k))})
	<-begun
	carol.send(command{key: k, entity: q.sender, text: smp.AppendSKey(nil, spki(k))}) // set already: nothing to write
	for len(r.set.workers[0].order) < 1 {                                             // applied
		runtime.Gosched()
	}
	alice.send(command{key: q.key, entity: q.recipient, text: smp.AppendQue(nil)})
	for len(r.set.workers[0].order) < 2 {
		runtime.Gosched()
	}
	release()
	for _, c := range []*client{bob, carol, alice} {
		want(t, c.take(), "STORE failed")
	}
	r.store.setFail(false, "wait")
	want(t, bob.sendTo(q, "not secured"), "OK")
}

func TestFailedAckDeliversAgain(t *testing.T) {
	for _, failure := range failures {
		r := newRouter(t, testConfig())
		alice, bob := r.connect(), r.connect()
		q := alice.newQueue(queueOptions{subscribe: true})
		want(t, bob.sendTo(q, "1"), "OK")
		want(t, bob.sendTo(q, "2"), "OK")
		m1 := wantMessage(t, q, alice.event(), "1", true)
		r.store.setFail(true, failure)
		want(t, alice.ack(q, m1), "STORE failed")
		r.sync()
		r.store.setFail(false, failure)
		again := wantMessage(t, q, alice.event(), "1", true)
		if !bytes.Equal(again, m1) {
			t.Fatal("message has another ID the second time")
		}
		want(t, alice.ack(q, wantMessage(t, q, alice.ack(q, again), "2", false)), "OK")
		wantNothing(t, alice, bob)
	}
}

// A message that GET has received, and that is taken back, is not one that waits for its ACK.
func TestFailedGetHasReceivedNothing(t *testing.T) {
	cfg := testConfig()
	cfg.Shards = 1
	r := newRouter(t, cfg)
	alice, bob := r.connect(), r.connect()
	q, other := alice.newQueue(queueOptions{}), alice.newQueue(queueOptions{})
	want(t, bob.sendTo(q, "hello"), "OK")
	r.store.setFail(true, "wait")
	begun, release := r.store.hold()
	bob.send(command{entity: other.sender, text: smp.AppendSend(nil, false, []byte("x"))})
	<-begun
	alice.send(command{key: q.key, entity: q.recipient, text: smp.AppendGet(nil)})
	r.underWay(1)
	release()
	want(t, alice.take(), "STORE failed")
	r.store.setFail(false, "wait")
	m := alice.que(q)
	if info, ok := smp.ParseInfo(m.params); !ok || info.Sub == nil || info.Sub.Delivered != nil {
		t.Errorf("%s %s", m.text(), m.params)
	}
	if n := alice.shard.Window.Taken(); n != 0 {
		t.Errorf("%d messages are said to be on their way", n)
	}
	wantMessage(t, q, alice.get(q), "hello", false)
}

// TestOrderBehindAFailedCommit has an operator's order that writes nothing follow a commit that then fails.
func TestOrderBehindAFailedCommit(t *testing.T) {
	cfg := testConfig()
	cfg.Shards = 1
	r := newRouter(t, cfg)
	alice, bob := r.connect(), r.connect()
	q := alice.newQueue(queueOptions{})
	r.store.setFail(true, "wait")
	begun, release := r.store.hold()
	bob.send(command{entity: q.sender, text: smp.AppendSend(nil, false, []byte("x"))})
	<-begun
	done := make(chan error)
	go func() {
		_, err := r.set.Unblock(q.sender)
		done <- err
	}()
	r.underWay(1)
	release()
	if err := <-done; err != errLost {
		t.Errorf("the operator is told %v", err)
	}
	r.store.setFail(false, "wait")
}

// TestRecoveryEnds: a failure begins one new generation of drains.
func TestRecoveryEnds(t *testing.T) {
	cfg := testConfig()
	cfg.Shards = 1
	r := newRouter(t, cfg)
	alice, bob := r.connect(), r.connect()
	q := alice.newQueue(queueOptions{})
	generation := func() (n uint64) {
		r.inShard(0, func(*core) { n = r.set.workers[0].generation })
		return n
	}
	before := generation()
	r.store.setFail(true, "commit")
	want(t, bob.sendTo(q, "lost"), "STORE failed")
	r.store.setFail(false, "commit")
	after := generation()
	if after == before || generation() != after {
		t.Errorf("generation %d, then %d, then another", before, after)
	}
}

func TestFailedDeletionEndsOtherSubscriptions(t *testing.T) {
	for _, failure := range failures {
		r := newRouter(t, testConfig())
		alice, bob, carol := r.connect(), r.connect(), r.connect()
		q := alice.newQueue(queueOptions{subscribe: true})
		r.store.setFail(true, failure)
		want(t, bob.del(q), "STORE failed")
		wantEvent(t, alice.event(), "END", q.recipient) // not DELD: the queue is still there
		r.store.setFail(false, failure)
		want(t, carol.sendTo(q, "hello"), "OK")
		want(t, alice.sub(q), "SOK")
		wantMessage(t, q, alice.event(), "hello", true)
	}
}

func TestFailedReads(t *testing.T) {
	cfg := testConfig()
	cfg.QueueCache, cfg.Shards = 1, 1
	r := newRouter(t, cfg)
	alice, bob := r.connect(), r.connect()
	q := alice.newQueue(queueOptions{})
	want(t, bob.sendTo(q, "1"), "OK")
	want(t, bob.sendTo(q, "2"), "OK")
	alice.newQueue(queueOptions{}) // q leaves memory
	alice.newQueue(queueOptions{})

	r.store.setFail(true, "load")
	want(t, alice.sub(q), "STORE failed")
	want(t, bob.sendTo(q, "3"), "STORE failed")
	r.store.setFail(false, "load")

	r.store.setFail(true, "body", "header")
	want(t, alice.get(q), "STORE failed")
	r.store.setFail(false, "body", "header")
	m1 := wantMessage(t, q, alice.get(q), "1", false)
	want(t, alice.ack(q, m1), "OK")
	r.store.setFail(true, "header")
	want(t, alice.que(q), "STORE failed")
	r.store.setFail(false, "header")
	want(t, alice.que(q), "INFO")
}

// TestFailedReadIsTriedAgain has a message that cannot be read when it should be delivered.
func TestFailedReadIsTriedAgain(t *testing.T) {
	r := newRouter(t, testConfig())
	alice, bob := r.connect(), r.connect()
	q := alice.newQueue(queueOptions{subscribe: true})
	want(t, bob.sendTo(q, "1"), "OK")
	want(t, bob.sendTo(q, "2"), "OK")
	m1 := wantMessage(t, q, alice.event(), "1", true)
	r.store.setFail(true, "body")
	want(t, alice.ack(q, m1), "OK") // the next message comes later
	want(t, alice.sub(q), "SOK")
	wantNothing(t, alice)
	r.store.setFail(false, "body")
	wantMessage(t, q, alice.event(), "2", true)
}

func TestDamagedRecordIsAStoreError(t *testing.T) {
	r := newRouter(t, testConfig())
	alice := r.connect()
	q := alice.newQueue(queueOptions{})
	r.restart()
	alice = r.connect()
	r.store.queue(q.recipient).record.RecipientKeys = nil
	want(t, alice.sub(q), "STORE damaged")
	r.store.queue(q.recipient).record.RecipientKeys = [][]byte{{1, 2, 3}}
	want(t, alice.sub(q), "STORE damaged")
	r.store.queue(q.recipient).record.RecipientKeys = [][]byte{spki(q.key)}
	want(t, alice.sub(q), "SOK")
}

func TestCloseReportsAFailedCommit(t *testing.T) {
	r := newRouter(t, testConfig())
	alice := r.connect()
	q := alice.newQueue(queueOptions{})
	r.clock.advance(48 * 3600e9)
	want(t, alice.sub(q), "SOK") // the new day is stored at the end
	r.store.setFail(true, "commit")
	if err := r.set.Close(); err == nil {
		t.Error("no error")
	}
	r.set = nil
}

// TestCloseIsSilentOfAnEpochThatHasEnded closes shards that were refused a commit, after the store works again.
func TestCloseIsSilentOfAnEpochThatHasEnded(t *testing.T) {
	r := newRouter(t, testConfig())
	alice := r.connect()
	q := alice.newQueue(queueOptions{})
	r.store.setFail(true, "freeze")
	want(t, alice.secureKey(q, r.newKey()), "STORE failed")
	r.store.thaw()
	if err := r.set.Close(); err != nil {
		t.Error(err)
	}
	r.set = nil
}

// After a failed commit the store may show what it has not kept, until one is stored: before that a link ID is not said to
// be taken, from then on it is.
func TestDoubtEndsWithTheNextCommit(t *testing.T) {
	for _, failure := range failures {
		cfg := testConfig()
		cfg.Shards = 1
		r := newRouter(t, cfg)
		c := r.connect()
		q, other := c.newQueue(queueOptions{mode: smp.ModeContact}), c.newQueue(queueOptions{mode: smp.ModeContact})
		link := []byte("link")
		want(t, c.lset(q, link, "fixed", "user"), "OK")
		r.store.setFail(true, failure)
		want(t, c.sendTo(q, "lost"), "STORE failed")
		r.store.setFail(false, failure)
		want(t, c.lset(other, link, "fixed", "user"), "STORE failed")
		want(t, c.sendTo(q, "kept"), "OK")
		want(t, c.lset(other, link, "fixed", "user"), "AUTH")
	}
}
