package shard

import (
	"fmt"
	"testing"
	"time"

	"switchyard/box"
	"switchyard/smp"
)

// notified is a queue with notification credentials and what the notifier needs to read NMSG.
type notified struct {
	*testQueue
	ntfSecret [32]byte
}

func (c *client) newNotified() *notified {
	c.r.t.Helper()
	q := &notified{testQueue: c.newQueue(queueOptions{})}
	dh := c.r.newKeyOf(box.X25519)
	q.notifierKey = c.r.newKey()
	m := c.do(q.key, q.recipient, smp.AppendNKey(nil, smp.NKeyParams{Key: spki(q.notifierKey), DHKey: spki(dh)}))
	want(c.r.t, m, "NID")
	nid, _ := smp.ParseNID(m.params)
	q.notifier = nid.NotifierID
	theirs, err := box.ParseX25519(nid.DHKey)
	if err != nil {
		c.r.t.Fatal(err)
	}
	ours, _ := dh.X25519()
	if err := box.DH(&q.ntfSecret, ours, &theirs); err != nil {
		c.r.t.Fatal(err)
	}
	return q
}

// sendNotify sends a message with the flag for notifications.
func (c *client) sendNotify(q *notified, body string) received {
	return c.do(nil, q.sender, smp.AppendSend(nil, true, []byte(body)))
}

// wantNMsg checks that m is NMSG about the message with the ID.
func wantNMsg(t testing.TB, q *notified, m received, msgID []byte) {
	t.Helper()
	nmsg, ok := smp.ParseNMsg(m.params)
	if m.tag != smp.RespNMsg || !ok || m.corr != "" || m.entity != string(q.notifier) || len(nmsg.Encrypted) != smp.NtfMetaSize {
		t.Fatalf("got %s, want NMSG", m.text())
	}
	var subkey [32]byte
	box.Precompute(&subkey, &q.ntfSecret)
	plain, ok := box.OpenUsed(nmsg.Encrypted, &nmsg.Nonce, &subkey)
	if !ok {
		t.Fatal("metadata does not open")
	}
	if meta, ok := smp.ParseNtfMeta(plain); !ok || string(meta.MsgID) != string(msgID) || meta.Time != 1_700_000_000 {
		t.Fatalf("metadata %+v, want those of message %x", meta, msgID)
	}
}

func notifyConfig() Config {
	cfg := testConfig()
	cfg.NotifyEvery = time.Millisecond
	return cfg
}

// Fact 43: NMSG for each message with the flag, whether the recipient is there or not, until NDEL.
func TestFact43Notification(t *testing.T) {
	r := newRouter(t, notifyConfig())
	alice, bob, ntf := r.connect(), r.connect(), r.connect()
	q := alice.newNotified()
	want(t, ntf.nsub(q.testQueue), "SOK")
	want(t, alice.sub(q.testQueue), "SOK")
	want(t, bob.sendNotify(q, "hello"), "OK")
	id := wantMessage(t, q.testQueue, alice.event(), "hello", true)
	wantNMsg(t, q, ntf.event(), id)
	want(t, bob.sendTo(q.testQueue, "without the flag"), "OK")
	want(t, bob.sendNotify(q, "with it"), "OK")
	m := alice.ack(q.testQueue, id)
	id = wantMessage(t, q.testQueue, m, "without the flag", false)
	id = wantMessage(t, q.testQueue, alice.ack(q.testQueue, id), "with it", false)
	wantNMsg(t, q, ntf.event(), id)
	want(t, alice.do(q.key, q.recipient, smp.AppendNDel(nil)), "OK")
	wantEvent(t, ntf.event(), "DELD", q.notifier)
	want(t, bob.sendNotify(q, "nobody is notified"), "OK")
	alice.notifyNow()
	wantNothing(t, ntf)
}

// notifyNow has the shards send what has gathered.
func (c *client) notifyNow() { c.eachShard(batchNotify) }

// A message that the quota refuses makes no notification.
func TestQuotaMakesNoNotification(t *testing.T) {
	r := newRouter(t, notifyConfig())
	alice, bob, ntf := r.connect(), r.connect(), r.connect()
	q := alice.newNotified()
	want(t, ntf.nsub(q.testQueue), "SOK")
	for range r.cfg.Quota {
		want(t, bob.sendNotify(q, "fits"), "OK")
	}
	want(t, bob.sendNotify(q, "does not"), "QUOTA")
	for range r.cfg.Quota {
		if m := ntf.event(); m.tag != smp.RespNMsg {
			t.Fatal(m.text())
		}
	}
	alice.notifyNow()
	wantNothing(t, ntf)
}

