package wal

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// TestBackup makes backups while two shards work, in each mode: each holds what a number of transactions have led to,
// at least those that were made before it was begun.
func TestBackup(t *testing.T) {
	onEachFS(t, func(t *testing.T, dir string, o Options) {
		o.MemTable = 256 << 10
		s := openStore(t, dir, o)
		backupsWhileWorking(t, s, dir+".backup", o)
	})
}

func backupsWhileWorking(t *testing.T, s *Store, dir string, o Options) {
	shards := []*crashShard{newCrashShard(1, 200, bodySize), newCrashShard(2, 200, bodySize)}
	for range 3 {
		stop := make(chan struct{})
		var wg sync.WaitGroup
		for _, sh := range shards {
			sh.recover(t, s)
			wg.Go(func() { sh.work(t, s, -1, nil, stop) })
		}
		for shards[0].made.Load() < 20 && shards[1].made.Load() < 20 {
			s.Load(nil)
		}
		made := []int64{shards[0].made.Load(), shards[1].made.Load()}
		if err := s.Backup(dir); err != nil {
			t.Fatal(err)
		}
		close(stop)
		wg.Wait()
		b := openStore(t, dir, o)
		if b.PartitionKey() != s.PartitionKey() {
			t.Error("the backup has another partition key")
		}
		for i, sh := range shards {
			sh.atLeast = made[i]
			sh.find(t, b)
			sh.atLeast = 0
		}
		b.Close()
		if err := s.options.FS.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
}

// TestBackupFails has the place of the backup fail at each of its writes, or exist: the store goes on.
func TestBackupFails(t *testing.T) {
	disk := vfs.NewMem()
	var left atomic.Int64
	left.Store(1 << 30)
	fs := errorfs.Wrap(disk, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if !strings.HasPrefix(op.Path, "backup") || op.Kind.ReadOrWrite() != errorfs.OpIsWrite {
			return nil
		}
		if left.Add(-1) < 0 {
			return &os.PathError{Op: "write", Path: op.Path, Err: syscall.ENOSPC}
		}
		return nil
	}))
	s := openStore(t, "store", Options{FS: fs, MemTable: 256 << 10})
	m := newModel(1)
	for range 60 {
		tx := s.Begin(0)
		m.step(tx)
		commit(t, tx)
	}
	for n := int64(0); ; n++ {
		left.Store(n)
		err := s.Backup("backup")
		if s.Err() != nil {
			t.Fatalf("write %d: the store has failed: %v", n, s.Err())
		}
		if err == nil {
			break
		}
		left.Store(1 << 30)
		fs.RemoveAll("backup")
	}
	if err := s.Backup("backup"); err == nil {
		t.Error("a backup is made where there is one")
	}
	m.check(t, s)
}

// TestBackupOfAFailingStore has the disk of the store fail when a backup is made: what was committed and never written is not in
// the copy, so there is none.
func TestBackupOfAFailingStore(t *testing.T) {
	var failing atomic.Bool
	fs := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if failing.Load() && strings.HasPrefix(op.Path, "store/") && op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
			return &os.PathError{Op: "write", Path: op.Path, Err: syscall.EIO}
		}
		return nil
	}))
	s := openStore(t, "store", Options{FS: fs, Sync: SyncNever})
	commit(t, message(s, 0))
	failing.Store(true)
	if err := s.Backup("backup"); err == nil {
		t.Error("a backup is made of what the disk has not taken")
	}
	if _, err := fs.Stat("backup"); !os.IsNotExist(err) {
		t.Errorf("a part of the backup is left: %v", err)
	}
}

// TestBackupOnAnotherDisk cannot link tables.
func TestBackupOnAnotherDisk(t *testing.T) {
	fs := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpLink {
			return &os.LinkError{Op: "link", Old: op.Path, Err: syscall.EXDEV}
		}
		return nil
	}))
	s := openStore(t, "store", Options{FS: fs})
	commit(t, message(s, 0))
	if err := s.database().Flush(); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(filepath.Join("other", "backup")); err != nil {
		t.Fatal(err)
	}
	if _, err := openStore(t, "other/backup", Options{FS: fs}).Header(&someQueue, 0); err != nil {
		t.Error(err)
	}
}
