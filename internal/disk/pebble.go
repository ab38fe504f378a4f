package disk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"runtime"
	"sync"

	"github.com/cockroachdb/pebble/v2"
)

const (
	// pebbleFormat is the version of what Pebble defines on disk.
	pebbleFormat = pebble.FormatValueSeparation
	// memTables is how many tables in memory there may be: one that fills and one that is written to disk. A third
	// would double what a start after a kill reads from the log, for bursts that back-pressure handles as well.
	memTables = 2
	// compactAfter is how many tables may lie above each other before they are compacted.
	compactAfter = 4
)

// cores is what the program had when it began; it may let more goroutines run than that.
var cores = runtime.GOMAXPROCS(0)

// pebbleOptions sets up Pebble as the owner wants it, and beneath that as the guard, the scheduler and the disk do.
func pebbleOptions(o *Options, g *guard) *pebble.Options {
	l := &logger{log: o.Log, guard: g}
	opts := &pebble.Options{
		FS:                          g,
		FormatMajorVersion:          pebbleFormat,
		CacheSize:                   o.Cache + memTables*o.MemTable, // tables in memory are taken off it
		MemTableSize:                uint64(o.MemTable),
		MemTableStopWritesThreshold: memTables,
		L0CompactionThreshold:       compactAfter,
		L0StopWritesThreshold:       math.MaxInt32, // pressure has commits wait instead
		CompactionConcurrencyRange:  func() (int, int) { return 1, max(1, cores/2) },
		Logger:                      l,
		EventListener:               l.listener(),
	}
	o.Configure(opts)
	o.shrink(opts)
	return opts
}

// logger passes Pebble's events on: at level debug, errors at level error.
type logger struct {
	log     *slog.Logger
	guard   *guard
	corrupt sync.Map // tables that were told, by name
}

func (l *logger) Infof(format string, args ...any) {
	if l.log.Enabled(context.Background(), slog.LevelDebug) {
		l.log.Debug("store: " + FirstLine(fmt.Sprintf(format, args...)))
	}
}

func (l *logger) Errorf(format string, args ...any) {
	l.log.Error("store: " + FirstLine(fmt.Sprintf(format, args...)))
}

// Fatalf is where Pebble would have the process end. The store stops instead, with a line that tells why; the caller
// in Pebble then goes on with an error, on a disk that no longer changes.
func (l *logger) Fatalf(format string, args ...any) {
	l.guard.stop(&Error{
		Fault: "the store cannot go on and takes no more writes",
		Place: l.guard.dir,
		Mend:  "see to the disk; the store goes on when it works",
		Err:   errors.New(FirstLine(fmt.Sprintf(format, args...))),
	})
}

func (l *logger) listener() *pebble.EventListener {
	e := pebble.MakeLoggingEventListener(l)
	// Pebble's own text would show keys. Once for each table: whoever walks over many rows meets it again and again.
	e.DataCorruption = func(i pebble.DataCorruptionInfo) {
		if _, told := l.corrupt.LoadOrStore(i.Path, true); told {
			return
		}
		l.log.Error("store: table is corrupt", "file", i.Path, "cause", FirstLine(i.Details.Error()))
	}
	// Pebble would try at once what has failed, as long as it fails.
	e.BackgroundError = func(err error) {
		l.guard.paused.Store(true)
		if isFull(err) { // which the space has told
			l.Infof("background error: %v", err)
			return
		}
		l.Errorf("background error: %v", err)
	}
	e.WriteStallBegin = func(i pebble.WriteStallBeginInfo) {
		l.log.Warn("store: the disk does not keep up, writes wait", "cause", i.Reason)
	}
	e.WriteStallEnd = func() { l.log.Warn("store: writes go on") }
	return &e
}
