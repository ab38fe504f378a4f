package shard

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"
	"unsafe"

	"switchyard/box"
	"switchyard/smp"
)

func TestSizesInMemory(t *testing.T) {
	if n := unsafe.Sizeof(queue{}); n > 240 {
		t.Errorf("idle queue: %d bytes", n)
	}
	if n := unsafe.Sizeof(subscription{}); n > 64 {
		t.Errorf("subscription: %d bytes", n)
	}
}

// TestQueuesOfEachVersion creates a queue at each version and uses it.
// A queue as clients make them, with one short key for each side, is in one piece of memory. Replacing its recipient's keys by
// several needs another one, which a single key gives back.
func TestPlainQueueIsOnePieceOfMemory(t *testing.T) {
	c := newTestCore(t, newFakeStore())
	owner := c.connect()
	for _, alg := range []box.Alg{box.Ed25519, box.X25519} {
		q := c.newQueue(owner, alg)
		want(t, c.do(owner, q.key, q.recipient, smp.AppendKey(nil, spki(c.router.newKeyOf(box.Ed25519)))), "OK")
		if c.cache.byRecipient[smp.ID(q.recipient)].rare != nil {
			t.Errorf("%s: there is a second piece", alg)
		}
	}
	var q queue
	one, two := c.router.newKeyOf(box.Ed25519).Public(), c.router.newKeyOf(box.Ed25519).Public()
	q.setRecipientKeys([]box.PublicKey{one, two})
	if len(q.rare.recipientKeys) != 2 || q.recipientKey.alg != 0 {
		t.Error("not both keys are kept")
	}
	q.setRecipientKeys([]box.PublicKey{two})
	if len(q.rare.recipientKeys) != 0 || q.recipientKey.key() != two {
		t.Error("more than the one key is kept")
	}
}

func TestQueuesOfEachVersion(t *testing.T) {
	r := newRouter(t, testConfig())
	for v := smp.MinVersion; v <= smp.CurrentVersion; v++ {
		for _, mode := range []smp.QueueMode{smp.ModeUnset, smp.ModeMessaging, smp.ModeContact} {
			o := queueOptions{mode: mode, subscribe: mode == smp.ModeMessaging, notifier: v >= smp.VersionNewNtfCreds}
			c := r.connectAt(v)
			text, q, dh := r.newCommand(v, o)
			m := c.do(q.key, nil, text)
			ids := q.created(t, v, &m, dh)
			if v < smp.VersionSndAuthKey {
				mode = smp.ModeUnset
			} else if v < smp.VersionShortLinks && mode == smp.ModeUnset {
				mode = smp.ModeContact
			}
			if ids.Mode != mode || ids.LinkID != nil || ids.ServiceID != nil || ids.HasNtf != o.notifier {
				t.Errorf("version %d: %+v", v, ids)
			}
			stored := r.store.queue(q.recipient).record
			if stored.Mode != modeOf(mode) || (stored.Notifier != nil) != o.notifier {
				t.Errorf("version %d: stored mode %d", v, stored.Mode)
			}
			if !o.subscribe {
				sok := "SOK"
				if v < smp.VersionServiceCerts {
					sok = "OK"
				}
				want(t, c.sub(q), sok)
			}
			want(t, c.sendTo(q, "hello"), "OK")
			wantMessage(t, q, c.event(), "hello", true)
		}
	}
}

