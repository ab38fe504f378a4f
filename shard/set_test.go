package shard

import (
	"log/slog"
	"runtime"
	"testing"
	"time"

	"switchyard/smp"
)

// What the operator leaves out is what the comments of Config say; what is given stays, within what there can be.
func TestDefaults(t *testing.T) {
	cfg := Config{}.withDefaults()
	if cfg.Shards != min(runtime.GOMAXPROCS(0), MaxShards) || cfg.Quota != 128 || cfg.QueueCache != 50_000 {
		t.Errorf("%d shards, quota %d, %d queues in memory", cfg.Shards, cfg.Quota, cfg.QueueCache)
	}
	if cfg.ExpireEvery != 2*time.Hour || cfg.NotifyEvery != 1500*time.Millisecond || cfg.NotifyTTL != 24*time.Hour {
		t.Errorf("intervals of %v and %v, notifications for %v", cfg.ExpireEvery, cfg.NotifyEvery, cfg.NotifyTTL)
	}
	if cfg.MessageTTL != 0 || cfg.Subscriptions != 0 {
		t.Errorf("messages for %v, %d subscriptions, where nothing limits them", cfg.MessageTTL, cfg.Subscriptions)
	}
	if now := cfg.Clock(); time.Since(now) > time.Hour {
		t.Errorf("the clock says %v", now)
	}
	cfg.Refused()
	cfg.Log.Error("to nobody")

	now, refused, log := time.Unix(1, 0), 0, slog.New(slog.DiscardHandler)
	given := Config{
		Shards: MaxShards + 1, Quota: 1, QueueCache: 2, ExpireEvery: 3, NotifyEvery: 4, NotifyTTL: 5,
		Clock: func() time.Time { return now }, Refused: func() { refused++ }, Log: log,
	}.withDefaults()
	given.Refused()
	if given.Shards != MaxShards || given.Quota != 1 || given.QueueCache != 2 {
		t.Errorf("%d shards, quota %d, %d queues in memory", given.Shards, given.Quota, given.QueueCache)
	}
	if given.ExpireEvery != 3 || given.NotifyEvery != 4 || given.NotifyTTL != 5 {
		t.Errorf("intervals of %v and %v, notifications for %v", given.ExpireEvery, given.NotifyEvery, given.NotifyTTL)
	}
	if given.Clock() != now || refused != 1 || given.Log != log {
		t.Error("the clock, the log or who is told of refusals is another one")
	}
}

// Of an operator's order that comes when the shards stop the error says so: it is not carried out.
func TestOrderWhenShardsStop(t *testing.T) {
	r := newRouter(t, testConfig())
	q := r.connect().newQueue(queueOptions{})
	if _, err := r.set.Unblock(q.sender); err != nil {
		t.Fatal(err)
	}
	set := r.set
	r.set = nil // is closed here
	if err := set.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := set.Unblock(q.sender); err == nil {
		t.Error("an order is said to be carried out by shards that have stopped")
	}
}

// Shards that stop answer what is still to come from others: here the one of a link's queue has nothing to do any more, when the
// one to which LGET came is still looking for the link.
func TestStopAnswersWhatIsUnderWayBetweenShards(t *testing.T) {
	r := newRouter(t, testConfig())
	c, reader := r.connect(), r.connect()
	q, link := c.foreignLink(t)
	set, closed := r.set, make(chan error, 1)
	r.store.onSought(func() {
		go func() { closed <- set.Close() }()
		<-set.workers[0].rested
		for range 50_000 { // in which it would end
			runtime.Gosched()
		}
	})
	reader.send(command{entity: link, text: smp.AppendLGet(nil)})
	r.set = nil // is closed here
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	answered := len(reader.inbox) > 0
	r.mu.Unlock()
	if !answered {
		t.Fatal("LGET has no answer")
	}
	wantLink(t, reader.take(), q, link, "user")
}
