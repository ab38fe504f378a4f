package wal

import (
	"errors"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// guard stands between Pebble and the file system. It stops the disk at the first failed write, and counts the syncs
// of the log.
//
// Pebble does not survive a failed write: when the log fails it panics while it holds the lock that every commit
// takes, so that other shards would hang; when a manifest fails it wants the process to end, and goes on with a broken
// one otherwise; and a sync that failed once may report success when repeated although the data is gone. So after the
// first failure nothing on disk changes any more: what is there is what a crash at that moment would have left, which
// Open recovers from. In memory Pebble goes on without noticing, so that reads are answered:
//
//   - the log swallows writes and syncs and reports success. Nobody takes that for an answer: commits ask for the
//     failure after their sync, and new ones are refused;
//   - everything else that would change the disk waits for Close and then fails. Waiting keeps Pebble, which repeats
//     failed flushes at once, from doing so as fast as it can.
type guard struct {
	vfs.FS
	onFail func(*Error) // called once, from whichever goroutine met the failure

	failure  atomic.Pointer[Error]
	closing  chan struct{} // closed by release
	released sync.Once

	stats logStats
}

func newGuard(fs vfs.FS, onFail func(*Error)) *guard {
	return &guard{FS: fs, onFail: onFail, closing: make(chan struct{})}
}

// fail records the first failure.
func (g *guard) fail(e *Error) {
	if g.failure.CompareAndSwap(nil, e) {
		g.onFail(e)
	}
}

// err is the failure that stopped the disk, nil while all is well.
func (g *guard) err() error {
	if e := g.failure.Load(); e != nil {
		return e
	}
	return nil
}

// release lets go what waits for Close.
func (g *guard) release() { g.released.Do(func() { close(g.closing) }) }

// stopped reports the failure to an operation that would change the disk, when the store is closed.
func (g *guard) stopped() error {
	e := g.failure.Load()
	if e == nil {
		return nil
	}
	<-g.closing
	return e
}

// check passes on the result of an operation that changes the disk.
func (g *guard) check(err error, name string) error {
	if err != nil {
		g.fail(writeFailure(err, name))
	}
	return err
}

func isLog(name string) bool { return strings.HasSuffix(name, ".log") }

func (g *guard) Unwrap() vfs.FS { return g.FS }

func (g *guard) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if isLog(name) {
		return g.openLog(name, func() (vfs.File, error) { return g.FS.Create(name, c) })
	}
	if err := g.stopped(); err != nil {
		return nil, err
	}
	f, err := g.FS.Create(name, c)
	return g.wrap(f, name, g.check(err, name))
}

func (g *guard) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	// Pebble reuses logs only.
	return g.openLog(name, func() (vfs.File, error) { return g.FS.ReuseForWrite(old, name, c) })
}

// openLog opens a log so that Pebble sees no failure.
func (g *guard) openLog(name string, open func() (vfs.File, error)) (vfs.File, error) {
	var f vfs.File
	var err error
	if g.err() == nil {
		f, err = open()
		err = g.check(err, name)
	}
	if err != nil || g.err() != nil {
		if f != nil && err == nil {
			f.Close()
		}
		f = vfs.NewMemFile(nil)
	}
	return &guardedLog{File: f, g: g, name: name}, nil
}

func (g *guard) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	if err := g.stopped(); err != nil {
		return nil, err
	}
	f, err := g.FS.OpenReadWrite(name, c, o...)
	return g.wrap(f, name, g.check(err, name))
}

func (g *guard) OpenDir(name string) (vfs.File, error) {
	f, err := g.FS.OpenDir(name)
	if err != nil {
		return nil, err
	}
	// A directory is synced when a log is made, where Pebble panics on errors as it does for the log.
	return &guardedLog{File: f, g: g, name: name, dir: true}, nil
}

func (g *guard) wrap(f vfs.File, name string, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	return &guardedFile{File: f, g: g, name: name}, nil
}

func (g *guard) Link(old, name string) error {
	if err := g.stopped(); err != nil {
		return err
	}
	return g.check(g.FS.Link(old, name), name)
}

func (g *guard) Rename(old, name string) error {
	if err := g.stopped(); err != nil {
		return err
	}
	return g.check(g.FS.Rename(old, name), name)
}

func (g *guard) Remove(name string) error {
	if err := g.stopped(); err != nil {
		return err
	}
	err := g.FS.Remove(name)
	if errors.Is(err, os.ErrNotExist) {
		return err // Pebble asks for this
	}
	return g.check(err, name)
}

func (g *guard) RemoveAll(name string) error {
	if err := g.stopped(); err != nil {
		return err
	}
	return g.check(g.FS.RemoveAll(name), name)
}

func (g *guard) MkdirAll(name string, perm os.FileMode) error {
	if err := g.stopped(); err != nil {
		return err
	}
	return g.check(g.FS.MkdirAll(name, perm), name)
}

// guardedFile is a table, a manifest or a marker.
type guardedFile struct {
	vfs.File
	g    *guard
	name string
}

func (f *guardedFile) Write(p []byte) (int, error) {
	if err := f.g.stopped(); err != nil {
		return 0, err
	}
	n, err := f.File.Write(p)
	return n, f.g.check(err, f.name)
}

func (f *guardedFile) WriteAt(p []byte, off int64) (int, error) {
	if err := f.g.stopped(); err != nil {
		return 0, err
	}
	n, err := f.File.WriteAt(p, off)
	return n, f.g.check(err, f.name)
}

func (f *guardedFile) Sync() error {
	if err := f.g.stopped(); err != nil {
		return err
	}
	return f.g.check(f.File.Sync(), f.name)
}

func (f *guardedFile) SyncData() error {
	if err := f.g.stopped(); err != nil {
		return err
	}
	return f.g.check(f.File.SyncData(), f.name)
}

func (f *guardedFile) SyncTo(n int64) (bool, error) {
	if err := f.g.stopped(); err != nil {
		return false, err
	}
	full, err := f.File.SyncTo(n)
	return full, f.g.check(err, f.name)
}

// guardedLog is a file of the write-ahead log, or the directory. Its failures stop the store and stay hidden from
// Pebble.
type guardedLog struct {
	vfs.File
	g    *guard
	name string
	dir  bool
}

func (f *guardedLog) Write(p []byte) (int, error) {
	if f.g.err() != nil {
		return len(p), nil
	}
	if _, err := f.File.Write(p); err != nil {
		f.g.fail(writeFailure(err, f.name))
	}
	return len(p), nil
}

func (f *guardedLog) Sync() error { return f.sync(f.File.Sync) }

func (f *guardedLog) SyncData() error { return f.sync(f.File.SyncData) }

func (f *guardedLog) sync(sync func() error) error {
	if f.g.err() != nil {
		return nil
	}
	if f.dir {
		if err := sync(); err != nil {
			f.g.fail(writeFailure(err, f.name))
		}
		return nil
	}
	start, group := time.Now(), f.g.stats.take()
	if err := sync(); err != nil {
		f.g.fail(writeFailure(err, f.name))
		return nil
	}
	f.g.stats.synced(group, time.Since(start))
	return nil
}

func (f *guardedLog) SyncTo(n int64) (bool, error) {
	if f.g.err() != nil {
		return false, nil
	}
	full, err := f.File.SyncTo(n)
	if err != nil {
		f.g.fail(writeFailure(err, f.name))
	}
	return full, nil
}
