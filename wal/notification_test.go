package wal

import (
	"math/rand/v2"
	"slices"
	"testing"

	"switchyard/shard"
	"switchyard/smp"
)

// Notifications are replaced as a whole, found when the first is too old, and gone with their queue.
func TestNotifications(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{Sync: SyncNever})
	rng := rand.New(rand.NewPCG(3, 4))
	put := func(r *shard.Record, all ...shard.Notification) {
		tx := s.Begin(0)
		tx.PutQueue(r)
		tx.PutNotifications(&r.RecipientID, all)
		commit(t, tx)
	}
	check := func(r *shard.Record, want ...shard.Notification) {
		t.Helper()
		if got, err := s.Notifications(&r.RecipientID); err != nil || !slices.Equal(got, want) {
			t.Fatalf("%v, error %v, want %v", got, err, want)
		}
	}
	old, young := randomRecord(rng), randomRecord(rng)
	check(&old)
	a := shard.Notification{MessageID: randomID(rng), Time: 100}
	b := shard.Notification{MessageID: randomID(rng), Time: 200}
	young.Notifier = &shard.Notifier{ID: randomID(rng), Key: randomKey(rng, 1)}
	put(&old, a, b)
	put(&young, b)
	check(&old, a, b)

	var expired []smp.ID
	visit := func(id smp.ID) bool { expired = append(expired, id); return true }
	if err := s.ExpiredNotifications(150, visit); err != nil || !slices.Equal(expired, []smp.ID{old.RecipientID}) {
		t.Fatalf("expired %v, error %v", expired, err)
	}
	put(&old, b)
	check(&old, b)
	put(&old)
	check(&old)
	tx := s.Begin(0)
	tx.DeleteQueue(&young)
	commit(t, tx)
	check(&young)
}

func FuzzNotifications(f *testing.F) {
	f.Add(appendNotifications(nil, []shard.Notification{{Time: 1}, {Time: 2}}))
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, b []byte) {
		if all, ok := parseNotifications(b); ok && string(appendNotifications(nil, all)) != string(b) {
			t.Fatal("does not encode to what it was parsed of")
		}
	})
}
