package wal

import (
	"bytes"
	"errors"
	"log/slog"
	"sync"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// slowCompactions is a file system on which compactions wait, and then go on or fail.
type slowCompactions struct {
	vfs.FS
	end chan struct{} // closed when they end
	err error         // how; nil: they go on
}

func (f *slowCompactions) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := f.FS.Create(name, c)
	if err == nil && c == compactionCategory {
		file = &slowFile{file, f}
	}
	return file, err
}

type slowFile struct {
	vfs.File
	fs *slowCompactions
}

func (f *slowFile) Write(p []byte) (int, error) {
	if <-f.fs.end; f.fs.err != nil {
		return 0, f.fs.err
	}
	return f.File.Write(p)
}

// logged is a log that tells when a text comes.
type logged struct {
	text string
	seen chan struct{}
	once sync.Once
}

func (l *logged) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(l.text)) {
		l.once.Do(func() { close(l.seen) })
	}
	return len(p), nil
}

// TestPressure commits until commits wait for compactions. They go on when these have ended, and return when the disk
// fails instead.
func TestPressure(t *testing.T) {
	for _, failure := range []error{nil, syscall.EIO} {
		fs := &slowCompactions{FS: vfs.NewMem(), end: make(chan struct{}), err: failure}
		log := &logged{text: "writes wait", seen: make(chan struct{})}
		s := openStore(t, "store", Options{FS: fs, MemTable: 256 << 10, Log: slog.New(slog.NewTextHandler(log, nil))})
		ended := make(chan error)
		go func() { ended <- commitTables(s, 4*stopAfter) }()
		<-log.seen
		close(fs.end)
		if err := <-ended; !errors.Is(err, failure) {
			t.Errorf("compactions end with %v: commits with %v", failure, err)
		}
	}
}

// commitTables makes n commits, each of which becomes a table above the one before.
func commitTables(s *Store, n int) error {
	for seq := range uint64(n) {
		c, err := message(s, seq).Commit()
		if err == nil {
			err = c.Wait()
		}
		if err == nil {
			err = s.now().db.Flush()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// TestCloseUnderPressure closes a store whose compactions may not run for want of space: that does not wait for them.
func TestCloseUnderPressure(t *testing.T) {
	d, looks := &smallDisk{MemFS: vfs.NewMem()}, make(looker)
	d.free.Store(1 << 30)
	s := openStore(t, "store", Options{FS: d, Reserve: 400, looks: looks})
	d.free.Store(150) // less than a half
	looks.look()
	if err := commitTables(s, stopAfter+2); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