func TestQueInfo(t *testing.T) {
	cfg := testConfig()
	cfg.Quota = 1
	r := newRouter(t, cfg)
	alice, bob := r.connect(), r.connect()
	q := alice.newQueue(queueOptions{mode: smp.ModeMessaging, notifier: true})
	info := func(c *client) smp.Info {
		t.Helper()
		m := c.que(q)
		want(t, m, "INFO")
		if !json.Valid(m.params) {
			t.Fatal("no JSON")
		}
		info, _ := smp.ParseInfo(m.params)
		return info
	}
	if got := info(alice); got.Secured || !got.Notifier || got.Sub != nil || got.Size != 0 || got.Msg != nil {
		t.Errorf("new queue: %+v", got)
	}
	q.senderKey = r.newKey()
	want(t, alice.secureKey(q, q.senderKey), "OK")
	want(t, alice.do(q.key, q.recipient, smp.AppendNDel(nil)), "OK")
	want(t, bob.sendTo(q, "1"), "OK")
	want(t, bob.sendTo(q, "2"), "QUOTA")
	want(t, alice.sub(q), "SOK")
	m1 := wantMessage(t, q, alice.event(), "1", true)
	got := info(alice)
	if !got.Secured || got.Notifier || got.Size != 2 || got.Sub.Thread != smp.SubThreadNone ||
		!bytes.Equal(got.Sub.Delivered, m1) || !bytes.Equal(got.Msg.ID, m1) || got.Msg.Type != smp.InfoMessage ||
		!got.Msg.Time.Equal(r.clock.time()) {
		t.Errorf("full queue: %+v %+v %+v", got, got.Sub, got.Msg)
	}
	marker := alice.ack(q, m1).msg(t)
	if got := info(bob); got.Sub != nil || !bytes.Equal(got.Msg.ID, marker.ID) || got.Msg.Type != smp.InfoQuota {
		t.Errorf("marker: %+v %+v", got, got.Msg)
	}
	bob.get(q)
	if got := info(bob); got.Sub.Thread != smp.SubThreadProhibit || !bytes.Equal(got.Sub.Delivered, marker.ID) {
		t.Errorf("after GET: %+v", got.Sub)
	}
}

// TestFact61BlockedQueue has a queue that the operator blocked.
func TestFact61BlockedQueue(t *testing.T) {
	r := newRouter(t, testConfig())
	alice := r.connect()
	q := alice.newQueue(queueOptions{mode: smp.ModeMessaging, notifier: true})
	r.restart()
	stored := r.store.queue(q.recipient)
	stored.record.Status, stored.record.Blocked = StatusBlocked, []byte(`reason=content,notice={"ttl":60}`)
	alice = r.connect()
	for v, text := range map[smp.Version]string{
		19: `BLOCKED reason=content,notice={"ttl":60}`, 17: "BLOCKED reason=content", 11: "AUTH",
	} {
		c := r.connectAt(v)
		want(t, c.secureSKey(q, q.sender, r.newKey()), text)
		want(t, c.sendTo(q, "hello"), text)
		want(t, c.sub(q), text)
		want(t, c.que(q), text)
		want(t, c.sendTo(q, string(make([]byte, 16089))), "LARGE_MSG")
	}
	want(t, alice.do(q.notifierKey, q.notifier, smp.AppendNSub(nil)), "SOK")
	stored.record.Blocked = []byte("reason=unheard of")
	r.restart()
	alice = r.connect()
	want(t, alice.sub(q), "AUTH")
	want(t, alice.do(q.key, q.recipient, smp.AppendNKey(nil, smp.NKeyParams{
		Key: spki(r.newKey()), DHKey: spki(r.newKeyOf(box.X25519)),
	})), "AUTH")
	want(t, alice.off(q), "OK") // from then on it is not blocked, but off
	want(t, alice.sub(q), "SOK")
	want(t, alice.del(q), "OK")
}

