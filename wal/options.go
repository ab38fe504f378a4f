package wal

import (
	"log/slog"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Sync says what Commit.Wait waits for.
type Sync uint8

const (
	// SyncAlways waits until the writes are on stable storage. Neither kill -9 nor power loss loses what was waited for.
	SyncAlways Sync = iota
	// SyncInterval waits for nothing as long as the disk keeps up: the log is synced twice in each Options.Interval, if
	// there were writes, and when a write is not durable after an interval, those that follow wait as with SyncAlways.
	// Power loss and kill -9 lose the writes since the last sync: what was answered within one interval at most, however
	// long a sync takes.
	SyncInterval
	// SyncNever waits for nothing and never asks for a sync. Power loss loses what the operating system had not written
	// yet; kill -9 loses what Pebble had not handed to it yet: the last unfinished 32 KiB block of the log, and the
	// finished ones that its writer has not come to.
	SyncNever
)

func (s Sync) String() string {
	switch s {
	case SyncAlways:
		return "always"
	case SyncInterval:
		return "interval"
	case SyncNever:
		return "never"
	}
	return "unknown"
}

// Options of a store. The zero value is usable.
type Options struct {
	Sync     Sync
	Interval time.Duration // of SyncInterval; DefaultInterval when 0

	// MemTable is the size in bytes of the table in memory in which new writes gather. A message that is deleted before
	// its table is full never reaches a table on disk. Up to two tables exist at a time, and up to twice this size is
	// read from the log when the router starts after a kill. DefaultMemTable when 0.
	MemTable int64
	// Cache is how many bytes of tables are held in memory. What the tables in memory leave unused of their share is
	// cache too: cache and tables together take up to Cache + 2 × MemTable. DefaultCache when 0.
	Cache int64

	// Reserve is how many bytes of the disk are left free: with less, what makes the store larger is refused. When 0, it is
	// four times MemTable, or an eighth of the disk if that is less.
	Reserve int64

	FS  vfs.FS       // file system; the operating system's when nil
	Log *slog.Logger // Pebble's events at level debug, faults at level error; nowhere when nil

	still bool // no compactions: it is opened to look at it

	ticks <-chan time.Time // of tests, instead of a ticker
	looks <-chan time.Time // of tests, instead of the keeper's ticker
}

const (
	DefaultInterval = 100 * time.Millisecond
	DefaultMemTable = 64 << 20
	DefaultCache    = 64 << 20
)

func (o Options) withDefaults() Options {
	if o.Interval <= 0 {
		o.Interval = DefaultInterval
	}
	if o.MemTable <= 0 {
		o.MemTable = DefaultMemTable
	}
	if o.Cache <= 0 {
		o.Cache = DefaultCache
	}
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}
