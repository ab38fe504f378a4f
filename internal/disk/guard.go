package disk

import (
	"errors"
	"io"
	"os"
	"strings"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// guard stands between Pebble and the file system. At the first write that fails it separates them: the disk stays as it
// is from then on, and Pebble lives on in memory, until another instance of it with another guard takes over (keeper.go).
// It also counts the syncs of the log, and how far logs and manifests are synced (tail.go).
//
// Pebble by itself does not survive a failed write. When the log fails it panics, holding the lock that every commit
// takes, so that all shards hang; when a manifest fails it wants the process to end, and goes on with a broken one
// when that does not happen; when a table fails it tries again at once, forever, while commits wait for room. And a
// sync that failed may report success when it is repeated, although the data is gone.
//
// After the failure the disk holds what a crash at that moment would have left, from which Open recovers.
// Nobody is told that anything later is stored: commits ask for the failure after their sync, and new ones are refused.
// That leaves at most the tables in memory for Pebble to write, which then stay in memory, and reads are answered.
//
// By kinds of files, each told by its name or by what Pebble says it is for:
//
//	kind         operation           before the failure               it fails: Pebble sees         after the failure
//	log          create, write       on the disk, counted (space)     success; the store stops      swallowed
//	             sync                timed, noted (tails)             success; the store stops      swallowed
//	manifest     create, write       on the disk, counted             success; the store stops      swallowed
//	             sync                noted (tails)                    success; the store stops      swallowed
//	other small  create, write,      on the disk, counted             success; the store stops      swallowed
//	             sync
//	table of a   create              on the disk                      a file in memory; it stops    a file in memory
//	flush        write, sync         on the disk, counted             the error; the store stops    the error, if it is on the disk:
//	                                                                                                Pebble makes another, in memory
//	table of a   create              on the disk                      a file in memory; it stops    the error: there is no bound to
//	compaction                                                                                      what compactions write
//	             write, sync         on the disk, counted; refused    the error; the store stops    the error
//	                                 as full when space is dire
//	directory    sync                on the disk                      success; the store stops      swallowed
//	names        rename, link, mkdir on the disk                      success; the store stops      nothing is done
//	             remove              on the disk                      the error, which is harmless  of what is in memory only
//	any          open, stat          the disk                         the error                     what is in memory, then the disk
//	             close               the disk                         the error, of tables only     as before
//	outside      all                 on the disk                      the error                     as before
//	             sync of directory   on the disk                      success; noted (outside)      as before
//
// A write or a create that finds the disk full drops the ballast and is tried again with its place, if there is one
// (ballast.go). A compaction that finds it full, or nearly, is no failure: nothing was promised, and Pebble drops it. It has
// compactions pause until the keeper's next look. Outside is what is not in the store's directory, where Pebble writes backups.
//
// And by the parts of this package:
//
//	part       before the failure                             at the failure               after the failure
//	guard      counts what changes the disk (begin, end)      failure is set, once         idle when what was begun has ended
//	scheduler  lets Pebble compact, less when space is short  -                            no compaction begins
//	pressure   has commits wait while 32 tables lie above     who waits goes on, and is    nobody waits
//	           each other                                     refused (Admit)
//	tails      notes how far log and manifest are synced      -                            notes nothing; a new guard has its own
//	space      sets the level of what is left (Full, out)     -                            as before
//	ballast    holds half of the reserve                      -                            dropped: opening has tables to write
//	keeper     balances the ballast, has compactions resume,  -                            opens the directory again when the guard
//	           writes deletions, reclaims                                                  is idle, ever more seldom (reopen)
//	Instance   Admit lets commits in, Commit waits for sync   ctx ends, the log says so    frozen: reads go on, commits are refused
type guard struct {
	vfs.FS              // the disk
	dir    string       // the store's
	mem    *vfs.MemFS   // what is made after the failure
	onFail func(*Error) // called once, from whichever goroutine met the failure
	stats  *logStats
	space  *space
	tails  tails

	failure atomic.Pointer[Error]
	outside atomic.Pointer[error] // of a directory that is not the store's
	busy    atomic.Int64          // operations on the disk that change it
	paused  atomic.Bool           // a compaction has found the disk full
}

func newGuard(fs vfs.FS, dir string, stats *logStats, space *space, onFail func(*Error)) *guard {
	return &guard{FS: fs, dir: dir, mem: vfs.NewMem(), onFail: onFail, stats: stats, space: space,
		tails: tails{fs: fs, name: fs.PathJoin(dir, tailName)}}
}

// begin tells whether the disk may still be changed; if so, end follows.
func (g *guard) begin() bool {
	g.busy.Add(1)
	if g.failure.Load() != nil {
		g.busy.Add(-1)
		return false
	}
	return true
}

func (g *guard) end() { g.busy.Add(-1) }

// idle tells of a guard that has failed that nothing it began before is still under way.
func (g *guard) idle() bool { return g.busy.Load() == 0 }

// owns tells whether a name is within the store.
func (g *guard) owns(name string) bool {
	rest, ok := strings.CutPrefix(name, g.dir)
	return ok && (rest == "" || rest[0] == '/' || strings.HasSuffix(g.dir, "/"))
}

// Lock leaves the locking to Open, as instances follow each other under one lock.
func (g *guard) Lock(string) (io.Closer, error) { return noLock{}, nil }

type noLock struct{}

func (noLock) Close() error { return nil }

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
func (g *guard) file(name string, c vfs.DiskWriteCategory, open func() (vfs.File, error)) (vfs.File, error) {
	if !g.owns(name) {
		return open()
	}
	if c == compactionCategory && g.err() != nil {
		return nil, g.err()
	}
	w := &guardedFile{
		g: g, name: name, swallow: !strings.HasSuffix(name, ".sst"), log: strings.HasSuffix(name, ".log"),
		compacts: c == compactionCategory, tail: tailOf(g.PathBase(name)),
	}
	if g.begin() {
		defer g.end()
		f, err := open()
		if !w.compacts && isFull(err) && g.space.ballast.drop() {
			f, err = open()
		}
		if err == nil {
			w.File = f
			return w, nil
		}
		if err = w.result(err); w.compacts && g.err() == nil {
			return nil, err
		}
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
	return g.file(name, c, func() (vfs.File, error) { return g.FS.Create(name, c) })
}

func (g *guard) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return g.file(name, c, func() (vfs.File, error) { return g.FS.ReuseForWrite(old, name, c) })
}

func (g *guard) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	return g.file(name, c, func() (vfs.File, error) { return g.FS.OpenReadWrite(name, c, o...) })
}

func (g *guard) OpenDir(name string) (vfs.File, error) {
	f, err := g.FS.OpenDir(name)
	if err != nil {
		return nil, err
	}
	if !g.owns(name) {
		return outsideDir{f, g}, nil
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
	if !g.owns(name) {
		return do()
	}
	if !g.begin() {
		return nil
	}
	defer g.end()
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
	if !g.owns(name) {
		return onDisk(name)
	}
	if g.begin() {
		defer g.end()
		return onDisk(name)
	}
	if err := inMemory(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
