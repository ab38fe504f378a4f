package shard

import (
	"runtime"
	"testing"

	"switchyard/shard/credit"
	"switchyard/smp"
)

// occupy takes places as if for messages that the socket does not take.
func occupy(w *credit.Window, n int) {
	for range n {
		w.Exceed()
	}
}

// vacate is what the loop does when the socket has taken n messages.
func vacate(w *credit.Window, n int) (resume bool) {
	for range n {
		w.Hold()
	}
	return w.Return()
}

// TestDeliveryWindow has a client with 1,000 full queues that does not read: it gets a window of messages and the
// answers to its commands, and the rest as it reads.
func TestDeliveryWindow(t *testing.T) {
	const queues = 1000
	r := newRouter(t, testConfig())
	alice, bob := r.connect(), r.connect()
	all := make(map[string]*testQueue)
	var subs []command
	for range queues {
		q := alice.newQueue(queueOptions{})
		want(t, bob.sendTo(q, "waiting"), "OK")
		all[string(q.recipient)] = q
		subs = append(subs, command{key: q.key, entity: q.recipient, text: smp.AppendSub(nil)})
	}
	for len(subs) > 0 {
		n := min(len(subs), 100)
		alice.send(subs[:n]...)
		subs = subs[n:]
	}
	r.mu.Lock()
	for countAnswers(alice.inbox) < queues { // what others ask for overtakes these batches
		r.arrived.Wait()
	}
	r.mu.Unlock()
	r.sync()
	r.mu.Lock()
	messages := 0
	for _, m := range alice.inbox {
		if m.message {
			messages++
		}
	}
	answers := len(alice.inbox) - messages
	r.mu.Unlock()
	if messages != DeliveryWindow || answers != queues {
		t.Fatalf("%d messages and %d answers before the client reads", messages, answers)
	}
	for range queues {
		for m := alice.take(); ; m = alice.take() {
			if m.tag != smp.RespMsg {
				continue
			}
			q := all[m.entity]
			if q == nil {
				t.Fatal("message for a queue that has had its own")
			}
			delete(all, m.entity)
			if n := alice.shard.Window.Taken(); n > DeliveryWindow {
				t.Fatalf("%d messages on their way", n)
			}
			alice.send(command{key: q.key, entity: q.recipient, text: smp.AppendAck(nil, wantMessage(t, q, m, "waiting", true))})
			break
		}
	}
	for _, m := range alice.pending() {
		if m.tag == smp.RespMsg {
			t.Fatal("a message came twice")
		}
	}
	if n := alice.shard.Window.Taken(); n != 0 {
		t.Errorf("%d messages are said to be on their way", n)
	}
}

// TestFullWindow has messages sent, acknowledged and asked for while a connection has more than enough to read.
func TestFullWindow(t *testing.T) {
	r := newRouter(t, testConfig())
	alice, bob := r.connect(), r.connect()
	q := alice.newQueue(queueOptions{subscribe: true})
	want(t, bob.sendTo(q, "1"), "OK")
	want(t, bob.sendTo(q, "2"), "OK")
	m1 := wantMessage(t, q, alice.event(), "1", true)
	occupy(&alice.shard.Window, DeliveryWindow)
	want(t, alice.ack(q, m1), "OK") // the next message does not come with the response
	wantInfo(t, alice, q, smp.SubThreadPending)
	other := alice.newQueue(queueOptions{subscribe: true})
	want(t, bob.sendTo(other, "sent"), "OK")
	wantInfo(t, alice, other, smp.SubThreadPending)
	wantNothing(t, alice)
	if !vacate(&alice.shard.Window, 2) {
		t.Fatal("nobody waits for room")
	}
	alice.eachShard(BatchResume)
	got := map[string]received{}
	for range 2 {
		m := alice.event()
		got[m.entity] = m
	}
	wantMessage(t, q, got[string(q.recipient)], "2", true)
	wantMessage(t, other, got[string(other.recipient)], "sent", true)
	wantInfo(t, alice, q, smp.SubThreadNone)

	carol := r.connect()
	occupy(&carol.shard.Window, DeliveryWindow)
	wantMessage(t, q, carol.get(q), "2", false) // a response does not wait
}