// Notifications wait for a notifier, in the order of their messages and at most so many, and outlive the router.
func TestNotificationsWait(t *testing.T) {
	cfg := notifyConfig()
	cfg.Quota = 2 * NotificationLimit
	r := newRouter(t, cfg)
	alice, bob := r.connect(), r.connect()
	q := alice.newNotified()
	const sent = NotificationLimit + 5
	var ids [][]byte
	want(t, alice.sub(q.testQueue), "SOK")
	for i := range sent {
		text := fmt.Sprint("message ", i)
		want(t, bob.sendNotify(q, text), "OK")
		id := wantMessage(t, q.testQueue, alice.event(), text, true)
		want(t, alice.ack(q.testQueue, id), "OK")
		if ids = append(ids, id); i%40 == 0 {
			alice.notifyNow() // some go to the store early, the last ones when the router stops
		}
	}
	r.restart()
	ntf := r.connect()
	want(t, ntf.nsub(q.testQueue), "SOK")
	for _, id := range ids[sent-NotificationLimit:] {
		wantNMsg(t, q, ntf.event(), id)
	}
	ntf.notifyNow()
	wantNothing(t, ntf)
	r.restart()
	ntf = r.connect()
	want(t, ntf.nsub(q.testQueue), "SOK")
	ntf.notifyNow()
	wantNothing(t, ntf)
}

// Notifications that are too old are not delivered, and leave the store by themselves.
func TestNotificationsExpire(t *testing.T) {
	r := newRouter(t, notifyConfig())
	alice, bob := r.connect(), r.connect()
	first, second := alice.newNotified(), alice.newNotified()
	for _, q := range []*notified{first, second} {
		want(t, bob.sendNotify(q, "old"), "OK")
	}
	r.restart() // they are stored
	bob = r.connect()
	r.clock.advance(25 * time.Hour)
	want(t, bob.sendNotify(second, "young"), "OK")
	r.restart()
	alice, ntf := r.connect(), r.connect()
	r.set.expire()
	want(t, alice.que(first.testQueue), "INFO") // has waited for the expiry
	want(t, alice.que(second.testQueue), "INFO")
	for _, test := range []struct {
		q    *notified
		want int
	}{{first, 0}, {second, 1}} {
		left, err := r.store.Notifications((*smp.ID)(test.q.recipient))
		if err != nil || len(left) != test.want {
			t.Fatalf("%d notifications are left, error %v, want %d", len(left), err, test.want)
		}
	}
	want(t, ntf.nsub(first.testQueue), "SOK")
	want(t, ntf.nsub(second.testQueue), "SOK")
	if m := ntf.event(); m.tag != smp.RespNMsg || m.entity != string(second.notifier) {
		t.Fatal(m.text())
	}
	ntf.notifyNow()
	wantNothing(t, ntf)
}

// A notifier whose socket takes nothing gets its notifications later.
func TestNotificationsOfAClogged(t *testing.T) {
	r := newRouter(t, notifyConfig())
	alice, bob, ntf := r.connect(), r.connect(), r.connect()
	q := alice.newNotified()
	want(t, ntf.nsub(q.testQueue), "SOK")
	ntf.shard.Window.Clog(true)
	want(t, bob.sendNotify(q, "hello"), "OK")
	alice.notifyNow()
	wantNothing(t, ntf)
	ntf.shard.Window.Clog(false)
	if m := ntf.event(); m.tag != smp.RespNMsg {
		t.Fatal(m.text())
	}
}

// Notifications that cannot be read fail NSUB, which may be tried again.
func TestNotificationsUnreadable(t *testing.T) {
	r := newRouter(t, notifyConfig())
	alice, bob := r.connect(), r.connect()
	q := alice.newNotified()
	want(t, bob.sendNotify(q, "hello"), "OK")
	r.restart()
	ntf := r.connect()
	r.store.setFail(true, "notifications")
	want(t, ntf.nsub(q.testQueue), "STORE failed")
	r.store.setFail(false, "notifications")
	want(t, ntf.nsub(q.testQueue), "SOK")
	if m := ntf.event(); m.tag != smp.RespNMsg {
		t.Fatal(m.text())
	}
}

