package wal

import (
	"errors"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/internal/disk/disktest"
	"switchyard/shard"
	"switchyard/smp"
)

// walks are those over the queues of many, by what they visit.
func walks(s *Store, service *smp.ID) map[string]map[smp.ID]bool {
	seen := map[string]map[smp.ID]bool{"messages": {}, "notifications": {}, "service": {}}
	into := func(what string) func(smp.ID) bool {
		return func(id smp.ID) bool {
			seen[what][id] = true
			return true
		}
	}
	s.Expired(1<<62, into("messages"))
	s.ExpiredNotifications(1<<62, into("notifications"))
	r := shard.WaitingRange{Service: *service, Last: 255, Rows: 100}
	visit := into("service")
	for next, err := s.Waiting(&r, nil, func(id smp.ID) { visit(id) }); next != nil && (err == nil || errors.Is(err, shard.ErrDamaged)); {
		next, err = s.Waiting(&r, next, func(id smp.ID) { visit(id) })
	}
	return seen
}

// TestWalksPassOverRows has rows that do not parse among those of other queues, which are visited all the same.
func TestWalksPassOverRows(t *testing.T) {
	var log disktest.Log
	s := openStore(t, "store", Options{FS: vfs.NewMem(), Log: slog.New(slog.NewTextHandler(&log, nil))})
	service := smp.ID{7}
	put := func(ids ...byte) {
		tx := s.Begin(0)
		for _, n := range ids {
			id := smp.ID{n}
			tx.PutMessage(&id, &shard.MessageHeader{Seq: 1, Time: 1}, nil)
			tx.PutNotifications(&id, []shard.Notification{{Time: 1}})
			tx.PutAssociation(&service, n, &id)
		}
		commit(t, tx)
	}
	put(1, 2, 3, 4, 5, 255)
	for _, key := range [][]byte{
		appendMessageKey(nil, spaceHeads, &smp.ID{2}, 1), appendKey(nil, spaceHeads, []byte{3}),
		appendKey(nil, spaceNotifications, idOf(2)), appendKey(nil, spaceNotifications, []byte{3}),
		append(appendCountKey(nil, spaceAssociations, &service, 3), 1),
	} {
		if err := s.database().Set(key, []byte("damage"), pebble.Sync); err != nil {
			t.Fatal(err)
		}
	}
	for what, seen := range walks(s, &service) {
		for _, n := range []byte{1, 3, 4, 5, 255} {
			if !seen[smp.ID{n}] {
				t.Errorf("%s: queue %d is not visited", what, n)
			}
		}
	}
	if n := strings.Count(log.String(), "are passed over"); n != 3 || !strings.Contains(log.String(), "rows=2") {
		t.Errorf("told %d times: %s", n, log.String())
	}
	if err := s.Expired(1<<62, func(smp.ID) bool { return true }); err == nil || !strings.Contains(err.Error(), "2 rows") {
		t.Errorf("got %v", err)
	}
}

func idOf(n byte) []byte { id := smp.ID{n}; return id[:] }

// TestWalksPassOverBlocks flips a bit in one block of a table after the other: all queues are visited but those whose rows are
// in it or just behind it.
func TestWalksPassOverBlocks(t *testing.T) {
	const queues, perBlock = 3000, 2 * blockSize / 30
	disk, rng := vfs.NewCrashableMem(), rand.New(rand.NewPCG(*crashSeed, 2))
	s := openStore(t, "store", Options{FS: disk})
	service := randomID(rng)
	tx := s.Begin(0)
	for range queues {
		id := randomID(rng)
		tx.PutMessage(&id, &shard.MessageHeader{Seq: 1, Time: 1}, nil)
		tx.PutNotifications(&id, []shard.Notification{{Time: 1}})
		tx.PutAssociation(&service, id[0], &id)
	}
	commit(t, tx)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	names, err := disk.List("store")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range names {
		if !strings.HasSuffix(name, ".sst") {
			continue
		}
		info, err := disk.Stat("store/" + name)
		if err != nil {
			t.Fatal(err)
		}
		data := info.Size() * 9 / 10 // and then what is about the whole table
		for at := rng.Int64N(16 * blockSize); at < data; at += 16 * blockSize {
			copied := killed(disk)
			flip(t, copied, "store/"+name, at, 1)
			s := openStore(t, "store", Options{FS: copied, still: true})
			for what, seen := range walks(s, &service) {
				if len(seen) < queues-perBlock {
					t.Errorf("%s at %d: %d of %d queues are visited with one damaged block of %s", name, at, len(seen), queues, what)
				}
				if len(seen) < queues {
					found++
				}
			}
			s.Close()
		}
	}
	if found < 5 {
		t.Errorf("%d walks met a damaged block", found)
	}
}
