package judge

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cockroachdb/pebble/v2/vfs"
	"golang.org/x/sys/unix"

	"switchyard/server/directories"
	"switchyard/server/listen"
)

// Store judges the store in dir. look opens it and writes nothing; without a store it is not called.
func (r *Report) Store(dir string, look func(dir string) error) {
	const name = "store"
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, os.ErrNotExist), err == nil && len(entries) == 0:
		r.writable(name, dir, "is not there yet; start makes it")
		return
	case err != nil:
		r.Error(name, fmt.Errorf("%w; give the router's user access to it, or correct store_path in section [SWITCHYARD] of the ini", err))
		return
	}
	pid, err := directories.LockedBy(filepath.Join(dir, "LOCK"))
	switch {
	case err != nil:
		r.Error(name, fmt.Errorf("%s: %w; give the router's user access to it", dir, err))
	case pid != 0 && (r.process == nil || r.process.PID == pid):
		r.OK(name, "%s is open in process %d", dir, pid)
	case pid != 0:
		r.Error(name, fmt.Errorf("%s is open in process %d, which is another than the router's; stop one of them", dir, pid))
	default:
		if err := look(dir); err != nil {
			r.Error(name, err)
			return
		}
		r.writable(name, dir, "can be opened")
	}
}

// writable says of a directory what it is, or that it, or the one in which it will be made, cannot be written to.
func (r *Report) writable(name, dir, what string) {
	parent := dir
	for !exists(parent) && filepath.Dir(parent) != parent {
		parent = filepath.Dir(parent)
	}
	if err := writable(parent); err != nil {
		r.Error(name, fmt.Errorf("%s: cannot be written to by this account: %w; give the router's user access to it, and check as that user", parent, err))
		return
	}
	r.OK(name, "%s %s", dir, what)
}

// writable asks whether this account may write to a directory.
func writable(dir string) error { return unix.Access(dir, unix.W_OK|unix.X_OK) }

// Directory judges a directory of data that is no store.
func (r *Report) Directory(name, dir string) { r.writable(name, dir, "can be written to") }

// scarce is how many bytes of a disk should be free at least.
const scarce = 1 << 30

// Disk judges the space of the disk on which dir is or will be. reserve is below what the server refuses growth.
func (r *Report) Disk(dir string, reserve uint64) {
	const name = "disk"
	for !exists(dir) && filepath.Dir(dir) != dir {
		dir = filepath.Dir(dir)
	}
	usage, err := vfs.Default.GetDiskUsage(dir)
	switch {
	case err != nil:
		r.Warn(name, "%s: the file system does not tell its free space (%v); watch it by other means", dir, err)
	case usage.AvailBytes < reserve:
		r.Error(name, fmt.Errorf("%s: %d MiB are free, and below %d MiB nothing new is taken; free some space", dir, usage.AvailBytes>>20, reserve>>20))
	case usage.AvailBytes < scarce:
		r.Warn(name, "%s: only %d MiB are free; free some space", dir, usage.AvailBytes>>20)
	default:
		r.OK(name, "%s: %d GiB are free", dir, usage.AvailBytes>>30)
	}
}

// fewFiles is how many connections a server should have files for.
const fewFiles = 10_000

// Files judges how many files the process may have open: that of the router that runs, else this one, which says nothing of what
// a unit gives.
func (r *Report) Files() {
	const name = "open files"
	if r.process != nil {
		if limits, err := r.process.Limits(); err == nil {
			if limits.OpenFiles < fewFiles {
				r.Warn(name, "the router may have %d; raise the limit (LimitNOFILE of its unit) for more connections", limits.OpenFiles)
			} else {
				r.OK(name, "the router may have %d", limits.OpenFiles)
			}
			return
		}
	}
	switch n := listen.Files(); {
	case listen.CheckFiles() != nil:
		r.Error(name, listen.CheckFiles())
	case n < fewFiles:
		r.Warn(name, "%d connections are possible when it is started as this command was; raise the limit (ulimit -n, or LimitNOFILE of a unit)", n)
	default:
		r.OK(name, "enough for %d connections when it is started as this command was", n)
	}
}
