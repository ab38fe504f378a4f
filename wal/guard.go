package wal

import (
	"errors"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// guard stands between Pebble and the file system. At the first write that fails it parts them: the disk stays as it
// is from then on, and Pebble lives on in memory. It also counts the syncs of the log.
//
// Pebble by itself does not survive a failed write. When the log fails it panics, holding the lock that every commit
// takes, so that all shards hang; when a manifest fails it wants the process to end, and goes on with a broken one
// when that does not happen; when a table fails it tries again at once, forever, while commits wait for room. And a
// sync that failed may report success when it is repeated, although the data is gone.
//
// What is on disk after the failure is what a crash at that moment would have left, which Open recovers from.
// Nobody is told that anything later is stored: commits ask for the failure after their sync, and new ones are refused.
// That leaves at most the tables in memory for Pebble to write, which then stay in memory, and reads are answered:
//
//   - logs, manifests, other small files and directories swallow writes and syncs, the failed one included;
//   - a table that is being written fails, and Pebble starts another, which is made in memory;
//   - compactions fail, and the scheduler starts no more: there is no bound to what they write;
//   - nothing is renamed or removed any more.
type guard struct {
	vfs.FS              // the disk
	mem    *vfs.MemFS   // what is made after the failure
	onFail func(*Error) // called once, from whichever goroutine met the failure

	failure atomic.Pointer[Error]
	stats   logStats
}

func newGuard(fs vfs.FS, onFail func(*Error)) *guard {
	return &guard{FS: fs, mem: vfs.NewMem(), onFail: onFail}
}

// fail records the first failure.
func (g *guard) fail(err error, name string) {
	g.stop(writeFault(err, name))
}

func (g *guard) stop(e *Error) {
	if g.failure.CompareAndSwap(nil, e) {
		g.onFail(e)
	}
}

// err is the failure that stopped the store, nil while all is well.
func (g *guard) err() error {
	if e := g.failure.Load(); e != nil {
		return e
	}
	return nil
}

func (g *guard) Unwrap() vfs.FS { return g.FS }

// file wraps a file for writing that open opens; when that fails, a file in memory takes its place.
func (g *guard) file(name string, open func() (vfs.File, error)) (vfs.File, error) {
	w := &guardedFile{g: g, name: name, swallow: !strings.HasSuffix(name, ".sst"), log: strings.HasSuffix(name, ".log")}
	if g.err() == nil {
		f, err := open()
		if err == nil {
			w.File = f
			return w, nil
		}
		g.fail(err, name)
	}
	if err := g.mem.MkdirAll(g.mem.PathDir(name), 0o700); err != nil {
		return nil, err
	}
	f, err := g.mem.Create(name, vfs.WriteCategoryUnspecified)
	if err == nil && w.swallow {
		w.File = f
		return w, nil
	}
	return f, err
}

// compactionCategory is how Pebble names the files that it compacts tables into.
const compactionCategory = "pebble-compaction"

func (g *guard) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if err := g.err(); err != nil && c == compactionCategory {
		return nil, err
	}
	return g.file(name, func() (vfs.File, error) { return g.FS.Create(name, c) })
}

func (g *guard) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return g.file(name, func() (vfs.File, error) { return g.FS.ReuseForWrite(old, name, c) })
}

func (g *guard) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	return g.file(name, func() (vfs.File, error) { return g.FS.OpenReadWrite(name, c, o...) })
}

func (g *guard) OpenDir(name string) (vfs.File, error) {
	f, err := g.FS.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return &guardedFile{File: f, g: g, name: name, swallow: true}, nil
}

func (g *guard) Open(name string, o ...vfs.OpenOption) (vfs.File, error) {
	if g.err() != nil {
		if f, err := g.mem.Open(name, o...); err == nil {
			return f, nil
		}
	}
	return g.FS.Open(name, o...)
}

func (g *guard) Stat(name string) (vfs.FileInfo, error) {
	if g.err() != nil {
		if i, err := g.mem.Stat(name); err == nil {
			return i, nil
		}
	}
	return g.FS.Stat(name)
}

// change changes the names on disk, or nothing after the failure.
func (g *guard) change(name string, do func() error) error {
	if g.err() != nil {
		return nil
	}
	if err := do(); err != nil {
		g.fail(err, name)
	}
	return nil
}

func (g *guard) Link(old, name string) error {
	return g.change(name, func() error { return g.FS.Link(old, name) })
}

func (g *guard) Rename(old, name string) error {
	return g.change(name, func() error { return g.FS.Rename(old, name) })
}

func (g *guard) MkdirAll(name string, perm os.FileMode) error {
	return g.change(name, func() error { return g.FS.MkdirAll(name, perm) })
}

// Remove may fail: what is left over does no harm.
func (g *guard) Remove(name string) error { return g.remove(name, g.mem.Remove, g.FS.Remove) }

func (g *guard) RemoveAll(name string) error { return g.remove(name, g.mem.RemoveAll, g.FS.RemoveAll) }

func (g *guard) remove(name string, inMemory, onDisk func(string) error) error {
	if g.err() == nil {
		return onDisk(name)
	}
	if err := inMemory(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// guardedFile is a file for writing, or a directory.
type guardedFile struct {
	vfs.File
	g       *guard
	name    string
	swallow bool // failures, and what comes after
	log     bool // syncs are counted
}

// result passes on that of an operation, unless Pebble must not see it.
func (f *guardedFile) result(err error) error {
	if err != nil {
		f.g.fail(err, f.name)
	}
	if f.swallow {
		return nil
	}
	return err
}

func (f *guardedFile) Write(p []byte) (int, error) {
	if err := f.g.err(); err != nil {
		return len(p), f.result(err)
	}
	n, err := f.File.Write(p)
	if err = f.result(err); err == nil {
		n = len(p)
	}
	return n, err
}

func (f *guardedFile) WriteAt(p []byte, off int64) (int, error) {
	if err := f.g.err(); err != nil {
		return len(p), f.result(err)
	}
	n, err := f.File.WriteAt(p, off)
	if err = f.result(err); err == nil {
		n = len(p)
	}
	return n, err
}

func (f *guardedFile) Sync() error { return f.sync(f.File.Sync) }

func (f *guardedFile) SyncData() error { return f.sync(f.File.SyncData) }

func (f *guardedFile) sync(sync func() error) error {
	if err := f.g.err(); err != nil {
		return f.result(err)
	}
	if !f.log {
		return f.result(sync())
	}
	start, group := time.Now(), f.g.stats.take()
	err := sync()
	f.g.stats.synced(group, time.Since(start))
	return f.result(err)
}

func (f *guardedFile) SyncTo(n int64) (bool, error) {
	if err := f.g.err(); err != nil {
		return false, f.result(err)
	}
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
