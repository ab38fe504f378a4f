package shard

import (
	"bytes"
	"fmt"
	"testing"

	"switchyard/box"
	"switchyard/smp"
)

// importQueue stores a queue as an import does: its recipient ID is of shard 0, its other IDs are of shard 1.
func (r *router) importQueue(o queueOptions) *testQueue {
	r.t.Helper()
	return r.importAs(o, r.idOn(1))
}

func (r *router) importAs(o queueOptions, sender smp.ID) *testQueue {
	r.t.Helper()
	q := &testQueue{key: r.newKey()}
	record := Record{RecipientID: r.idOn(0), SenderID: sender, RecipientKeys: [][]byte{spki(q.key)}, Mode: modeOf(o.mode)}
	r.random(record.Secret[:])
	q.recipient, q.sender, q.secret = record.RecipientID[:], record.SenderID[:], record.Secret
	if o.notifier {
		q.notifierKey = r.newKey()
		record.Notifier = &Notifier{ID: r.idOn(1), Key: spki(q.notifierKey)}
		q.notifier = record.Notifier.ID[:]
	}
	tx := r.store.Begin(0)
	tx.PutQueue(&record)
	c, err := tx.Commit()
	if err == nil {
		err = c.Wait()
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return q
}

// idOn is an ID whose commands come to a shard.
func (r *router) idOn(shard int) (id smp.ID) {
	r.set.partitions.DrawOwned(&id, r.random, shard)
	return id
}

// TestForeignQueue: all commands work on an imported queue, whether its shard is known or not, and nothing of it is left.
func TestForeignQueue(t *testing.T) {
	r := newRouter(t, notifyConfig())
	alice, bob, ntf := r.connect(), r.connect(), r.connect()
	q := r.importQueue(queueOptions{mode: smp.ModeMessaging, notifier: true})
	want(t, bob.sendTo(q, "waits"), "OK")
	want(t, ntf.nsub(q), "SOK")
	want(t, alice.sub(q), "SOK")
	id := wantMessage(t, q, alice.event(), "waits", true)
	want(t, alice.ack(q, id), "OK")
	key := r.newKey()
	want(t, bob.secureSKey(q, q.sender, key), "OK")
	want(t, bob.sendTo(q, "not signed"), "AUTH")
	q.senderKey = key
	want(t, bob.secureKey(q, key), "OK")
	want(t, bob.do(key, q.sender, smp.AppendSend(nil, true, []byte("is pushed"))), "OK")
	id = wantMessage(t, q, alice.event(), "is pushed", true)
	wantEvent(t, ntf.event(), "NMSG", q.notifier)
	want(t, alice.ack(q, id), "OK")

	want(t, r.connect().get(q), "OK")
	want(t, alice.que(q), "INFO")
	if _, err := r.set.Block(q.sender, blockedAsSpam); err != nil {
		t.Fatal(err)
	}
	wantEvent(t, alice.event(), "BLOCKED reason=spam", q.recipient)
	want(t, bob.sendTo(q, "blocked"), "BLOCKED reason=spam")
	if _, err := r.set.Unblock(q.sender); err != nil {
		t.Fatal(err)
	}

	old := *q
	alice.nkey(q) // gives it an ID of the queue's own shard
	wantEvent(t, ntf.event(), "DELD", old.notifier)
	want(t, ntf.nsub(&old), "AUTH")
	want(t, ntf.nsub(q), "SOK")
	want(t, alice.off(q), "OK")
	want(t, bob.sendTo(q, "off"), "AUTH")
	want(t, alice.del(q), "OK")
	wantEvent(t, ntf.event(), "DELD", q.notifier)
	want(t, bob.sendTo(q, "deleted"), "AUTH")
	want(t, ntf.nsub(q), "AUTH")
	r.restart()
	want(t, r.connect().sendTo(q, "deleted"), "AUTH")
	if s := &r.store.state; len(s.queues)+len(s.senders)+len(s.ntfs) > 0 {
		t.Errorf("rows are left: %d queues, %d senders, %d notifiers", len(s.queues), len(s.senders), len(s.ntfs))
	}
}

// TestForeignQueueIsForwarded: a proxy's commands on an imported queue are answered to the one who sent them.
func TestForeignQueueIsForwarded(t *testing.T) {
	r := newRouter(t, testConfig())
	q := r.importQueue(queueOptions{mode: smp.ModeMessaging})
	proxy, replies := r.connect(), make(forwardLoop)
	proxy.shard.Loop = replies
	for range 2 {
		cmd := command{entity: q.sender, text: smp.AppendSend(nil, false, []byte("hello")), corr: []byte("corr")}
		if got := replies.forward(proxy, 14, cmd); got != "OK" {
			t.Errorf("SEND: %s", got)
		}
	}
}

// TestForeignShardIsRemembered: a queue's shard is looked up in the store once, and what the cache holds is found in memory.
func TestForeignShardIsRemembered(t *testing.T) {
	r := newRouter(t, testConfig())
	bob := r.connect()
	q := r.importQueue(queueOptions{mode: smp.ModeMessaging})
	want(t, bob.sendTo(q, "first"), "OK")
	before := r.store.loads
	want(t, bob.sendTo(q, "second"), "OK")
	want(t, bob.sendTo(q, "third"), "OK")
	if n := r.store.loads - before; n > 0 {
		t.Errorf("%d lookups", n)
	}
}

// TestForeignOrder: what a connection sends at once to imported queues arrives in its order, though their shards are learnt
// meanwhile and a part is put off.
func TestForeignOrder(t *testing.T) {
	const queues, each = 3, 40
	cfg := testConfig()
	cfg.Quota = queues * each
	r := newRouter(t, cfg)
	alice, bob := r.connect(), r.connect()
	var all []*testQueue
	for range queues {
		all = append(all, r.importQueue(queueOptions{mode: smp.ModeMessaging}))
	}
	n := 0
	for n < each {
		for _, size := range []int{1, 2, 1, flowLimit, 1} { // single ones behind what is put off
			var cmds []command
			for range size {
				for _, q := range all {
					cmds = append(cmds, command{entity: q.sender, text: smp.AppendSend(nil, false, fmt.Append(nil, n))})
				}
				n++
			}
			bob.send(cmds...)
		}
	}
	for range n * queues {
		want(t, bob.take(), "OK")
	}
	for _, q := range all {
		want(t, alice.sub(q), "SOK")
		m := alice.event()
		for i := range n {
			id := wantMessage(t, q, m, fmt.Sprint(i), m.corr == "")
			m = alice.ack(q, id)
		}
		want(t, m, "OK")
	}
}

// TestForeignConnectionEnds: the shard of an imported queue learns of the end of a connection that it knows from another shard
// alone.
func TestForeignConnectionEnds(t *testing.T) {
	r := newRouter(t, testConfig())
	alice, ntf := r.connect(), r.connect()
	var all []*testQueue
	for range flowLimit {
		q := r.importQueue(queueOptions{mode: smp.ModeMessaging, notifier: true})
		all = append(all, q)
		want(t, ntf.nsub(q), "SOK")
	}
	if ntf.shard.Shards&1 != 0 {
		t.Fatal("the loop knows of the queues' shard")
	}
	ntf.close()
	for range 2 {
		r.sync()
	}
	if n := ntf.shard.Subscriptions.Load(); n != 0 || !ntf.shard.state[0].left {
		t.Errorf("%d subscriptions are left, and the shard knows of the end: %v", n, ntf.shard.state[0].left)
	}
	for _, q := range all {
		want(t, alice.do(nil, q.sender, smp.AppendSend(nil, true, []byte("nobody is told"))), "OK")
	}
	alice.notifyNow()
	wantNothing(t, ntf)
}

// TestForeignQueueIsGoneBehindItsCommit deletes an imported queue, or its notifier, and names it while the commit can be seen
// and is not done. It then fails, or not.
func TestForeignQueueIsGoneBehindItsCommit(t *testing.T) {
	for _, known := range []bool{false, true} {
		for _, fails := range []bool{false, true} {
			for _, end := range [][]byte{smp.AppendDel(nil), smp.AppendNDel(nil)} {
				r := newRouter(t, testConfig())
				c, other := r.connect(), r.connect()
				q := r.importQueue(queueOptions{mode: smp.ModeMessaging, notifier: true})
				ask := func() command { return command{key: q.notifierKey, entity: q.notifier, text: smp.AppendNSub(nil)} }
				if known {
					want(t, other.do(q.notifierKey, q.notifier, smp.AppendNSub(nil)), "SOK")
				}
				r.store.setFail(fails, "wait")
				begun, release := r.store.hold()
				c.send(command{key: q.key, entity: q.recipient, text: end})
				<-begun
				other.send(ask())
				r.syncShard(1) // it has judged
				r.mu.Lock()
				early := len(other.inbox)
				r.mu.Unlock()
				release()
				if early > 0 {
					t.Fatalf("%s: it is said to be gone before that is stored", end)
				}
				if fails {
					want(t, c.take(), "STORE failed")
					for m := other.take(); ; m = other.take() {
						if m.corr != "" && m.tag == smp.RespErr && m.text() != "STORE failed" {
							t.Errorf("%s: it is still there, and the answer %s", end, m.text())
						}
						if m.corr != "" {
							break
						}
					}
					continue
				}
				want(t, c.take(), "OK")
				m := other.take()
				if m.corr == "" { // it was subscribed
					wantEvent(t, m, "DELD", q.notifier)
					m = other.take()
				}
				want(t, m, "AUTH")
				if _, n := r.set.workers[0].core.links.Len(); n > 0 {
					t.Errorf("%s: %d removals are left", end, n)
				}
			}
		}
	}
}

// TestForeignQueueOfAFailedStore: as long as the store may show that a queue is gone which it has kept, no shard says so.
func TestForeignQueueOfAFailedStore(t *testing.T) {
	r := newRouter(t, testConfig())
	c := r.connect()
	q := r.importQueue(queueOptions{mode: smp.ModeMessaging})
	r.store.setFail(true, "freeze")
	want(t, c.del(q), "STORE failed")
	r.sync()
	want(t, c.sendTo(q, "in doubt"), "STORE failed")
	r.store.thaw()
	r.sync()
	want(t, c.sendTo(q, "there"), "OK")
	want(t, c.del(q), "OK")
	want(t, c.sendTo(q, "gone"), "AUTH")
	if _, n := r.set.workers[0].core.links.Len(); n > 0 {
		t.Errorf("%d removals are left", n)
	}
}

// TestForeignSenderIDAgain: a sender ID that an imported queue had, which a client gives to a new queue, leads to the new one.
func TestForeignSenderIDAgain(t *testing.T) {
	r := newRouter(t, testConfig())
	alice := r.connect()
	var corr []byte
	var sender smp.ID
	for n := 0; ; n++ { // whose commands come to shard 1
		corr = fmt.Append(nil, "correlation ", n)
		if sender = box.SenderIDFromCorrID(corr); r.set.partitions.Shard(sender[:]) == 1 {
			break
		}
	}
	old := r.importAs(queueOptions{mode: smp.ModeContact}, sender)
	want(t, alice.sendTo(old, "to the old one"), "OK")
	_, _, m := alice.newLinked(smp.ModeContact, []byte("link ID of a contact"), string(corr), sender[:])
	want(t, m, "AUTH") // taken
	want(t, alice.del(old), "OK")
	q, _, m := alice.newLinked(smp.ModeContact, []byte("link ID of a contact"), string(corr), sender[:])
	want(t, m, "IDS")
	if !bytes.Equal(q.sender, sender[:]) {
		t.Fatalf("sender ID %x, want %x", q.sender, sender)
	}
	want(t, alice.sendTo(q, "to the new one"), "OK")
}

// TestForeignQueuesOfServices: services find imported queues by what the import has counted, and those that join and leave
// change it.
func TestForeignQueuesOfServices(t *testing.T) {
	r := newRouter(t, testConfig())
	q, other := r.importQueue(queueOptions{notifier: true}), r.importQueue(queueOptions{notifier: true})
	s := r.connectService(1, smp.RoleNotifier)
	wantSOK(t, s.nsub(q), s.id())
	wantSOK(t, s.nsub(other), s.id())
	wantSubs(t, s.subs(), q.notifier, other.notifier)
	want(t, r.connect().do(nil, q.sender, smp.AppendSend(nil, true, nil)), "OK")
	s.notifyNow()
	wantEvent(t, s.event(), "NMSG", q.notifier)
	want(t, r.connect().del(other), "OK")
	wantEvent(t, s.event(), "DELD", other.notifier)
	wantSubs(t, s.subs(), q.notifier)
	r.restart()
	s = r.connectService(1, smp.RoleNotifier)
	wantSubs(t, s.subs(), q.notifier)
	messages := r.connectService(2, smp.RoleMessaging)
	wantSOK(t, messages.sub(q), messages.id())
	wantMessage(t, q, messages.event(), "", true)
	wantSubs(t, messages.subs(), q.recipient)
}

// TestForeignCannotBeRead: a shard that cannot read whose an ID is says so.
func TestForeignCannotBeRead(t *testing.T) {
	r := newRouter(t, testConfig())
	bob := r.connect()
	q := r.importQueue(queueOptions{mode: smp.ModeMessaging})
	r.store.setFail(true, "load")
	want(t, bob.sendTo(q, "hello"), "STORE failed")
	r.store.setFail(false, "load")
	want(t, bob.sendTo(q, "hello"), "OK")
}

// TestForeignCommandBetweenParts: a command that another shard hands on between two parts of a block does not have the shard
// deliver before the whole block is answered.
func TestForeignCommandBetweenParts(t *testing.T) {
	c := newTestCore(t, newFakeStore())
	bob, alice := c.connect(), c.connect()
	q, other := c.newQueue(bob, box.Ed25519), c.newQueue(bob, box.Ed25519)
	c.do(bob, nil, q.sender, smp.AppendSend(nil, false, []byte("waits")))
	first, last := c.batch(alice, q.key, q.recipient, smp.AppendSub(nil)), c.batch(alice, other.key, other.recipient, smp.AppendSub(nil))
	first.more = true
	handed := c.batch(alice, nil, other.sender, smp.AppendSend(nil, false, []byte("handed on")))
	c.fromAnother(handed)
	for _, b := range []*Batch{first, handed, last} {
		c.runDrain(b)
	}
	want(t, alice.take(), "SOK")
	want(t, alice.take(), "OK")
	want(t, alice.take(), "SOK")
	wantMessage(t, q, alice.take(), "waits", true)
	wantMessage(t, other, alice.take(), "handed on", true)
}

// TestEndKnownElsewhereFirst: what the loop has given of a connection is executed, though another shard tells of its end before.
func TestEndKnownElsewhereFirst(t *testing.T) {
	c := newTestCore(t, newFakeStore())
	bob, alice := c.connect(), c.connect()
	q := c.newQueue(bob, box.Ed25519)
	c.runDrain(c.batch(alice, q.key, q.recipient, smp.AppendSub(nil)))
	want(t, alice.take(), "SOK")
	c.do(bob, nil, q.sender, smp.AppendSend(nil, false, []byte("hello")))
	id := wantMessage(t, q, alice.take(), "hello", true)
	alice.shard.Shards |= 1
	end := NewBatch(BatchClosed, alice.shard)
	c.fromAnother(end)
	c.runDrain(end)
	c.runDrain(c.batch(alice, q.key, q.recipient, smp.AppendAck(nil, id)))
	want(t, alice.take(), "OK")
	c.runDrain(NewBatch(BatchClosed, alice.shard))
	if n := alice.shard.Subscriptions.Load(); n != 0 || !alice.shard.state[0].left {
		t.Errorf("%d subscriptions are left, and the shard knows of the end: %v", n, alice.shard.state[0].left)
	}
}

// fromAnother makes a batch one that another shard hands to this one.
func (c *testCore) fromAnother(b *Batch) {
	b.hops = c.hops
	c.hops.Add(1)
}
