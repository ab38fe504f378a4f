package shard

import (
	"maps"
	"strings"
	"testing"
	"time"

	"switchyard/server/statistics"
	"switchyard/shard/tally"
	"switchyard/smp"
)

// tally reads what the shards have counted; the queues in use are those since the last reading.
func (r *router) tally() *tally.Reading {
	r.t.Helper()
	r.sync()
	all := &tally.Reading{Used: new(statistics.Distinct), UsedNotify: new(statistics.Distinct)}
	r.set.Tally(all)
	return all
}

type changes = map[tally.Counter]int64

// counted is what changes of the counters while something is done.
func (r *router) counted(do func()) (changed changes, after *tally.Reading) {
	r.t.Helper()
	before := r.tally().Counts
	do()
	after = r.tally()
	after.Counts[tally.SentAuth] -= int64(r.set.Len()) // of sync
	changed = make(changes)
	for c := range after.Counts {
		if n := after.Counts[c] - before[c]; n != 0 {
			changed[tally.Counter(c)] = n
		}
	}
	return changed, after
}

// TestCountsOfCommands: each command, and what the reference counts of it.
func TestCountsOfCommands(t *testing.T) {
	cfg := testConfig()
	cfg.ExpireEvery, cfg.MessageTTL, cfg.NotifyEvery = time.Hour, 48*time.Hour, time.Hour
	r := newRouter(t, cfg)
	alice, bob, ntf := r.connect(), r.connect(), r.connect()
	var q, other *testQueue
	var n *notified
	var id []byte
	k, wrong := r.newKey(), r.newKey()
	for _, step := range []struct {
		name string
		do   func()
		want changes
		used int64
	}{
		{"NEW", func() { q = alice.newQueue(queueOptions{mode: smp.ModeMessaging}) },
			changes{tally.QueuesCreated: 1, tally.Queues: 1}, 0},
		{"NEW with notifier", func() { other = alice.newQueue(queueOptions{notifier: true, subscribe: true}) },
			changes{tally.QueuesCreated: 1, tally.Queues: 1, tally.NotifiersCreatedNew: 1, tally.Notifiers: 1}, 0},
		{"SUB of an empty queue", func() { want(t, alice.sub(q), "SOK") }, changes{}, 0},
		{"SUB again", func() { want(t, alice.sub(q), "SOK") }, changes{tally.SubsDuplicate: 1}, 0},
		{"SUB with a wrong key", func() { want(t, alice.do(wrong, q.recipient, smp.AppendSub(nil)), "AUTH") }, changes{tally.SubsAuth: 1}, 0},
		{"GET while subscribed", func() { want(t, alice.get(q), "CMD PROHIBITED") }, changes{tally.GetProhibited: 1}, 0},
		{"SKEY", func() { want(t, bob.secureSKey(q, q.sender, k), "OK") }, changes{tally.QueuesSecured: 1}, 0},
		{"SKEY again", func() { want(t, bob.secureSKey(q, q.sender, k), "OK") }, changes{tally.QueuesSecured: 1}, 0},
		{"SKEY with another key", func() { want(t, bob.secureSKey(q, q.sender, wrong), "AUTH") }, changes{}, 0},
		{"SEND without a key", func() { want(t, bob.sendTo(q, "x"), "AUTH") }, changes{tally.SentAuth: 1}, 0},
		{"SEND too large", func() {
			want(t, bob.do(k, q.sender, smp.AppendSend(nil, false, make([]byte, smp.MaxBody(smp.CurrentVersion)+1))), "LARGE_MSG")
		}, changes{tally.SentLarge: 1}, 0},
		{"SEND", func() {
			want(t, bob.do(k, q.sender, smp.AppendSend(nil, false, []byte("one"))), "OK")
			id = wantMessage(t, q, alice.event(), "one", true)
		}, changes{tally.Sent: 1, tally.Messages: 1}, 1},
		{"ACK of another message", func() { want(t, alice.ack(q, make([]byte, 24)), "NO_MSG") }, changes{}, 0},
		{"ACK", func() { want(t, alice.ack(q, id), "OK") }, changes{tally.Received: 1, tally.Messages: -1}, 1},
		{"ACK again", func() { want(t, alice.ack(q, id), "NO_MSG") }, changes{}, 0},
		{"GET with a wrong key", func() { want(t, bob.do(wrong, other.recipient, smp.AppendGet(nil)), "AUTH") }, changes{tally.GetAuth: 1}, 0},
		{"GET of nothing", func() { want(t, bob.get(other), "OK") }, changes{tally.GetNothing: 1}, 0},
		{"SUB behind GET", func() { want(t, bob.sub(other), "CMD PROHIBITED") }, changes{tally.SubsProhibited: 1}, 0},
		{"SEND with the flag, to a queue with a notifier", func() {
			want(t, bob.do(nil, other.sender, smp.AppendSend(nil, true, []byte("flagged"))), "OK")
			alice.event()
		}, changes{tally.Sent: 1, tally.SentNotify: 1, tally.Messages: 1, tally.Notifications: 1}, 1},
		{"GET", func() { id = wantMessage(t, other, bob.get(other), "flagged", false) }, changes{tally.Get: 1}, 0},
		{"GET again", func() { bob.get(other) }, changes{tally.GetDuplicate: 1}, 0},
		{"ACK of GET, with the flag", func() { want(t, bob.ack(other, id), "OK") },
			changes{tally.Received: 1, tally.ReceivedGet: 1, tally.ReceivedNotify: 1, tally.Messages: -1}, 1},
		{"NSUB with a wrong key", func() { want(t, ntf.do(wrong, other.notifier, smp.AppendNSub(nil)), "AUTH") }, changes{tally.NotifierSubsAuth: 1}, 0},
		{"NSUB", func() { want(t, ntf.nsub(other), "SOK") }, changes{tally.NotifierSubs: 1}, 0},
		{"NSUB again", func() { want(t, ntf.nsub(other), "SOK") }, changes{tally.NotifierSubsDuplicate: 1}, 0},
		{"NMSG", func() { alice.notifyNow(); ntf.event() }, changes{tally.Notified: 1, tally.NotifiedBatch: 1, tally.Notifications: -1}, 0},
		{"NSUB of another connection", func() { want(t, bob.nsub(other), "SOK"); ntf.event() },
			changes{tally.NotifierSubs: 1, tally.SubsEnded: 1, tally.SubsEndedBatch: 1}, 0},
		{"NKEY", func() { n = alice.newNotified() },
			changes{tally.QueuesCreated: 1, tally.Queues: 1, tally.NotifiersCreated: 1, tally.Notifiers: 1}, 0},
		{"notifications without a notifier", func() {
			want(t, bob.sendNotify(n, "a"), "OK")
			want(t, bob.sendNotify(n, "b"), "OK")
			alice.notifyNow()
		}, changes{tally.Sent: 2, tally.SentNotify: 2, tally.Messages: 2, tally.Notifications: 2}, 1},
		{"NDEL", func() { want(t, alice.do(n.key, n.recipient, smp.AppendNDel(nil)), "OK") },
			changes{tally.NotifiersDeleted: 1, tally.Notifiers: -1, tally.Notifications: -2}, 0},
		{"NDEL again", func() { want(t, alice.do(n.key, n.recipient, smp.AppendNDel(nil)), "OK") }, changes{}, 0},
		{"SUB that finds messages", func() { want(t, bob.sub(n.testQueue), "SOK"); bob.event() }, changes{tally.Subs: 1}, 0},
		{"SUB of another connection", func() { want(t, alice.sub(n.testQueue), "SOK"); bob.event(); alice.event() },
			changes{tally.Subs: 1, tally.SubsEnded: 1, tally.SubsEndedBatch: 1}, 0},
		{"SEND up to the quota", func() {
			for _, answer := range []string{"OK", "OK", "QUOTA", "QUOTA"} {
				want(t, bob.sendTo(n.testQueue, "x"), answer)
			}
		}, changes{tally.Sent: 2, tally.SentQuota: 2, tally.Messages: 2}, 1},
		{"DEL with messages and a quota marker", func() { want(t, alice.del(n.testQueue), "OK") },
			changes{tally.QueuesDeleted: 1, tally.QueuesDeletedNew: 1, tally.Queues: -1, tally.Messages: -4}, 0},
		{"DEL of a secured queue", func() { want(t, bob.del(q), "OK"); alice.event() },
			changes{tally.QueuesDeleted: 1, tally.QueuesDeletedSecured: 1, tally.Queues: -1, tally.SubsEnded: 1, tally.SubsEndedBatch: 1}, 0},
		{"block", func() { _, _ = r.set.Block(other.sender, blockedAsSpam); alice.event() }, changes{tally.QueuesBlocked: 1}, 0},
		{"block again", func() {
			_, _ = r.set.Block(other.sender, smp.ErrBlocked(smp.BlockContent, smp.Notice{}))
			alice.event()
		}, changes{}, 0},
		{"SEND to a blocked queue", func() { bob.sendTo(other, "x") }, changes{tally.SentBlocked: 1}, 0},
		{"unblock", func() { _, _ = r.set.Unblock(other.sender) }, changes{}, 0},
		{"expiry", func() {
			want(t, bob.do(nil, other.sender, smp.AppendSend(nil, true, []byte("old"))), "OK") // alice has one without an ACK
			alice.del(alice.newQueue(queueOptions{}))
			r.clock.advance(49 * time.Hour)
			r.set.expire()
		}, changes{tally.Sent: 1, tally.SentNotify: 1, tally.Expired: 1, tally.Notifications: 1,
			tally.QueuesCreated: 1, tally.QueuesDeleted: 1, tally.QueuesDeletedNew: 1}, 1},
		{"OFF", func() { want(t, alice.off(other), "OK") }, changes{}, 0},
		{"SEND to a queue that is off", func() { want(t, bob.sendTo(other, "x"), "AUTH") }, changes{tally.SentAuth: 1}, 0},
	} {
		got, after := r.counted(step.do)
		if !maps.Equal(got, step.want) {
			t.Fatalf("%s: %v, want %v", step.name, got, step.want)
		}
		if n := after.Used.Count(); n != step.used {
			t.Fatalf("%s: %d queues in use, want %d", step.name, n, step.used)
		}
	}
	if r.tally().Failed {
		t.Error("a commit has failed")
	}
}

