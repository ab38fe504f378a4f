package shard

import (
	"context"
	"strings"
	"testing"

	"switchyard/smp"
)

// TestProbe: a probe comes back from shards that work, and not from one whose commit hangs or that does not come to its ring.
func TestProbe(t *testing.T) {
	r := newRouter(t, testConfig())
	alice, bob := r.connect(), r.connect()
	q := alice.newQueue(queueOptions{mode: smp.ModeMessaging, subscribe: true})
	if err := r.set.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}

	begun, release := r.store.hold()
	bob.send(command{entity: q.sender, text: smp.AppendSend(nil, false, []byte("hello"))})
	<-begun
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.set.Probe(ctx); err == nil || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("a shard whose commit hangs is said to be well: %v", err)
	}
	release()
	if err := r.set.Probe(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestProbeOfAFullRing: one of a shard that takes nothing is told of, too.
func TestProbeOfAFullRing(t *testing.T) {
	r := newRouter(t, testConfig())
	hold, held := make(chan struct{}), make(chan struct{})
	rested := make(chan struct{})
	go func() {
		defer close(rested)
		r.inShard(0, func(*core) { close(held); <-hold })
	}()
	<-held
	for r.set.workers[0].ring.Put(NewBatch(batchProbe, nil)) {
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.set.Probe(ctx); err == nil || err.Error() != "the ring of shard 0 is full" {
		t.Error(err)
	}
	f := r.set.Figures()[0].Ring
	if f.Len != f.Cap || f.Full == 0 {
		t.Errorf("the ring is full, and looks so: %+v", f)
	}
	close(hold)
	<-rested
	if err := r.set.Probe(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestFiguresOfTheCache: what is in memory, what is not, and how often it was looked for.
func TestFiguresOfTheCache(t *testing.T) {
	r := newRouter(t, testConfig())
	alice, bob := r.connect(), r.connect()
	q := alice.newQueue(queueOptions{mode: smp.ModeMessaging, subscribe: true})
	want(t, bob.sendTo(q, "hello"), "OK")
	sum := func() (s Figures) {
		if err := r.set.Probe(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, f := range r.set.Figures() {
			s.Queues, s.Hits, s.Misses = s.Queues+f.Queues, s.Hits+f.Hits, s.Misses+f.Misses
		}
		return s
	}
	if s := sum(); s.Queues != 1 || s.Hits != 1 || s.Misses != 0 {
		t.Errorf("%+v", s)
	}
	r.restart()
	bob = r.connect()
	want(t, bob.sendTo(q, "hello"), "OK")
	if s := sum(); s.Queues != 1 || s.Hits != 0 || s.Misses != 1 {
		t.Errorf("after a restart %+v", s)
	}
	if n := r.set.QueueCache(); n != 50_000 {
		t.Errorf("%d queues may be in memory", n)
	}
}
