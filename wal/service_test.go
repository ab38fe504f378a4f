package wal

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2"

	"switchyard/shard"
	"switchyard/shard/partition"
	"switchyard/smp"
)

// putService stores a service, as the registry of the shards does.
func putService(s *Store, fingerprint *[32]byte, r shard.ServiceRecord) error {
	tx := s.Begin(s.Epoch())
	tx.PutService(fingerprint, r)
	c, err := tx.Commit()
	if err != nil {
		return err
	}
	return c.Wait()
}

func TestServicesAreKept(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, Options{Sync: SyncAlways})
	rng := rand.New(rand.NewPCG(3, 1))
	one, two := [32]byte(randomBytes(rng, 32)), [32]byte(randomBytes(rng, 32))
	r := shard.ServiceRecord{ID: randomID(rng), Role: smp.RoleNotifier}
	if err := putService(s, &one, r); err != nil {
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
	if err := putService(s, &two, r); err != ErrClosed {
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

// The counts of a service in a range of partitions are those that were put, and no other service's; one that is damaged is an
// error.
func TestServiceCountsOfPartitions(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{Sync: SyncNever})
	rng := rand.New(rand.NewPCG(3, 5))
	service := randomID(rng)
	before, after := service, smp.ID(nextPrefix(nil, service[:]))
	before[len(before)-1]--
	put := make(map[uint8]shard.ServiceCount)
	tx := s.Begin(0)
	for i, owner := range []smp.ID{before, service, after} {
		for _, p := range []uint8{0, 1, 7, 8, 100, 127, 128, 254, 255} {
			n := shard.ServiceCount{Count: int64(i)<<8 + int64(p) + 1, Hash: [16]byte(randomBytes(rng, 16))}
			tx.PutServiceCount(&owner, p, n)
			if owner == service {
				put[p] = n
			}
		}
	}
	tx.PutServiceCount(&service, 8, shard.ServiceCount{})
	delete(put, 8)
	commit(t, tx)
	for _, r := range [][2]uint8{{0, 255}, {0, 127}, {128, 255}, {7, 8}, {8, 8}, {255, 255}, {2, 6}} {
		want := maps.Clone(put)
		maps.DeleteFunc(want, func(p uint8, _ shard.ServiceCount) bool { return p < r[0] || p > r[1] })
		got := make(map[uint8]shard.ServiceCount)
		if err := s.ServiceCounts(&service, r[0], r[1], func(p uint8, n shard.ServiceCount) { got[p] = n }); err != nil {
			t.Fatal(err)
		}
		if !maps.Equal(got, want) {
			t.Errorf("partitions %d to %d: %v, want %v", r[0], r[1], got, want)
		}
	}
	err := s.database().Set(appendCountKey(nil, spaceCounts, &service, 50), []byte("damage"), pebble.Sync)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ServiceCounts(&service, 0, 255, func(uint8, shard.ServiceCount) {}); err != ErrCorrupt {
		t.Error(err)
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

// Behind damage a walk goes on with the next partition, up to the last of its range.
func TestWalkGoesOnBehindAPartition(t *testing.T) {
	r := shard.WaitingRange{Service: smp.ID{7}, First: 2, Last: 4}
	for partition := r.First; partition < r.Last; partition++ {
		if got := behindPartition(&r, partition); string(got) != string(appendCountKey(nil, spaceAssociations, &r.Service, partition+1)) {
			t.Errorf("behind partition %d: %x", partition, got)
		}
	}
	if got := behindPartition(&r, r.Last); got != nil {
		t.Errorf("behind the last partition: %x", got)
	}
}

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

// BenchmarkServiceCounts is what SUBS reads, of a service with queues in every partition and of one without any, beside those
// of 2,000 services in tables.
func BenchmarkServiceCounts(b *testing.B) {
	s := openStore(b, b.TempDir(), Options{Sync: SyncNever})
	rng := rand.New(rand.NewPCG(3, 6))
	var all smp.ID
	for i := range 2000 {
		tx := s.Begin(0)
		id := randomID(rng)
		if i == 1000 {
			all = id
		}
		for p := range partition.Count {
			if p%3 == 0 || i == 1000 {
				tx.PutServiceCount(&id, uint8(p), shard.ServiceCount{Count: 1})
			}
		}
		commit(b, tx)
	}
	if err := s.database().Flush(); err != nil {
		b.Fatal(err)
	}
	for name, id := range map[string]smp.ID{"all": all, "none": randomID(rng)} {
		b.Run(name, func(b *testing.B) {
			n := 0
			for b.Loop() {
				for _, half := range [][2]uint8{{0, 127}, {128, 255}} { // of two shards
					if err := s.ServiceCounts(&id, half[0], half[1], func(uint8, shard.ServiceCount) { n++ }); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(n)/float64(b.N), "counts")
		})
	}
}
