package wal

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/internal/disk/disktest"
	"switchyard/shard"
)

// TestDiskRecovers lets the disk fail at a random write while two shards work, and then work again. The store takes
// writes from then on: what was durable is there, and of the rest the result of a number of transactions. All of it
// survives a crash.
func TestDiskRecovers(t *testing.T) {
	for seed := range faultSeeds(15) {
		mode := Sync(seed % 3)
		t.Run(fmt.Sprintf("seed=%d/%s", seed, mode), func(t *testing.T) { recovers(t, seed, mode) })
	}
}

func recovers(t *testing.T, seed uint64, mode Sync) {
	rng := rand.New(rand.NewPCG(seed, 2))
	disk, looks := vfs.NewCrashableMem(), make(disktest.Looker)
	fs := disktest.NewFaulty(disk)
	fs.Lasts = true
	s := openStore(t, "store", Options{FS: fs, Sync: mode, MemTable: 256 << 10, looks: looks})
	shards := []*crashShard{newCrashShard(1, 200, bodySize), newCrashShard(2, 200, bodySize)}
	var readers sync.WaitGroup
	stop := make(chan struct{})
	stopReading := sync.OnceFunc(func() { close(stop); readers.Wait() })
	defer stopReading() // before the store is closed, whatever fails
	readers.Go(func() { readOften(t, s, stop) })
	for round := range uint64(3) {
		fs.Left.Store(rng.Int64N(100))
		if round == 1 {
			fs.Left.Add(1000) // the shards write less
		}
		failing(t, s, shards)
		for n := 0; s.Err() == nil; n++ { // without a failure so far
			c, err := s.Begin(s.Epoch()).(*transaction).with(n).Commit()
			if err == nil {
				_ = c.Wait() // what fails is seen by Err
			}
			s.database().Flush()
		}
		looks.Look()
		if s.Epoch() != round || s.Err() == nil {
			t.Fatal("the store takes writes on a disk that fails")
		}
		fs.Works()
		for s.Err() != nil {
			looks.Look()
		}
		if s.Epoch() != round+1 {
			t.Fatalf("epoch %d, want %d", s.Epoch(), round+1)
		}
		for _, sh := range shards {
			sh.atLeast = sh.durable.Load()
			sh.recover(t, s)
		}
	}
	stopReading()
	for _, sh := range shards {
		sh.work(t, s, -1, nil, nil)
		sh.atLeast = sh.durable.Load()
	}
	crashed := disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: rng.IntN(101), RNG: rng})
	again := openStore(t, "store", Options{FS: crashed})
	for _, sh := range shards {
		sh.recover(t, again)
	}
}

// with stores a message that no model knows.
func (t *transaction) with(n int) *transaction {
	t.PutMessage(&someQueue, &shard.MessageHeader{Seq: uint64(n)}, []byte("body"))
	return t
}

// readOften reads while instances come and go.
func readOften(t *testing.T, s *Store, stop chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
		}
		lookups := []shard.Lookup{{Kind: shard.ByRecipient, ID: someQueue[:]}}
		s.Load(lookups)
		if err := lookups[0].Err; err != nil {
			t.Errorf("reading fails: %v", err)
			return
		}
		runtime.Gosched()
	}
}

// TestFullDiskRecovers fills a disk, tells why in one line, and goes on when there is space.
func TestFullDiskRecovers(t *testing.T) {
	var log disktest.Log
	fs, looks := disktest.NewFaulty(vfs.NewMem()), make(disktest.Looker)
	fs.Err, fs.Lasts = syscall.ENOSPC, true
	s := openStore(t, "store", Options{FS: fs, looks: looks, Log: slog.New(slog.NewTextHandler(&log, nil))})
	commit(t, message(s, 0))
	fs.Left.Store(0)
	c, err := message(s, 1).Commit()
	if err == nil {
		err = c.Wait()
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("got %v", err)
	}
	for range 100 {
		looks.Look()
	}
	if _, err := message(s, 2).Commit(); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("got %v", err)
	}
	if n := strings.Count(log.String(), "level=ERROR"); n < 1 || n > 2 {
		t.Errorf("logged:\n%s", log.String())
	}
	fs.Works()
	for s.Err() != nil {
		looks.Look()
	}
	if _, err := message(s, 3).Commit(); err != ErrEpoch {
		t.Errorf("a shard of the last epoch gets %v", err)
	}
	tx := s.Begin(s.Epoch())
	tx.PutMessage(&someQueue, &shard.MessageHeader{Seq: 3}, nil)
	commit(t, tx)
	if _, err := s.Header(&someQueue, 0); err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), "the disk works again") {
		t.Errorf("logged:\n%s", log.String())
	}
}

