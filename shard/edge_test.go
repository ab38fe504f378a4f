package shard

import (
	"bytes"
	"runtime"
	"testing"
	"time"

	"switchyard/shard/partition"
	"switchyard/smp"
)

// TestNew starts a Set as the engine does, with its own randomness and clock.
func TestNew(t *testing.T) {
	s := New(Config{NewQueues: true, MessageTTL: time.Hour}, newFakeStore())
	if n := s.Len(); n != min(runtime.GOMAXPROCS(0), MaxShards) {
		t.Errorf("%d shards", n)
	}
	if s.cfg.Quota != 128 || s.cfg.QueueCache != 50_000 || s.cfg.ExpireEvery != 2*time.Hour || s.cfg.Clock == nil {
		t.Errorf("defaults: %+v", s.cfg)
	}
	var a, b smp.ID
	s.workers[0].core.random(a[:])
	s.workers[0].core.random(b[:])
	if a == b {
		t.Error("randomness repeats")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestDamagedBodyIsAStoreError has a stored message that is cut short.
func TestDamagedBodyIsAStoreError(t *testing.T) {
	r := newRouter(t, testConfig())
	alice, bob := r.connect(), r.connect()
	q := alice.newQueue(queueOptions{})
	want(t, bob.sendTo(q, "hello"), "OK")
	message := &r.store.queue(q.recipient).messages[0]
	body := message.body
	message.body = body[:100]
	want(t, alice.get(q), "STORE damaged")
	message.body = body
	r.clock.advance(spoiledFor * time.Second)
	wantMessage(t, q, alice.get(q), "hello", false)
}

// TestExpiryWaitsForRoom has the expiry meet a ring that is full, and then the end of the set.
func TestExpiryWaitsForRoom(t *testing.T) {
	store := newFakeStore()
	s := &Set{cfg: Config{Shards: 1, MessageTTL: time.Hour}.withDefaults(), store: store, closing: make(chan struct{})}
	s.partitions = partition.New(&[16]byte{}, 1)
	w := newWorker(s.cfg, env{store: store, random: seeded(1), partitions: s.partitions})
	s.workers = []*worker{w}
	for w.ring.Put(NewBatch(BatchResume, NewClient(1))) {
	}
	id := smp.ID{1}
	store.state.queues[id] = &fakeQueue{messages: []fakeMessage{{header: MessageHeader{Time: 1}}}}
	done := make(chan struct{})
	go func() {
		s.expire()
		close(done)
	}()
	var last *Batch
	for ended := false; !ended; {
		select {
		case <-done:
			ended = true
		default:
			if b, ok := w.ring.Get(); ok {
				last = b
			}
			runtime.Gosched()
		}
	}
	for b, ok := w.ring.Get(); ok; b, ok = w.ring.Get() {
		last = b
	}
	if last.Kind != batchExpire || !bytes.Equal(last.Block.Data, id[:]) {
		t.Fatalf("last batch is of kind %d", last.Kind)
	}
	for w.ring.Put(NewBatch(BatchResume, NewClient(1))) {
	}
	close(s.closing)
	s.expire() // returns, as nobody will make room
}
