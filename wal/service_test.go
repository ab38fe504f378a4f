package wal

import (
	"math/rand/v2"
	"slices"
	"testing"

	"switchyard/shard"
	"switchyard/smp"
)

func TestServicesAreKept(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, Options{Sync: SyncAlways})
	rng := rand.New(rand.NewPCG(3, 1))
	one, two := [32]byte(randomBytes(rng, 32)), [32]byte(randomBytes(rng, 32))
	r := shard.ServiceRecord{ID: randomID(rng), Role: smp.RoleNotifier}
	if err := s.PutService(&one, r); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got, found, err := s.Service(&one); got != r || !found || err != nil {
			t.Fatal(got, found, err)
		}
		if _, found, err := s.Service(&two); found || err != nil {
			t.Fatal(found, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = openStore(t, dir, Options{Sync: SyncAlways})
	}
	s.Close()
	if err := s.PutService(&two, r); err != ErrClosed {
		t.Error(err)
	}
}

func TestServiceCounts(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{Sync: SyncNever})
	rng := rand.New(rand.NewPCG(3, 2))
	service, other := randomID(rng), randomID(rng)
	n := shard.ServiceCount{Count: 1_000_000, Hash: [16]byte(randomBytes(rng, 16))}
	for _, test := range []struct{ put, want shard.ServiceCount }{
		{n, n}, {shard.ServiceCount{Count: 1}, shard.ServiceCount{Count: 1}}, {shard.ServiceCount{}, shard.ServiceCount{}},
	} {
		tx := s.Begin(0)
		tx.PutServiceCount(&service, 7, test.put)
		commit(t, tx)
		if got, err := s.ServiceCount(&service, 7); got != test.want || err != nil {
			t.Fatal(got, err)
		}
		for _, id := range []smp.ID{service, other} {
			if got, err := s.ServiceCount(&id, 8); got != (shard.ServiceCount{}) || err != nil {
				t.Fatal(got, err)
			}
		}
	}
}

// Queues of a service are visited in pieces, those on which something waits, those of the partitions asked for alone.
func TestWaiting(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{Sync: SyncNever})
	rng := rand.New(rand.NewPCG(3, 3))
	service := randomID(rng)
	other := smp.ID(nextPrefix(nil, service[:])) // the next one
	var withMessage, withNotification []smp.ID
	tx := s.Begin(0)
	for i := range 300 {
		r := randomRecord(rng)
		tx.PutQueue(&r)
		owner, partition := service, uint8(i%8)
		if i%5 == 0 {
			owner = other
		}
		tx.PutAssociation(&owner, partition, &r.RecipientID)
		mine := owner == service && partition >= 2 && partition <= 6
		if i%3 == 0 {
			tx.PutMessage(&r.RecipientID, &shard.MessageHeader{Seq: uint64(i), Kind: shard.KindQuota}, nil)
			if mine {
				withMessage = append(withMessage, r.RecipientID)
			}
		}
		if i%7 == 0 {
			tx.PutNotifications(&r.RecipientID, []shard.Notification{{Time: 1}})
			if mine {
				withNotification = append(withNotification, r.RecipientID)
			}
		}
	}
	gone := randomID(rng)
	tx.PutAssociation(&service, 3, &gone)
	commit(t, tx)
	tx = s.Begin(0)
	tx.DeleteAssociation(&service, 3, &gone)
	commit(t, tx)
	for _, rows := range []int{1, 7, 1000} {
		for notifications, want := range map[bool][]smp.ID{false: withMessage, true: withNotification} {
			r := shard.WaitingRange{Service: service, Notifications: notifications, First: 2, Last: 6, Rows: rows}
			got, pieces := visitAll(t, s, &r)
			slices.SortFunc(want, compareIDs)
			if !slices.Equal(got, want) {
				t.Errorf("%d rows, notifications %v: %d queues, want %d", rows, notifications, len(got), len(want))
			}
			if rows == 1 && pieces != 150 {
				t.Errorf("%d rows", pieces)
			}
		}
	}
	all := shard.WaitingRange{Service: service, First: 0, Last: 255, Rows: 1000}
	if got, _ := visitAll(t, s, &all); len(got) <= len(withMessage) {
		t.Errorf("%d queues in all partitions", len(got))
	}
	none := shard.WaitingRange{Service: randomID(rng), First: 0, Last: 255, Rows: 1}
	if got, _ := visitAll(t, s, &none); len(got) != 0 {
		t.Errorf("%d queues of a service that has none", len(got))
	}
}

func visitAll(t *testing.T, s *Store, r *shard.WaitingRange) (all []smp.ID, pieces int) {
	t.Helper()
	var from []byte
	for {
		pieces++
		next, err := s.Waiting(r, from, func(id smp.ID) { all = append(all, id) })
		if err != nil {
			t.Fatal(err)
		}
		if next == nil {
			slices.SortFunc(all, compareIDs)
			return all, pieces
		}
		from = next
	}
}

func compareIDs(a, b smp.ID) int { return slices.Compare(a[:], b[:]) }

func FuzzCount(f *testing.F) {
	f.Add(appendCount(nil, &shard.ServiceCount{Count: 5, Hash: [16]byte{1}}))
	f.Add(make([]byte, countSize))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, ok := parseCount(b)
		if ok && (c.Count <= 0 || string(appendCount(nil, &c)) != string(b)) {
			t.Fatal("does not encode to what it was parsed of")
		}
	})
}

func BenchmarkWaiting(b *testing.B) {
	s := openStore(b, b.TempDir(), Options{Sync: SyncNever})
	rng := rand.New(rand.NewPCG(3, 4))
	service := randomID(rng)
	tx := s.Begin(0)
	for i := range 10_000 {
		id := randomID(rng)
		tx.PutAssociation(&service, uint8(i%256), &id)
	}
	commit(b, tx)
	r := shard.WaitingRange{Service: service, Last: 255, Rows: 128}
	var from []byte
	for b.Loop() {
		next, err := s.Waiting(&r, from, func(smp.ID) {})
		if err != nil {
			b.Fatal(err)
		}
		from = next
	}
}