// TestDirectoryGone has the store's directory emptied while the disk fails, as when it is no longer mounted.
func TestDirectoryGone(t *testing.T) {
	disk, looks := vfs.NewMem(), make(disktest.Looker)
	fs := disktest.NewFaulty(disk)
	fs.Lasts = true
	s := openStore(t, "store", Options{FS: fs, looks: looks})
	fs.Left.Store(0)
	if c, err := message(s, 0).Commit(); err == nil {
		c.Wait()
	}
	names, _ := disk.List("store")
	for _, name := range names {
		disk.Remove("store/" + name)
	}
	fs.Works()
	for range 3 {
		looks.Look()
	}
	if s.Err() == nil || s.Epoch() != 0 {
		t.Error("another store takes the place of the one that was open")
	}
}

// TestReserve has less and less space, and then more again.
func TestReserve(t *testing.T) {
	var log disktest.Log
	d, looks := disktest.NewSmall(1<<30), make(disktest.Looker)
	s := openStore(t, "store", Options{FS: d, Reserve: 400, looks: looks, Log: slog.New(slog.NewTextHandler(&log, nil))})
	for _, step := range []struct {
		free   uint64
		full   bool
		commit bool
	}{
		{400, false, true}, {399, true, true}, {199, true, true}, {101, true, true}, {99, true, false}, {100, true, true},
		{400, true, true}, {450, false, true}, {400, false, true}, {0, true, false}, {1000, false, true},
	} {
		d.Free.Store(step.free)
		looks.Look()
		if s.Full() != step.full {
			t.Errorf("with %d bytes: full %v", step.free, s.Full())
		}
		c, err := message(s, step.free).Commit()
		if err == nil {
			err = c.Wait()
		}
		if (err == nil) != step.commit {
			t.Errorf("with %d bytes: commit %v", step.free, err)
		}
	}
	if s.Epoch() != 0 || s.Err() != nil {
		t.Errorf("the store has failed: %v", s.Err())
	}
	if n := strings.Count(log.String(), "nearly full"); n != 2 {
		t.Errorf("logged:\n%s", log.String())
	}
	if n := strings.Count(log.String(), "space on the disk again"); n != 2 {
		t.Errorf("logged:\n%s", log.String())
	}
}

// TestDeletionsMakeRoom receives all messages of a disk that is nearly full: they leave the tables without that more is
// written, as nothing more is taken.
func TestDeletionsMakeRoom(t *testing.T) {
	for _, free := range []uint64{300, 150} { // short, tight
		d, looks := disktest.NewSmall(1<<30), make(disktest.Looker)
		s := openStore(t, "store", Options{FS: d, Reserve: 400, looks: looks})
		const messages = 100
		tx := s.Begin(0)
		for seq := range uint64(messages) {
			tx.PutMessage(&someQueue, &shard.MessageHeader{Seq: seq}, make([]byte, bodySize))
		}
		commit(t, tx)
		if err := s.database().Flush(); err != nil {
			t.Fatal(err)
		}
		d.Free.Store(free)
		looks.Look()
		tx = s.Begin(0)
		for seq := range uint64(messages) {
			tx.DeleteMessage(&someQueue, seq)
		}
		commit(t, tx)
		given := time.After(time.Minute)
		for s.database().Metrics().Total().TablesSize > bodySize {
			select {
			case <-given:
				t.Fatalf("the tables have %d bytes", s.database().Metrics().Total().TablesSize)
			default:
				looks.Look()
			}
		}
	}
}
