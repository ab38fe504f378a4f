package shard

import (
	"testing"

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
	if cache.parked.len != 4 || alice.shard.Subscriptions.Load() != 4 {
		t.Fatalf("%d parked of %d subscriptions", cache.parked.len, alice.shard.Subscriptions.Load())
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
	if cache.parked.len != 1 || alice.shard.Subscriptions.Load() != 0 {
		t.Fatalf("%d parked when one connection is left", cache.parked.len)
	}
	want(t, bob.sendTo(taken, "still there"), "OK")
	wantMessage(t, taken, carol.event(), "still there", true)
	want(t, bob.sendTo(q, "for nobody"), "OK")
	wantNothing(t, alice, carol)
}

// A message whose ACK is lost with a failed commit comes again, though its queue has left memory meanwhile.
func TestParkedWhenTheCommitFails(t *testing.T) {
	r, cache := parkedRouter(t)
	alice, bob := r.connect(), r.connect()
	q := alice.newQueue(queueOptions{subscribe: true})
	want(t, bob.sendTo(q, "hello"), "OK")
	id := wantMessage(t, q, alice.event(), "hello", true)
	r.store.setFail(true, "wait")
	want(t, alice.ack(q, id), "STORE failed")
	bob.crowdOutFailing()
	r.store.setFail(false, "wait")
	bob.newQueue(queueOptions{}) // the next command brings the shard back in line
	wantMessage(t, q, alice.event(), "hello", true)
	if cache.parked.len != 0 {
		t.Fatal("parked with a message that waits for its ACK")
	}
}

// crowdOutFailing is crowdOut while nothing is stored.
func (c *client) crowdOutFailing() {
	for range 4 {
		text, q, _ := c.r.newCommand(smp.CurrentVersion, queueOptions{})
		want(c.r.t, c.do(q.key, nil, text), "STORE failed")
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
	if n := len(cache.byRecipient); n > 64 || cache.parked.len != len(queues)-n {
		t.Fatalf("%d queues in memory, %d parked", n, cache.parked.len)
	}
}
