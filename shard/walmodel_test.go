//go:build !simulate

package shard_test

import (
	"math/rand/v2"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/shard"
	"switchyard/wal"
)

// The model checks, on the store that routers have. Its files are in memory.

func TestModel(t *testing.T)        { shard.CheckModel(t, newDisk) }
func TestServiceModel(t *testing.T) { shard.CheckServiceModel(t, newDisk) }

// disk is a wal.Store that syncs always, in a file system that can crash.
type disk struct {
	fs, next *vfs.MemFS
	store    *wal.Store
}

func newDisk() shard.Disk {
	fs := vfs.NewCrashableMem()
	return &disk{fs: fs, next: fs}
}

func (d *disk) Open() (shard.Store, error) {
	var err error
	d.fs = d.next
	d.store, err = wal.Open("store", wal.Options{FS: d.fs, MemTable: 256 << 10, Cache: 1 << 20})
	return d.store, err
}

func (d *disk) Close() error { return d.store.Close() }

// Crash keeps none to all of what was not synced.
func (d *disk) Crash(random *rand.Rand) {
	d.next = d.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: random.IntN(101), RNG: random})
}
