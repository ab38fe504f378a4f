package disk

import (
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// ballast is a file that holds half of the reserve. Another program may fill the disk in the time between two looks, but it
// cannot take the place of a file of ours. The file goes when space gets short, at the latest when a write finds none; the
// write then succeeds. The file comes back when there is enough space again.
//
// On file systems that cannot give a file its place in advance there is no ballast.
type ballast struct {
	fs   vfs.FS
	name string

	mu   sync.Mutex
	none bool          // there cannot be one
	held atomic.Uint64 // bytes
}

// ballastName is the name of the file, in the directory of the database. It has no content.
const ballastName = "RESERVE"

// take gives the file its place. What fails is tried again at another look, or never.
func (b *ballast) take(n uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.none || n == 0 || b.held.Load() > 0 {
		return
	}
	f, err := b.fs.Create(b.name, vfs.WriteCategoryUnspecified)
	if err != nil {
		return
	}
	real := f.Fd() != vfs.InvalidFd && preallocates
	if real {
		err = f.Preallocate(0, int64(n))
	}
	f.Close() // nothing is in it
	if b.none = !real || err != nil && !isFull(err); b.none || err != nil {
		b.fs.Remove(b.name)
		return
	}
	b.held.Store(n)
}

// drop gives the place back, and tells whether there was one.
func (b *ballast) drop() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held.Swap(0) == 0 {
		return false
	}
	b.fs.Remove(b.name)
	return true
}

// clear removes what a killed process left.
func (b *ballast) clear() { b.fs.Remove(b.name) }
