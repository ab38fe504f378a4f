package wal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"runtime"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
)

const (
	// pebbleFormat is the version of what Pebble defines on disk.
	pebbleFormat = pebble.FormatValueSeparation
	// memTables is how many tables in memory there may be: one that fills and one that is written to disk. A third
	// would double what a start after a kill reads from the log, for bursts that back-pressure handles as well.
	memTables = 2
	// openFiles bounds the tables held open, as connections need the file descriptors.
	openFiles = 1000
	// compactAfter is how many tables may lie above each other before they are compacted.
	compactAfter = 4
	// blockSize suits single records: a lookup reads one block of tables, and a record takes some 200 bytes.
	blockSize = 4 << 10
	// bloomBits per key let one of a hundred lookups through to a table that does not have the key.
	bloomBits = 10
)

// cores is what the program had when it began; it may let more goroutines run than that.
var cores = runtime.GOMAXPROCS(0)

// pebbleOptions sets up Pebble; the package comment tells the choices.
func pebbleOptions(o Options, g *guard) *pebble.Options {
	l := &logger{log: o.Log, guard: g}
	opts := &pebble.Options{
		FS:                          g,
		Comparer:                    comparer,
		Merger:                      pebble.DefaultMerger,
		FormatMajorVersion:          pebbleFormat,
		CacheSize:                   o.Cache + memTables*o.MemTable, // tables in memory are taken off it
		MemTableSize:                uint64(o.MemTable),
		MemTableStopWritesThreshold: memTables,
		MaxOpenFiles:                openFiles,
		L0CompactionThreshold:       compactAfter,
		L0StopWritesThreshold:       math.MaxInt32, // pressure has commits wait instead
		LBaseMaxBytes:               512 << 20,
		CompactionConcurrencyRange:  func() (int, int) { return 1, max(1, cores/2) },
		Logger:                      l,
		EventListener:               l.listener(),
	}
	opts.Experimental.EnableColumnarBlocks = func() bool { return true }
	opts.ApplyCompressionSettings(func() pebble.DBCompressionSettings { return pebble.DBCompressionNone })
	for i := range opts.Levels {
		opts.Levels[i].BlockSize = blockSize
		opts.Levels[i].IndexBlockSize = 8 * blockSize
		opts.Levels[i].FilterPolicy = bloom.FilterPolicy(bloomBits)
	}
	// The last level holds most of the keys, and most lookups find theirs: a filter there would double the memory for
	// filters to save a read for IDs that nobody has.
	opts.Levels[len(opts.Levels)-1].FilterPolicy = pebble.NoFilterPolicy
	return opts
}

// logger passes Pebble's events on: at level debug, errors at level error.
type logger struct {
	log   *slog.Logger
	guard *guard

	corrupt sync.Map // paths of tables that are damaged, and told of
}

func (l *logger) Infof(format string, args ...any) {
	if l.log.Enabled(context.Background(), slog.LevelDebug) {
		l.log.Debug("store: " + firstLine(fmt.Sprintf(format, args...)))
	}
}

func (l *logger) Errorf(format string, args ...any) {
	l.log.Error("store: " + firstLine(fmt.Sprintf(format, args...)))
}

// Fatalf is where Pebble would have the process end. The store stops instead, with a line that tells why; the caller
// in Pebble then goes on with an error, on a disk that no longer changes.
func (l *logger) Fatalf(format string, args ...any) {
	l.guard.stop(&Error{
		Fault: "the store cannot go on and takes no more writes",
		Place: "store",
		Mend:  "see to the disk; the store goes on when it works",
		Err:   errors.New(firstLine(fmt.Sprintf(format, args...))),
	})
}

func (l *logger) listener() *pebble.EventListener {
	e := pebble.MakeLoggingEventListener(l)
	// Pebble's own text would show keys. It tells at each read; a table is named once.
	e.DataCorruption = func(i pebble.DataCorruptionInfo) {
		if _, again := l.corrupt.LoadOrStore(i.Path, true); !again {
			l.log.Error("store: table is corrupt", "file", i.Path, "cause", firstLine(i.Details.Error()))
		}
	}
	e.WriteStallBegin = func(i pebble.WriteStallBeginInfo) {
		l.log.Warn("store: the disk does not keep up, writes wait", "cause", i.Reason)
	}
	e.WriteStallEnd = func() { l.log.Warn("store: writes go on") }
	return &e
}
