package wal

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/shard"
)

// TestAllocations counts those of a message's life: stored, read, deleted, each in a transaction that is waited for.
func TestAllocations(t *testing.T) {
	if raceEnabled {
		return // the race detector lets pools forget
	}
	for _, mode := range []Sync{SyncAlways, SyncInterval, SyncNever} {
		s := openStore(t, "store", Options{FS: vfs.NewMem(), Sync: mode})
		body, dst := make([]byte, bodySize), make([]byte, bodySize)
		h := shard.MessageHeader{Notify: true}
		life := func() {
			h.Seq++
			tx := s.Begin(0)
			tx.PutMessage(&someQueue, &h, body)
			commit(t, tx)
			if _, err := s.Header(&someQueue, h.Seq); err != nil {
				t.Error(err)
			}
			if _, err := s.Body(&someQueue, h.Seq, dst); err != nil {
				t.Error(err)
			}
			tx = s.Begin(0)
			tx.DeleteMessage(&someQueue, h.Seq)
			commit(t, tx)
		}
		for range 500 {
			life() // until the pools are full and the table in memory has grown
		}
		if n := testing.AllocsPerRun(500, life); n != 0 {
			t.Errorf("sync=%s: %v allocations", mode, n)
		}
		s.Close()
	}
}
