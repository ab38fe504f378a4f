package wal

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"switchyard/internal/disk/disktest"
)

// TestDiskFaults lets the disk fail at a random write while two shards work. Nothing hangs, no commit succeeds after
// the failure, everything that was made is read back from the failed store, and what was durable is there when it is
// opened again, on a disk that works.
func TestDiskFaults(t *testing.T) {
	for seed := range faultSeeds(40) {
		mode := Sync(seed % 3)
		t.Run(fmt.Sprintf("seed=%d/%s", seed, mode), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 1))
			disk := vfs.NewCrashableMem()
			fs := disktest.NewFaulty(disk)
			fs.Lasts = rng.IntN(2) == 0
			s := openStore(t, "store", Options{FS: fs, Sync: mode, MemTable: 256 << 10})
			fs.Left.Store(rng.Int64N(300))
			shards := []*crashShard{newCrashShard(1, 200, bodySize), newCrashShard(2, 200, bodySize)}
			failing(t, s, shards)
			if s.Close() == nil && s.Err() != nil {
				t.Error("Close says nothing of the failure")
			}
			crashed := disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: rng.IntN(101), RNG: rng})
			again := openStore(t, "store", Options{FS: crashed})
			for _, sh := range shards {
				sh.atLeast = sh.durable.Load()
				sh.recover(t, again)
			}
		})
	}
}

func failing(t *testing.T, s *Store, shards []*crashShard) {
	var wg sync.WaitGroup
	for _, sh := range shards {
		sh.recover(t, s)
		wg.Go(func() { sh.work(t, s, -1, nil, nil) })
	}
	wg.Wait()
	for range 2 {
		for _, sh := range shards {
			sh.m.check(t, s)
		}
		if err := s.database().Flush(); err != nil { // into memory, after a failure
			t.Error(err)
		}
	}
	if s.Err() != nil {
		if _, err := message(s, 0).Commit(); err == nil {
			t.Error("a failed store takes a commit")
		}
	}
}

// TestFaultPlaces fails each kind of operation on each kind of file alone.
func TestFaultPlaces(t *testing.T) {
	kinds := []errorfs.OpKind{
		errorfs.OpCreate, errorfs.OpReuseForWrite, errorfs.OpFileWrite, errorfs.OpFileSync, errorfs.OpFileSyncData,
	}
	for _, file := range []string{".log", "MANIFEST-", ".sst", "store"} {
		for _, kind := range kinds {
			t.Run(fmt.Sprintf("%s/%d", file, kind), func(t *testing.T) {
				fs := disktest.NewFaulty(vfs.NewMem())
				fs.Kind = func(op errorfs.Op) bool {
					base := op.Path[strings.LastIndexByte(op.Path, '/')+1:]
					return op.Kind == kind && (strings.HasSuffix(base, file) || strings.HasPrefix(base, file))
				}
				s := openStore(t, "store", Options{FS: fs, MemTable: 256 << 10})
				fs.Left.Store(0)
				failing(t, s, []*crashShard{newCrashShard(1, 200, bodySize), newCrashShard(2, 200, bodySize)})
				if failure := s.Err(); failure != nil && !strings.Contains(failure.Error(), file) {
					t.Errorf("the failure does not name the file: %v", failure)
				}
			})
		}
	}
}

// TestOpenOnFaultyDisk fails each write of opening in turn, of a new store and of one that a crash left.
func TestOpenOnFaultyDisk(t *testing.T) {
	old := vfs.NewCrashableMem()
	s := openStore(t, "store", Options{FS: old, MemTable: 256 << 10})
	m := newModel(1)
	for range 60 {
		tx := s.Begin(0)
		m.step(tx)
		m.step(tx)
		commit(t, tx)
	}
	for name, disk := range map[string]*vfs.MemFS{"new": vfs.NewCrashableMem(), "old": old.CrashClone(vfs.CrashCloneCfg{})} {
		failed := 0
		for n := range int64(1000) {
			fs := disktest.NewFaulty(disk.CrashClone(vfs.CrashCloneCfg{}))
			fs.Left.Store(n)
			s, err := Open("store", Options{FS: fs, MemTable: 256 << 10})
			if err != nil {
				failed++
				checkFault(t, err)
				continue
			}
			if err := s.Close(); err == nil && fs.Left.Load() >= 0 {
				break // there are no more writes
			}
		}
		if failed < 5 {
			t.Errorf("%s: opening failed %d times", name, failed)
		}
	}
}

func checkFault(t *testing.T, err error) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Place == "" || e.Mend == "" || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %q", err)
	}
}

func TestFailureIsLogged(t *testing.T) {
	var log disktest.Log
	fs := disktest.NewFaulty(vfs.NewMem())
	fs.Err = syscall.ENOSPC
	fs.Lasts = true
	s := openStore(t, "store", Options{FS: fs, Log: slog.New(slog.NewTextHandler(&log, nil))})
	fs.Left.Store(0)
	c, err := message(s, 0).Commit()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err == nil || !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "disk is full") {
		t.Errorf("got %v", err)
	}
	if s.Close() == nil {
		t.Error("Close says nothing of the failure")
	}
	if n := strings.Count(log.String(), "level=ERROR"); n != 1 || !strings.Contains(log.String(), "disk is full") {
		t.Errorf("logged:\n%s", log.String())
	}
}
