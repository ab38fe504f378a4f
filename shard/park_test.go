package shard

import (
	"runtime"
	"testing"
	"time"
	"unsafe"

	"switchyard/smp"
)

// parkedRouter has one shard that keeps one queue in memory.
func parkedRouter(t *testing.T) (*router, *cache) {
	cfg := testConfig()
	cfg.Shards, cfg.QueueCache = 1, 1
	r := newRouter(t, cfg)
	return r, &r.set.workers[0].core.cache
}

// crowdOut uses other queues until those before are out of memory.
func (c *client) crowdOut() {
	for range 4 {
		c.newQueue(queueOptions{})
	}
	c.r.sync()
}

// A subscription whose queue has left memory works like any other.
func TestParkedSubscription(t *testing.T) {
	r, cache := parkedRouter(t)
	alice, bob, carol := r.connect(), r.connect(), r.connect()
	q := alice.newQueue(queueOptions{subscribe: true})
	deleted := alice.newQueue(queueOptions{subscribe: true})
	again := alice.newQueue(queueOptions{subscribe: true})
	taken := alice.newQueue(queueOptions{subscribe: true})
	bob.crowdOut()
	if cache.parked.Len() != 4 || alice.shard.Subscriptions.Load() != 4 {
		t.Fatalf("%d parked of %d subscriptions", cache.parked.Len(), alice.shard.Subscriptions.Load())
	}
	want(t, bob.sendTo(q, "hello"), "OK")
	id := wantMessage(t, q, alice.event(), "hello", true)
	bob.crowdOut()
	if cache.byRecipient[smp.ID(q.recipient)] == nil {
		t.Fatal("a queue whose message is not acknowledged has left memory")
	}
	want(t, alice.ack(q, id), "OK")
	want(t, bob.do(deleted.key, deleted.recipient, []byte("DEL")), "OK")
	wantEvent(t, alice.event(), "DELD", deleted.recipient)
	want(t, alice.sub(again), "SOK")
	want(t, carol.sub(taken), "SOK")
	wantEvent(t, alice.event(), "END", taken.recipient)
	if n := alice.shard.Subscriptions.Load(); n != 2 {
		t.Fatalf("%d subscriptions are left", n)
	}
	bob.crowdOut()
	alice.close()
	r.sync()
	if cache.parked.Len() != 1 || alice.shard.Subscriptions.Load() != 0 {
		t.Fatalf("%d parked when one connection is left", cache.parked.Len())
	}
	want(t, bob.sendTo(taken, "still there"), "OK")
	wantMessage(t, taken, carol.event(), "still there", true)
	want(t, bob.sendTo(q, "for nobody"), "OK")
	wantNothing(t, alice, carol)
}

// A queue that is empty, as somebody else has received its message, stays in memory while the one who has it has not
// acknowledged it.
func TestQueueWithoutItsACKIsNotParked(t *testing.T) {
	r, _ := parkedRouter(t)
	alice, bob, carol := r.connect(), r.connect(), r.connect()
	q := alice.newQueue(queueOptions{subscribe: true})
	want(t, bob.sendTo(q, "hello"), "OK")
	id := wantMessage(t, q, alice.event(), "hello", true)
	want(t, carol.ack(q, wantMessage(t, q, carol.get(q), "hello", false)), "OK")
	carol.close()
	bob.crowdOut()
	bob.crowdOut()
	want(t, bob.sendTo(q, "next"), "OK")
	wantNothing(t, alice)
	wantMessage(t, q, alice.ack(q, id), "next", false)
}

// A commit hangs, and behind it a queue is emptied and leaves memory, its subscription is parked. When the commit fails, the
// message comes again.
func TestParkedBehindAFailingCommit(t *testing.T) {
	for name, ack := range map[string]func(r *router, q, other *testQueue, begun <-chan struct{}) (alice *client){
		"its own ACK": func(r *router, q, _ *testQueue, begun <-chan struct{}) *client {
			alice := r.connect()
			want(t, alice.sub(q), "SOK")
			m := wantMessage(t, q, alice.event(), "hello", true)
			alice.send(command{key: q.key, entity: q.recipient, text: smp.AppendAck(nil, m)})
			<-begun // and hangs
			return alice
		},
		"an ACK behind it, to a message that was delivered behind it": func(r *router, q, other *testQueue, begun <-chan struct{}) *client {
			before, alice, bob := r.connect(), r.connect(), r.connect()
			want(t, before.sub(q), "SOK")
			m := wantMessage(t, q, before.event(), "hello", true)
			before.close()
			bob.send(command{entity: other.sender, text: smp.AppendSend(nil, false, []byte("x"))})
			<-begun // and hangs
			alice.send(command{key: q.key, entity: q.recipient, text: smp.AppendSub(nil)})
			r.underWay(1)
			alice.send(command{key: q.key, entity: q.recipient, text: smp.AppendAck(nil, m)})
			r.underWay(2)
			return alice
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, cache := parkedRouter(t)
			bob, carol := r.connect(), r.connect()
			q, other := bob.newQueue(queueOptions{}), bob.newQueue(queueOptions{})
			var crowd []command
			for range 4 {
				o := carol.newQueue(queueOptions{})
				crowd = append(crowd, command{key: o.key, entity: o.recipient, text: smp.AppendQue(nil)})
			}
			want(t, bob.sendTo(q, "hello"), "OK")
			r.store.setFail(true, "wait")
			begun, release := r.store.hold()
			alice := ack(r, q, other, begun)
			behind := len(r.set.workers[0].order)
			for i := range 3 {
				carol.send(crowd...)
				r.underWay(behind + 1 + i)
			}
			parked := make(chan bool, 1)
			r.store.onSought(func() { parked <- cache.parked.Find((*smp.ID)(q.recipient)) != nil })
			carol.send(command{entity: []byte("no link"), text: smp.AppendLGet(nil)}) // is not answered yet
			if !<-parked {
				t.Fatal("the subscription is not parked while the commit is under way")
			}
			release()
			for again := alice.event(); ; again = alice.event() {
				if again.tag == smp.RespMsg {
					want(t, alice.ack(q, wantMessage(t, q, again, "hello", true)), "OK")
					break
				}
				want(t, again, "STORE failed")
				r.store.setFail(false, "wait")
			}
			wantNothing(t, alice)
		})
	}
}

