package wal

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/shard"
	"switchyard/smp"
)

func expired(t *testing.T, s *Store, before int64) (ids []smp.ID) {
	t.Helper()
	err := s.Expired(before, func(id smp.ID) bool {
		ids = append(ids, id)
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func TestExpired(t *testing.T) {
	s := openStore(t, "store", Options{FS: vfs.NewMem()})
	if ids := expired(t, s, 1<<62); len(ids) != 0 {
		t.Errorf("an empty store has %d expired queues", len(ids))
	}
	tx := s.Begin(0)
	put := func(queue byte, seq uint64, time int64, kind shard.MessageKind) {
		tx.PutMessage(&smp.ID{queue}, &shard.MessageHeader{Seq: seq, Time: time, Kind: kind}, nil)
	}
	put(1, 5, 99, shard.KindMessage) // old
	put(1, 6, 10, shard.KindMessage)
	put(2, 0, 100, shard.KindMessage) // not older than 100, whatever follows
	put(2, 1, 1, shard.KindMessage)
	put(3, 0, 1, shard.KindQuota) // a marker
	put(4, 7, 1, shard.KindMessage)
	put(5, 0, 1, shard.KindMessage) // deleted below
	put(0xFF, 1<<64-1, -5, shard.KindMessage)
	commit(t, tx)
	tx = s.Begin(0)
	tx.DeleteMessage(&smp.ID{5}, 0)
	commit(t, tx)
	for range 2 {
		if ids, want := expired(t, s, 100), []smp.ID{{1}, {4}, {0xFF}}; !slices.Equal(ids, want) {
			t.Errorf("got %v, want %v", ids, want)
		}
		if err := s.database().Flush(); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	s.Expired(100, func(smp.ID) bool { n++; return n < 2 })
	if n != 2 {
		t.Errorf("%d visits after the end was asked for", n-2)
	}
}

// TestExpiredStretches walks more queues than one iterator does, a multiple of its stretch included.
func TestExpiredStretches(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{expiredStretch - 1, expiredStretch, expiredStretch + 1, 2 * expiredStretch} {
		s := openStore(t, "store", Options{FS: vfs.NewMem(), Sync: SyncNever})
		want := make([]smp.ID, n)
		tx := s.Begin(0)
		for i := range want {
			want[i] = randomID(rng)
			for seq := range uint64(1 + i%2) {
				tx.PutMessage(&want[i], &shard.MessageHeader{Seq: seq}, nil)
			}
		}
		commit(t, tx)
		slices.SortFunc(want, func(a, b smp.ID) int { return slices.Compare(a[:], b[:]) })
		if ids := expired(t, s, 1); !slices.Equal(ids, want) {
			t.Errorf("%d queues: got %d", n, len(ids))
		}
		s.Close()
	}
}
