// Package disktest has disks for tests of what lies on package disk: disks that fail, that are nearly full, that are slow.
// It imports Pebble's file systems.
package disktest

import (
	"bytes"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// Faulty is a file system that fails operations which write, from a chosen one on: that one alone, or all that follow.
type Faulty struct {
	vfs.FS
	Left  atomic.Int64 // operations until the first failure
	Lasts bool
	Err   error
	Kind  func(errorfs.Op) bool // which operations
}

// NewFaulty makes one that does not fail yet.
func NewFaulty(fs vfs.FS) *Faulty {
	f := &Faulty{Err: syscall.EIO, Kind: func(errorfs.Op) bool { return true }}
	f.Works()
	f.FS = errorfs.Wrap(fs, errorfs.InjectorFunc(f.inject))
	return f
}

// Works ends the failures.
func (f *Faulty) Works() { f.Left.Store(1 << 40) }

func (f *Faulty) inject(op errorfs.Op) error {
	switch op.Kind {
	case errorfs.OpCreate, errorfs.OpRename, errorfs.OpReuseForWrite, errorfs.OpFileWrite, errorfs.OpFileSync,
		errorfs.OpFileSyncData, errorfs.OpFileSyncTo, errorfs.OpMkdirAll:
	default:
		return nil
	}
	if !f.Kind(op) {
		return nil
	}
	if left := f.Left.Add(-1); left == -1 || left < -1 && f.Lasts {
		return &os.PathError{Op: "write", Path: op.Path, Err: f.Err}
	}
	return nil
}

// Small is a file system in memory with a number of free bytes that the test sets.
type Small struct {
	*vfs.MemFS
	Free  atomic.Uint64
	Total uint64 // of the disk; 0: it is large
}

// NewSmall makes one with free bytes left.
func NewSmall(free uint64) *Small {
	s := &Small{MemFS: vfs.NewMem()}
	s.Free.Store(free)
	return s
}

// GetDiskUsage implements vfs.FS.
func (s *Small) GetDiskUsage(string) (vfs.DiskUsage, error) {
	total := s.Total
	if total == 0 {
		total = 1 << 40
	}
	return vfs.DiskUsage{AvailBytes: s.Free.Load(), TotalBytes: total}, nil
}

// Looker has the keeper of a database look when the test says so.
type Looker chan time.Time

// Look returns when the keeper has looked: it takes the second value when it has done with the first.
func (l Looker) Look() {
	l <- time.Time{}
	l <- time.Time{}
}

// Log takes what goroutines log while a test reads it.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
	wait []waiting
}

type waiting struct {
	text string
	seen chan struct{}
}

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(p)
	for i, w := range l.wait {
		if w.seen != nil && bytes.Contains(l.text.Bytes(), []byte(w.text)) {
			close(w.seen)
			l.wait[i].seen = nil
		}
	}
	return len(p), nil
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Seen is closed when the text is logged, once.
func (l *Log) Seen(text string) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := waiting{text, make(chan struct{})}
	l.wait = append(l.wait, w)
	return w.seen
}