// underWay returns when n drains of the first shard are behind the one whose commit is waited for.
func (r *router) underWay(n int) {
	for len(r.set.workers[0].order) < n {
		runtime.Gosched()
	}
}

// However many queues come at once, no more than the limit stay.
func TestCacheKeepsItsLimitInAStorm(t *testing.T) {
	r := newRouter(t, Config{Shards: 1, QueueCache: 64, NewQueues: true})
	alice := r.connect()
	var queues []*testQueue
	for range 4 * DrainLimit {
		queues = append(queues, alice.newQueue(queueOptions{}))
	}
	r.restart()
	alice = r.connect()
	var subs []command
	for _, q := range queues {
		subs = append(subs, command{key: q.key, entity: q.recipient, text: []byte("SUB")})
	}
	for ; len(subs) > 0; subs = subs[min(len(subs), 100):] {
		alice.send(subs[:min(len(subs), 100)]...)
	}
	for range queues { // what others ask for overtakes them
		want(t, alice.take(), "SOK")
	}
	r.sync()
	cache := &r.set.workers[0].core.cache
	if n := len(cache.byRecipient); n > 64 || cache.parked.Len() != len(queues)-n {
		t.Fatalf("%d queues in memory, %d parked", n, cache.parked.Len())
	}
}

// The subscription of a notifier keeps no queue in memory either, and works like any other when its queue is read again.
func TestParkedNotifier(t *testing.T) {
	cfg := testConfig()
	cfg.Shards, cfg.QueueCache, cfg.NotifyEvery = 1, 2, time.Millisecond
	r := newRouter(t, cfg)
	cache := &r.set.workers[0].core.cache
	alice, ntf, other, bob := r.connect(), r.connect(), r.connect(), r.connect()
	var queues []*testQueue
	for range 5 {
		q := alice.newQueue(queueOptions{notifier: true})
		want(t, ntf.nsub(q), "SOK")
		queues = append(queues, q)
	}
	q, deleted, removed, taken, both := queues[0], queues[1], queues[2], queues[3], queues[4]
	want(t, alice.sub(both), "SOK")
	bob.crowdOut()
	if cache.parkedNotifiers.Len() != 5 || cache.parked.Len() != 1 || ntf.shard.Subscriptions.Load() != 5 {
		t.Fatalf("%d and %d parked of %d", cache.parkedNotifiers.Len(), cache.parked.Len(), ntf.shard.Subscriptions.Load())
	}
	for range 2 {
		want(t, bob.do(nil, q.sender, smp.AppendSend(nil, true, []byte("x"))), "OK")
		wantEvent(t, ntf.event(), "NMSG", q.notifier)
		bob.crowdOut()
	}
	want(t, bob.do(nil, both.sender, smp.AppendSend(nil, true, []byte("hello"))), "OK")
	wantMessage(t, both, alice.event(), "hello", true)
	wantEvent(t, ntf.event(), "NMSG", both.notifier)
	want(t, alice.del(deleted), "OK")
	wantEvent(t, ntf.event(), "DELD", deleted.notifier)
	want(t, alice.do(removed.key, removed.recipient, smp.AppendNDel(nil)), "OK")
	wantEvent(t, ntf.event(), "DELD", removed.notifier)
	want(t, other.nsub(taken), "SOK")
	wantEvent(t, ntf.event(), "END", taken.notifier)
	if n := ntf.shard.Subscriptions.Load(); n != 2 {
		t.Errorf("%d subscriptions are left", n)
	}
	bob.crowdOut()
	ntf.close()
	r.sync()
	if cache.parkedNotifiers.Len() != 1 || ntf.shard.Subscriptions.Load() != 0 {
		t.Errorf("%d parked when one connection is left", cache.parkedNotifiers.Len())
	}
	want(t, bob.do(nil, taken.sender, smp.AppendSend(nil, true, []byte("x"))), "OK")
	wantEvent(t, other.event(), "NMSG", taken.notifier)
	wantNothing(t, ntf)
}

// TestParkedSize: what a parked subscription takes beside its place in the table.
func TestParkedSize(t *testing.T) {
	if size := unsafe.Sizeof(parked{}); size > 48 {
		t.Errorf("one has %d bytes", size)
	}
}
