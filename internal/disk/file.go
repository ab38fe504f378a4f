package disk

import (
	"os"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// guardedFile is a file for writing, or a directory.
type guardedFile struct {
	vfs.File
	g        *guard
	name     string
	swallow  bool // failures, and what comes after
	log      bool // syncs are counted
	compacts bool // is made by a compaction

	tail    *tail // of a log or manifest
	written int64 // bytes; of the goroutine that writes
}

// result passes on that of an operation, unless Pebble must not see it.
func (f *guardedFile) result(err error) error {
	switch {
	case err == nil:
		return nil
	case f.compacts && isFull(err):
		f.g.paused.Store(true)
		return err
	}
	f.g.fail(err, f.name)
	if f.swallow {
		return nil
	}
	return err
}

// refused is the result of an operation after the failure.
func (f *guardedFile) refused() error {
	if f.swallow {
		return nil
	}
	return f.g.err()
}

func (f *guardedFile) Write(p []byte) (int, error) {
	return f.write(p, func(from int) (int, error) { return f.File.Write(p[from:]) })
}

func (f *guardedFile) WriteAt(p []byte, off int64) (int, error) {
	return f.write(p, func(from int) (int, error) { return f.File.WriteAt(p[from:], off+int64(from)) })
}

// write has p written from a place in it on.
func (f *guardedFile) write(p []byte, write func(from int) (int, error)) (int, error) {
	if !f.g.begin() {
		return len(p), f.refused()
	}
	defer f.g.end()
	if f.compacts && f.g.space.at(dire) {
		return 0, f.result(&os.PathError{Op: "write", Path: f.name, Err: syscall.ENOSPC})
	}
	n, err := write(0)
	if !f.compacts && isFull(err) && f.g.space.ballast.drop() {
		var more int
		more, err = write(n)
		n += more
	}
	f.written += int64(n)
	f.g.space.wrote(n)
	if err = f.result(err); err == nil {
		n = len(p)
	}
	return n, err
}

func (f *guardedFile) Sync() error { return f.sync(f.File.Sync) }

func (f *guardedFile) SyncData() error { return f.sync(f.File.SyncData) }

func (f *guardedFile) sync(sync func() error) error {
	if !f.g.begin() {
		return f.refused()
	}
	defer f.g.end()
	if !f.log {
		return f.synced(sync())
	}
	start := time.Now()
	group := f.g.stats.take(start)
	err := sync()
	f.g.stats.synced(group, time.Since(start))
	return f.synced(err)
}

// synced notes what is durable now. Pebble writes and syncs logs and manifests from one goroutine at a time.
func (f *guardedFile) synced(err error) error {
	if err == nil && f.tail != nil {
		f.g.tails.note(f.tail, f.written)
	}
	return f.result(err)
}

func (f *guardedFile) SyncTo(n int64) (bool, error) {
	if !f.g.begin() {
		return false, f.refused()
	}
	defer f.g.end()
	full, err := f.File.SyncTo(n)
	return full, f.result(err)
}

// Close may fail after what was written was synced, which is when Pebble closes files: nothing is lost.
func (f *guardedFile) Close() error {
	err := f.File.Close()
	if f.swallow {
		return nil
	}
	return err
}

// outsideDir is a directory of a backup. Pebble panics when it cannot be synced.
type outsideDir struct {
	vfs.File
	g *guard
}

func (d outsideDir) Sync() error {
	if err := d.File.Sync(); err != nil {
		d.g.outside.Store(&err)
	}
	return nil
}