// TestCountsOfServices: what is counted of services and their queues.
func TestCountsOfServices(t *testing.T) {
	r := newRouter(t, testConfig())
	alice, bob := r.connect(), r.connect()
	q, other := alice.newQueue(queueOptions{}), alice.newQueue(queueOptions{notifier: true})
	want(t, bob.sendTo(q, "waits"), "OK")
	var one, two, three, ntf *serviceClient
	const n = tally.Notification
	for _, step := range []struct {
		name string
		do   func()
		want changes
	}{
		{"SUB of a service", func() {
			one = r.connectService(1, smp.RoleMessaging)
			wantSOK(t, one.sub(q), one.id())
			one.event()
		}, changes{tally.AssociatedNew: 1, tally.ServiceSubs: 1, tally.ServiceSubsQueues: 1, tally.ServiceQueues: 1, tally.Subs: 1}},
		{"SUB of the next queue", func() { one.sub(other) }, changes{tally.AssociatedNew: 1, tally.ServiceSubsQueues: 1, tally.ServiceQueues: 1}},
		{"SUB again", func() { one.sub(other) }, changes{tally.AssociatedDuplicate: 1}},
		{"SUB of another service", func() {
			two = r.connectService(2, smp.RoleMessaging)
			two.sub(other)
			one.event()
		}, changes{tally.AssociatedUpdated: 1, tally.ServiceSubs: 1, tally.ServiceSubsQueues: 1, tally.SubsEnded: 1, tally.SubsEndedBatch: 1}},
		{"SUBS", func() {
			three = r.connectService(1, smp.RoleMessaging)
			three.subs() // says that it has 7 queues
			three.messages()
			one.event()
		}, changes{tally.ServiceFewer: 1, tally.ServiceFewerTotal: 6, tally.ServiceMessages: 1, tally.SubsEnded: 1, tally.SubsEndedBatch: 1}},
		{"SUB of no service", func() { want(t, bob.sub(other), "SOK"); two.event() },
			changes{tally.AssociatedRemoved: 1, tally.ServiceQueues: -1, tally.SubsEnded: 1, tally.SubsEndedBatch: 1}},
		{"NSUB of a service", func() {
			ntf = r.connectService(3, smp.RoleNotifier)
			ntf.nsub(other)
		}, changes{tally.AssociatedNew + n: 1, tally.ServiceSubs + n: 1, tally.ServiceSubsQueues + n: 1, tally.NotifierServiceQueues: 1}},
		{"NSUBS", func() { ntf.subs() }, changes{tally.ServiceFewer + n: 1, tally.ServiceFewerTotal + n: 6}},
		{"NSUB of no service", func() { want(t, bob.nsub(other), "SOK"); ntf.event() },
			changes{tally.AssociatedRemoved + n: 1, tally.NotifierServiceQueues: -1, tally.NotifierSubs: 1, tally.SubsEnded: 1, tally.SubsEndedBatch: 1}},
	} {
		if got, _ := r.counted(step.do); !maps.Equal(got, step.want) {
			t.Fatalf("%s: %v, want %v", step.name, got, step.want)
		}
	}
	all := r.tally()
	if all.Services != 2 || all.NotifierServices != 1 || all.Subscribed != 2 || all.SubscribedQueues != 1 || all.NotifierSubscribed != 1 || all.NotifierSubscribedQueues != 0 {
		t.Errorf("%d and %d services, %d with %d queues, %d with %d", all.Services, all.NotifierServices,
			all.Subscribed, all.SubscribedQueues, all.NotifierSubscribed, all.NotifierSubscribedQueues)
	}
	three.close()
	if all := r.tally(); all.Subscribed != 1 || all.SubscribedQueues != 0 {
		t.Errorf("%d services with %d queues when one has left", all.Subscribed, all.SubscribedQueues)
	}
}

