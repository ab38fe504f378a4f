package wal

import (
	"math/rand/v2"
	"testing"

	"switchyard/shard"
	"switchyard/smp"
)

// TestStatistics: the last statistics are there after a restart, and none in a store that never had some.
func TestStatistics(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, Options{Sync: SyncAlways})
	if b, err := s.Statistics(); b != nil || err != nil {
		t.Error(b, err)
	}
	for _, text := range []string{"one", "two"} {
		if err := s.PutStatistics([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = openStore(t, dir, Options{Sync: SyncAlways})
		if b, err := s.Statistics(); string(b) != text || err != nil {
			t.Errorf("%q %v", b, err)
		}
	}
	s.Close()
	if err := s.PutStatistics(nil); err != ErrClosed {
		t.Error(err)
	}
}

// TestCounting: what a store holds is counted as it was at the look, whatever is done meanwhile.
func TestCounting(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{Sync: SyncNever})
	rng := rand.New(rand.NewPCG(31, 32))
	services := map[smp.ServiceRole]smp.ID{smp.RoleMessaging: randomID(rng), smp.RoleNotifier: randomID(rng)}
	for role, id := range services {
		fingerprint := [32]byte(randomBytes(rng, 32))
		if err := putService(s, &fingerprint, shard.ServiceRecord{ID: id, Role: role}); err != nil {
			t.Fatal(err)
		}
	}
	receiver, notified := services[smp.RoleMessaging], services[smp.RoleNotifier]
	var records []shard.Record
	for i := range 5 {
		r := randomRecord(rng)
		if i < 3 {
			r.Notifier = &shard.Notifier{ID: randomID(rng), Key: randomKey(rng, 1)}
		}
		tx := s.Begin(0)
		tx.PutQueue(&r)
		for seq := range uint64(i) {
			tx.PutMessage(&r.RecipientID, &shard.MessageHeader{Seq: seq, ID: randomID(rng)}, randomBytes(rng, bodySize))
		}
		tx.PutMessage(&r.RecipientID, &shard.MessageHeader{Seq: uint64(i), Kind: shard.KindQuota}, nil)
		tx.PutNotifications(&r.RecipientID, make([]shard.Notification, i))
		tx.PutServiceCount(&receiver, uint8(i), shard.ServiceCount{Count: 10})
		tx.PutServiceCount(&notified, uint8(i), shard.ServiceCount{Count: 1})
		commit(t, tx)
		records = append(records, r)
	}
	want := Totals{
		Queues: 5, Notifiers: 3, Messages: 10, Notifications: 10,
		Services: 1, ServiceQueues: 50, NotifierServices: 1, NotifierQueues: 5,
	}
	look := s.Counting()
	tx := s.Begin(0)
	tx.DeleteQueue(&records[4])
	tx.DeleteNotifier(&records[0].Notifier.ID)
	commit(t, tx)
	if n, err := look.Count(nil); n != want || err != nil {
		t.Errorf("%+v %v, want %+v", n, err, want)
	}
	look.Close()
	look = s.Counting()
	defer look.Close()
	want.Queues, want.Notifiers, want.Messages, want.Notifications = 4, 2, 6, 10
	if n, err := look.Count(nil); n != want || err != nil {
		t.Errorf("%+v %v, want %+v", n, err, want)
	}
}

// TestCountingStops when nobody wants the count any more.
func TestCountingStops(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{Sync: SyncNever})
	rng := rand.New(rand.NewPCG(33, 34))
	tx := s.Begin(0)
	for range 2000 {
		r := randomRecord(rng)
		tx.PutQueue(&r)
	}
	commit(t, tx)
	look := s.Counting()
	defer look.Close()
	stop := make(chan struct{})
	close(stop)
	if _, err := look.Count(stop); err != errStopped {
		t.Error(err)
	}
}