func wantInfo(t *testing.T, c *client, q *testQueue, thread smp.SubThread) {
	t.Helper()
	m := c.que(q)
	want(t, m, "INFO")
	if info, ok := smp.ParseInfo(m.params); !ok || info.Sub == nil || info.Sub.Thread != thread {
		t.Fatalf("INFO %s, want %s", m.params, thread)
	}
}

// TestReadyQueueLosesItsTurn has a queue on the ready list that has nothing to deliver when its turn comes.
func TestReadyQueueLosesItsTurn(t *testing.T) {
	r := newRouter(t, testConfig())
	alice, bob, carol := r.connect(), r.connect(), r.connect()
	emptied := alice.newQueue(queueOptions{})
	taken := alice.newQueue(queueOptions{})
	deleted := alice.newQueue(queueOptions{})
	occupy(&alice.shard.Window, DeliveryWindow)
	for _, q := range []*testQueue{emptied, taken, deleted} {
		want(t, bob.sendTo(q, "1"), "OK")
		want(t, alice.sub(q), "SOK")
	}
	want(t, carol.ack(emptied, wantMessage(t, emptied, carol.get(emptied), "1", false)), "OK")
	want(t, carol.sub(taken), "SOK")
	want(t, bob.del(deleted), "OK")
	wantMessage(t, taken, carol.event(), "1", true)
	for range 2 {
		if m := alice.event(); m.text() != "END" && m.text() != "DELD" {
			t.Fatal(m.text())
		}
	}
	if !vacate(&alice.shard.Window, DeliveryWindow) {
		t.Fatal("nobody waits for room")
	}
	alice.eachShard(BatchResume)
	wantNothing(t, alice, carol)
	want(t, bob.sendTo(emptied, "2"), "OK")
	wantMessage(t, emptied, alice.event(), "2", true)
}

// TestMessagesTakenBackMakeRoom has a commit fail whose messages fill the window of a connection for which another shard has
// one, too: that shard has to get to know that there is room again.
func TestMessagesTakenBackMakeRoom(t *testing.T) {
	r := newRouter(t, testConfig())
	alice, bob := r.connect(), r.connect()
	waits := alice.queueOn(1)
	want(t, bob.sendTo(waits, "waits"), "OK")
	var full []*testQueue
	for range DeliveryWindow {
		q := alice.queueOn(0)
		want(t, alice.sub(q), "SOK")
		full = append(full, q)
	}
	r.store.setFail(true, "wait")
	begun, release := r.store.hold()
	for _, q := range full {
		bob.send(command{entity: q.sender, text: smp.AppendSend(nil, false, []byte("lost"))})
	}
	<-begun
	for alice.shard.Window.Taken() < DeliveryWindow {
		runtime.Gosched()
	}
	want(t, alice.sub(waits), "SOK") // does not wait for the other shard
	r.syncShard(1)
	release()
	wantMessage(t, waits, alice.event(), "waits", true)
	r.store.setFail(false, "wait")
}

func TestClosedConnectionLeavesNothing(t *testing.T) {
	cfg := testConfig()
	cfg.Shards = 1
	r := newRouter(t, cfg)
	alice, bob := r.connect(), r.connect()
	q := alice.newQueue(queueOptions{subscribe: true, notifier: true})
	want(t, alice.do(q.notifierKey, q.notifier, smp.AppendNSub(nil)), "SOK")
	got := alice.newQueue(queueOptions{})
	want(t, alice.get(got), "OK")
	if n := alice.shard.Subscriptions.Load(); n != 2 {
		t.Errorf("%d subscriptions", n)
	}
	want(t, bob.sendTo(q, "1"), "OK")
	id := wantMessage(t, q, alice.event(), "1", true)
	alice.close()
	want(t, bob.sendTo(q, "2"), "OK")
	want(t, bob.sub(q), "SOK") // the message that was not acknowledged is delivered again
	again := wantMessage(t, q, bob.event(), "1", true)
	if string(again) != string(id) {
		t.Fatal("message has another ID the second time")
	}
	wantNothing(t, alice, bob)
	if n := alice.shard.Subscriptions.Load(); n != 0 || alice.shard.state[0].subs != nil {
		t.Errorf("%d subscriptions are left", n)
	}
}

func countAnswers(all []received) (n int) {
	for _, m := range all {
		if !m.message {
			n++
		}
	}
	return n
}