// TestDayOfUseIsWrittenLate counts what is written when queues are used on another day.
func TestDayOfUseIsWrittenLate(t *testing.T) {
	cfg := testConfig()
	cfg.Shards, cfg.QueueCache = 1, 2
	r := newRouter(t, cfg)
	alice := r.connect()
	used, sent := alice.newQueue(queueOptions{}), alice.newQueue(queueOptions{})
	day := func(q *testQueue) int64 { return int64(r.store.queue(q.recipient).record.Updated) }
	today := func() int64 { return r.clock.time().Unix() / secondsPerDay }
	if day(used) != today() {
		t.Fatal("new queue is not of today")
	}
	puts := r.store.puts
	r.clock.advance(24 * time.Hour)
	want(t, alice.sub(used), "SOK")
	want(t, alice.que(used), "INFO")
	if r.store.puts != puts {
		t.Error("written for SUB alone")
	}
	want(t, alice.sendTo(sent, "1"), "OK")
	want(t, alice.sendTo(sent, "2"), "OK")
	if r.store.puts != puts+1 || day(sent) != today() {
		t.Errorf("%d writes for two messages", r.store.puts-puts)
	}
	alice.close()
	alice = r.connect()
	for range 4 {
		alice.newQueue(queueOptions{}) // drives the others out of memory
	}
	if day(used) != today() {
		t.Error("not written when the queue left memory")
	}
	r.clock.advance(24 * time.Hour)
	want(t, alice.sub(used), "SOK")
	r.restart()
	if day(used) != today() {
		t.Error("not written at the end")
	}
}

// TestCacheEviction uses more queues than may stay in memory.
func TestCacheEviction(t *testing.T) {
	cfg := testConfig()
	cfg.Shards, cfg.QueueCache = 1, 10
	r := newRouter(t, cfg)
	alice, bob := r.connect(), r.connect()
	subscribed := alice.newQueue(queueOptions{subscribe: true})
	var queues []*testQueue
	for range 30 {
		q := alice.newQueue(queueOptions{notifier: true})
		queues = append(queues, q)
		want(t, bob.sendTo(queues[0], ""), map[bool]string{true: "OK", false: "QUOTA"}[len(queues) <= 4])
	}
	r.sync()
	core := r.set.workers[0].core
	if n := len(core.cache.byRecipient); n > 11 || n != len(core.cache.bySender) || len(core.cache.byNotifier) > 10 {
		t.Fatalf("%d queues in memory, by sender %d, by notifier %d", n, len(core.cache.bySender), len(core.cache.byNotifier))
	}
	if core.cache.parked.Len() != 1 || core.cache.byRecipient[smp.ID(subscribed.recipient)] != nil {
		t.Errorf("%d subscriptions are parked", core.cache.parked.Len())
	}
	if core.cache.byRecipient[smp.ID(queues[0].recipient)] == nil {
		t.Error("queue in use was evicted")
	}
	loads := r.store.loads
	for _, q := range queues { // all work still, read again by any of their IDs
		want(t, bob.do(q.notifierKey, q.notifier, smp.AppendNSub(nil)), "SOK")
	}
	bob.close()
	for _, q := range queues[1:] {
		want(t, alice.sendTo(q, "hello"), "OK")
	}
	for _, q := range queues[1:] {
		wantMessage(t, q, alice.get(q), "hello", false)
	}
	if r.store.loads == loads {
		t.Error("nothing was read")
	}
}

func TestClockKeepsWhatWasUsed(t *testing.T) {
	c := newCache(3)
	var queues []*queue
	for i := range 4 {
		q := &queue{recipientID: smp.ID{byte(i)}, senderID: smp.ID{byte(i), 1}}
		c.add(q)
		queues = append(queues, q)
	}
	for _, q := range queues {
		q.recent = false
	}
	c.find(BySender, queues[0].senderID[:])
	tries := victimTries
	if got := c.victim(&tries); got != queues[1] {
		t.Fatal("not the first that was not used")
	}
	if c.victim(&tries) != nil {
		t.Fatal("evicts below the limit")
	}
	if c.find(ByRecipient, queues[1].recipientID[:]) != nil || c.find(BySender, queues[1].senderID[:]) != nil {
		t.Fatal("evicted queue is found")
	}
	for i, q := range c.unused {
		if int(q.slot) != i {
			t.Fatal("place in the list is wrong")
		}
	}
}