// What a drain stores of notifications is there for the rest of the drain.
func TestNotificationsStoredTwiceInADrain(t *testing.T) {
	c := newTestCore(t, newFakeStore())
	c.notifyLater = func() {}
	client := c.connect()
	text, q, dh := c.router.newCommand(smp.CurrentVersion, queueOptions{notifier: true})
	c.runDrain(c.batch(client, q.key, nil, text))
	m := client.take()
	q.created(t, smp.CurrentVersion, &m, dh)
	send := func() *Batch { return c.batch(client, nil, q.sender, smp.AppendSend(nil, true, nil)) }
	notify := func() *Batch { return NewBatch(batchNotify, nil) }
	c.runDrain(send(), notify(), send(), notify(), send(), notify(), c.batch(client, q.notifierKey, q.notifier, smp.AppendNSub(nil)), notify())
	for _, answer := range []string{"OK", "OK", "OK", "SOK", "NMSG", "NMSG", "NMSG"} {
		want(t, client.take(), answer)
	}
}

// Notifications gather from the first one on: those that follow do not put its time off. When they have gone out, the next one
// has a time of its own.
func TestNotificationsAreNotPutOff(t *testing.T) {
	c := newTestCore(t, newFakeStore())
	c.cfg.Quota = 100
	arranged := 0
	c.notifyLater = func() { arranged++ }
	owner, sender := c.connect(), c.connect()
	text, q, dh := c.router.newCommand(smp.CurrentVersion, queueOptions{mode: smp.ModeMessaging, alg: box.Ed25519, notifier: true})
	c.runDrain(c.batch(owner, q.key, nil, text))
	m := owner.take()
	q.created(t, smp.CurrentVersion, &m, dh)
	for times := 1; times <= 2; times++ {
		for range 3 {
			want(t, c.do(sender, nil, q.sender, smp.AppendSend(nil, true, []byte("x"))), "OK")
			if arranged != times {
				t.Fatalf("the time was set %d times, not %d", arranged, times)
			}
		}
		c.runDrain(NewBatch(batchNotify, nil))
	}
}

// A queue stays in memory while notifications of it gather, also when its subscriber goes, and may leave when they have gone out.
func TestNotifiedQueueMayLeave(t *testing.T) {
	c := newTestCore(t, newFakeStore())
	owner, reader, sender := c.connect(), c.connect(), c.connect()
	text, q, dh := c.router.newCommand(smp.CurrentVersion, queueOptions{mode: smp.ModeMessaging, alg: box.Ed25519, notifier: true})
	c.runDrain(c.batch(owner, q.key, nil, text))
	m := owner.take()
	q.created(t, smp.CurrentVersion, &m, dh)
	want(t, c.do(reader, q.key, q.recipient, smp.AppendSub(nil)), "SOK")
	want(t, c.do(sender, nil, q.sender, smp.AppendSend(nil, true, []byte("x"))), "OK")
	c.runDrain(NewBatch(BatchClosed, reader.shard))
	c.cache.limit = 0
	for range 3 { // as many passes of the hand, and more
		c.runDrain()
	}
	if c.cache.byRecipient[smp.ID(q.recipient)] == nil {
		t.Fatal("the queue has left before its notifications")
	}
	c.runDrain(NewBatch(batchNotify, nil))
	for range 2 {
		c.runDrain()
	}
	if c.cache.byRecipient[smp.ID(q.recipient)] != nil {
		t.Error("the queue stays")
	}
}

// What waits in the store for a notifier goes out before what has come since, and NSUB writes nothing when nothing waits.
func TestStoredNotificationsComeFirst(t *testing.T) {
	cfg := testConfig() // where nothing goes out before it is told to
	cfg.Shards, cfg.NotifyEvery = 1, time.Hour
	r := newRouter(t, cfg)
	alice, bob, ntf := r.connect(), r.connect(), r.connect()
	q := alice.newNotified()
	want(t, alice.sub(q.testQueue), "SOK")
	var ids [][]byte
	for _, body := range []string{"first", "second"} {
		want(t, bob.sendNotify(q, body), "OK")
		m := alice.event()
		ids = append(ids, wantMessage(t, q.testQueue, m, body, true))
		want(t, alice.ack(q.testQueue, ids[len(ids)-1]), "OK")
		if body == "first" {
			alice.notifyNow() // to the store, as nobody is there
			r.sync()
			if n := len(r.store.queue(q.recipient).ntfs); n != 1 {
				t.Fatalf("%d notifications are stored", n)
			}
		}
	}
	want(t, ntf.nsub(q.testQueue), "SOK")
	alice.notifyNow()
	for _, id := range ids {
		wantNMsg(t, q, ntf.event(), id)
	}
	before := r.store.commits
	want(t, ntf.nsub(q.testQueue), "SOK")
	if n := r.store.commits - before; n != 0 {
		t.Errorf("NSUB has written %d times", n)
	}
}