// TestCountsOfBatches: many notifications, or ends of subscriptions, share batches.
func TestCountsOfBatches(t *testing.T) {
	cfg := testConfig()
	cfg.Shards, cfg.NotifyEvery = 1, time.Hour
	r := newRouter(t, cfg)
	alice, bob, ntf := r.connect(), r.connect(), r.connect()
	var queues []*testQueue
	var subs []command
	for range 100 {
		q := alice.newQueue(queueOptions{notifier: true, subscribe: true})
		want(t, ntf.nsub(q), "SOK")
		want(t, bob.do(nil, q.sender, smp.AppendSend(nil, true, nil)), "OK")
		alice.event()
		queues = append(queues, q)
		subs = append(subs, command{key: q.key, entity: q.recipient, text: smp.AppendSub(nil)})
	}
	got, _ := r.counted(func() {
		alice.notifyNow()
		for range queues {
			ntf.event()
		}
	})
	if want := (changes{tally.Notified: 100, tally.NotifiedBatch: 2, tally.Notifications: -100}); !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	got, _ = r.counted(func() {
		bob.send(subs...)
		for range subs {
			alice.event()
		}
	})
	if n := got[tally.SubsEndedBatch]; got[tally.SubsEnded] != 100 || n < 1 || n > 4 || got[tally.Subs] != 100 {
		t.Errorf("%v", got)
	}
}

