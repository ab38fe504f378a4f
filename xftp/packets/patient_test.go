package packets

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// faultyDisk fails each table that a compaction begins.
type faultyDisk struct {
	vfs.FS
	failing atomic.Bool
	failed  atomic.Int64
}

func (f *faultyDisk) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if c == "pebble-compaction" && f.failing.Load() {
		f.failed.Add(1)
		return nil, syscall.EIO
	}
	return f.FS.Create(name, c)
}

// stalled is a log that tells when writes wait.
type stalled struct {
	seen chan struct{}
	once sync.Once
}

func (l *stalled) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("writes wait")) {
		l.once.Do(func() { close(l.seen) })
	}
	return len(p), nil
}

// TestFaultyDisk commits until commits wait for compactions, which fail, each after a pause. They go on when the disk
// works again.
func TestFaultyDisk(t *testing.T) {
	disk, log := &faultyDisk{FS: vfs.NewMem()}, &stalled{seen: make(chan struct{})}
	disk.failing.Store(true)
	var pauses atomic.Int64
	dir, err := OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	s, err := Open(context.Background(), "store", dir, Options{
		FS: disk, Log: slog.New(slog.NewTextHandler(log, nil)), retry: func() { pauses.Add(1) },
	})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- commitTables(s, 40) }()
	<-log.seen
	disk.failing.Store(false)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if n := disk.failed.Load(); n == 0 || n > pauses.Load()+1 {
		t.Errorf("%d compactions failed, with %d pauses", n, pauses.Load())
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// commitTables makes n commits, each of which becomes a table above the one before.
func commitTables(s *Store, n int) error {
	for range n {
		if err := s.Create(newID(), Record{Sender: testKey, Size: 16, Digest: []byte("digest")}, nil); err != nil {
			return err
		}
		if err := s.db.Flush(); err != nil {
			return err
		}
	}
	return nil
}
