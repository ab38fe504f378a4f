package shard

import (
	"sync/atomic"
	"testing"

	"switchyard/smp"
)

// GET keeps no queue in memory, and what the connection has of each is known when the queue is read again: SUB is prohibited,
// and what was delivered can be acknowledged.
func TestGetKeepsNoQueueInMemory(t *testing.T) {
	cfg := testConfig()
	cfg.Shards, cfg.QueueCache = 1, 10
	r := newRouter(t, cfg)
	alice, bob := r.connect(), r.connect()
	const n = 100
	var queues []*testQueue
	var delivered [][]byte
	for i := range n {
		q := alice.newQueue(queueOptions{})
		if i%2 == 0 {
			want(t, alice.get(q), "OK")
			delivered = append(delivered, nil)
		} else {
			want(t, bob.sendTo(q, "hello"), "OK")
			delivered = append(delivered, wantMessage(t, q, alice.get(q), "hello", false))
		}
		queues = append(queues, q)
	}
	r.sync()
	core := r.set.workers[0].core
	if in := len(core.cache.byRecipient); in > 2*cfg.QueueCache {
		t.Errorf("%d queues in memory of at most %d", in, cfg.QueueCache)
	}
	if got := alice.shard.Gets.Load(); got != n || alice.shard.Subscriptions.Load() != 0 {
		t.Errorf("%d counted of %d", got, n)
	}
	for i, q := range queues {
		want(t, alice.sub(q), "CMD PROHIBITED")
		if delivered[i] == nil {
			want(t, alice.ack(q, make([]byte, 24)), "NO_MSG")
			continue
		}
		want(t, alice.ack(q, delivered[i]), "OK")
		want(t, alice.ack(q, delivered[i]), "NO_MSG")
		want(t, alice.get(q), "OK")
	}
	alice.close()
	r.sync()
	if alice.shard.state[0].subs != nil {
		t.Error("something is left of a connection that has ended")
	}
}

// GET counts as a subscription for the limit, each queue once, together with those that are subscribed.
func TestGetsCountForTheLimit(t *testing.T) {
	var refused atomic.Int32
	cfg := testConfig()
	cfg.Subscriptions, cfg.Refused = 5, func() { refused.Add(1) }
	r := newRouter(t, cfg)
	alice := r.connect()
	var queues []*testQueue
	for i := range 6 {
		queues = append(queues, alice.newQueue(queueOptions{subscribe: i < 2}))
	}
	for range 2 {
		for _, q := range queues[2:5] {
			want(t, alice.get(q), "OK")
		}
		want(t, alice.get(queues[5]), "STORE limit")
	}
	if n := refused.Load(); n != 2 {
		t.Errorf("%d are counted as refused", n)
	}
	want(t, alice.del(queues[2]), "OK")
	want(t, alice.get(queues[5]), "OK")
	other := r.connect()
	for _, q := range queues[3:] {
		want(t, other.get(q), "OK")
	}
	want(t, other.do(queues[0].key, queues[0].recipient, smp.AppendGet(nil)), "OK")
}

// A GET that finds nothing is behind the message that the one before brought: another connection has acknowledged that.
func TestGetThatFindsNothingEndsTheDelivery(t *testing.T) {
	r := newRouter(t, testConfig())
	getter, other := r.connect(), r.connect()
	q := getter.newQueue(queueOptions{})
	want(t, other.sendTo(q, "hello"), "OK")
	id := wantMessage(t, q, getter.get(q), "hello", false)
	wantMessage(t, q, other.get(q), "hello", false)
	want(t, other.ack(q, id), "OK")
	want(t, getter.get(q), "OK")
	want(t, getter.ack(q, id), "NO_MSG")
}