// TestFiguresOfShards: subscriptions, those who have some, and deliveries that wait, by how long.
func TestFiguresOfShards(t *testing.T) {
	r := newRouter(t, testConfig())
	alice, bob, ntf := r.connect(), r.connect(), r.connect()
	figures := func(when string, want tally.Figures, waiting tally.Periods, oldest int64) {
		t.Helper()
		all := r.tally()
		got := all.Figures
		got.LoadedQueues, got.LoadedNotifiers = 0, 0
		if got != want || all.Waiting != waiting || all.Oldest != oldest {
			t.Errorf("%s: %+v %v %d, want %+v %v %d", when, got, all.Waiting, all.Oldest, want, waiting, oldest)
		}
	}
	var queues []*testQueue
	var ids [][]byte
	for range 8 { // in both shards
		q := alice.newQueue(queueOptions{subscribe: true, notifier: true})
		want(t, ntf.nsub(q), "SOK")
		want(t, bob.sendTo(q, "x"), "OK")
		ids = append(ids, wantMessage(t, q, alice.event(), "x", true))
		queues = append(queues, q)
	}
	figures("delivered", tally.Figures{Subs: 8, NotifierSubs: 8, Clients: 1, NotifierClients: 1, Waiting: 8, WaitingClients: 1}, tally.Periods{8}, 0)
	r.clock.advance(50 * time.Second)
	want(t, alice.ack(queues[0], ids[0]), "OK")
	want(t, bob.sendTo(queues[0], "y"), "OK")
	alice.event()
	r.clock.advance(4 * time.Hour)
	figures("4 hours later", tally.Figures{Subs: 8, NotifierSubs: 8, Clients: 1, NotifierClients: 1, Waiting: 8, WaitingClients: 1},
		tally.Periods{4: 8}, 4*3600+50)
	want(t, alice.ack(queues[1], ids[1]), "OK")
	want(t, bob.sub(queues[2]), "SOK")
	bob.event()
	want(t, alice.del(queues[3]), "OK")
	figures("some have ended", tally.Figures{Subs: 7, NotifierSubs: 7, Clients: 2, NotifierClients: 1, Waiting: 6, WaitingClients: 2},
		tally.Periods{1, 0, 0, 0, 5}, 4*3600+50)
	if times := r.tally().Times; times.Count != 2 || times.Sum != 50+4*3600+50 || times.Max != 4*3600+50 {
		t.Errorf("%d %d %d", times.Count, times.Sum, times.Max)
	}
	want(t, bob.get(queues[4]), "MSG")
	alice.close()
	ntf.close()
	figures("they have left", tally.Figures{Subs: 1, Clients: 1, Waiting: 2, WaitingClients: 1}, tally.Periods{2}, 0)
	bob.close()
	figures("all have left", tally.Figures{}, tally.Periods{}, 0)
}

