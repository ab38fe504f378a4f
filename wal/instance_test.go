package wal

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/internal/disk/disktest"
	"switchyard/shard"
	"switchyard/smp"
)

// Whatever was done with a store before its disk failed, and while it was failing, does not hold what was open then: when the
// store is opened again that is closed, on which Close waits.
func TestNothingHoldsAFailedInstance(t *testing.T) {
	looks := make(disktest.Looker)
	fs := disktest.NewFaulty(vfs.NewMem())
	fs.Lasts = true
	var d everything
	s := openStore(t, "store", Options{FS: fs, looks: looks})
	d.put(t, s)
	use := func() {
		d.reads(s)
		d.reads(s)
		_ = s.Backup("backup")
		_ = s.Ingest(1, ingested)
		for _, epoch := range []uint64{0, 7} { // the second is one that nobody knows
			for _, empty := range []bool{false, true} {
				tx := s.Begin(epoch).(*transaction)
				if !empty {
					tx.with(1)
				}
				if c, err := tx.Commit(); err == nil {
					_ = c.Wait()
				}
			}
		}
	}
	use()
	fs.Left.Store(0)
	for s.Err() == nil {
		use()
	}
	use()
	fs.Works()
	for s.Err() != nil {
		looks.Look()
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// A transaction that is used again does nothing of what it did before.
func TestTransactionsBeginEmpty(t *testing.T) {
	s := openStore(t, "store", Options{FS: vfs.NewMem()})
	r := randomRecord(rand.New(rand.NewPCG(1, 3)))
	deletion := func() uint32 {
		tx := s.Begin(0).(*transaction)
		defer commit(t, tx)
		if !tx.Empty() {
			t.Fatal("a transaction begins with writes")
		}
		tx.DeleteQueue(&r)
		return tx.batch.Count()
	}
	least := deletion()
	for range 3 {
		tx := s.Begin(0)
		tx.PutMessage(&r.RecipientID, &shard.MessageHeader{Seq: 1}, []byte("body"))
		tx.DeleteMessage(&r.RecipientID, 1)
		commit(t, tx)
		if n := deletion(); n != least {
			t.Errorf("deleting an empty queue takes %d writes, and did %d", n, least)
		}
	}
}

// Times of messages and notifications at the limit are not too old, one second before it they are.
func TestExpiryLimit(t *testing.T) {
	s := openStore(t, "store", Options{FS: vfs.NewMem()})
	tx := s.Begin(0)
	for n := range byte(3) {
		id := smp.ID{n}
		tx.PutMessage(&id, &shard.MessageHeader{Seq: 1, Time: 99 + int64(n)}, []byte("body"))
		tx.PutNotifications(&id, []shard.Notification{{Time: 99 + int64(n)}})
	}
	commit(t, tx)
	for what, walk := range map[string]func(int64, func(smp.ID) bool) error{"messages": s.Expired, "notifications": s.ExpiredNotifications} {
		var old []smp.ID
		if err := walk(100, func(id smp.ID) bool { old = append(old, id); return true }); err != nil {
			t.Fatal(err)
		}
		if len(old) != 1 || old[0] != (smp.ID{0}) {
			t.Errorf("%s: too old are %v", what, old)
		}
	}
}

// What is not given is what the comments of Options say; what is given stays.
func TestOptionDefaults(t *testing.T) {
	o := Options{}.withDefaults()
	if o.Interval != 100*time.Millisecond || o.MemTable != 64<<20 || o.Cache != 64<<20 || o.FS == nil || o.Log == nil || o.Sync != SyncAlways {
		t.Errorf("%+v", o)
	}
	fs := vfs.NewMem()
	if o = (Options{Interval: 1, MemTable: 2, Cache: 3, FS: fs, Sync: SyncNever}).withDefaults(); o.Interval != 1 || o.MemTable != 2 || o.Cache != 3 || o.FS != fs || o.Sync != SyncNever {
		t.Errorf("%+v", o)
	}
	for sync, name := range map[Sync]string{SyncAlways: "always", SyncInterval: "interval", SyncNever: "never", 9: "unknown"} {
		if sync.String() != name {
			t.Errorf("%d is %s, not %s", sync, sync, name)
		}
	}
}

// Pebble is set up as the package comment says: few files, no compression, filters but for the last level.
func TestPebbleOptions(t *testing.T) {
	var o pebble.Options
	configure(&o)
	o.EnsureDefaults()
	if o.Comparer != comparer || o.MaxOpenFiles != openFiles || o.LBaseMaxBytes != 512<<20 || !o.Experimental.EnableColumnarBlocks() {
		t.Errorf("comparer %s, %d files, %d bytes of the first level", o.Comparer.Name, o.MaxOpenFiles, o.LBaseMaxBytes)
	}
	for i := range o.Levels {
		l := &o.Levels[i]
		filter := l.FilterPolicy != pebble.NoFilterPolicy
		if last := i == len(o.Levels)-1; filter == last || l.BlockSize != blockSize || l.IndexBlockSize != 8*blockSize || l.Compression() != sstable.NoCompression {
			t.Errorf("level %d: filter %v, blocks of %d and %d, %v", i, filter, l.BlockSize, l.IndexBlockSize, l.Compression())
		}
	}
}