// TestFailedCommandsAreNotCounted: what is not stored is not counted, and it is said that the levels may be off.
func TestFailedCommandsAreNotCounted(t *testing.T) {
	r := newRouter(t, testConfig())
	alice, bob := r.connect(), r.connect()
	q := alice.newQueue(queueOptions{})
	want(t, bob.sendTo(q, "stored"), "OK")
	before := r.tally().Counts
	r.store.setFail(true, "wait")
	if m := bob.sendTo(q, "lost"); !strings.HasPrefix(m.text(), "STORE") {
		t.Fatal(m.text())
	}
	r.store.setFail(false, "wait")
	after := r.tally()
	if after.Counts[tally.Sent] != before[tally.Sent] || after.Counts[tally.Messages] != 1 || !after.Failed {
		t.Errorf("%d sent, %d stored, failed %v", after.Counts[tally.Sent], after.Counts[tally.Messages], after.Failed)
	}
}

// TestUncounted: with Config.Uncounted nothing is counted.
func TestUncounted(t *testing.T) {
	cfg := testConfig()
	cfg.Uncounted = true
	r := newRouter(t, cfg)
	want(t, r.connect().sendTo(r.connect().newQueue(queueOptions{}), "x"), "OK")
	if all := r.tally(); all.Counts != [tally.Counters]int64{} || !all.Used.Empty() {
		t.Error(all.Counts)
	}
}
