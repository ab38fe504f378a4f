package packets

import (
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
)

const (
	memTable  = 16 << 20 // a start after a kill reads at most twice this from the log
	cacheSize = 64 << 20
	openFiles = 500
	bloomBits = 10
)

func pebbleOptions(fs *patient, log *slog.Logger) *pebble.Options {
	l := pebbleLog{log}
	o := &pebble.Options{
		FS:                 fs,
		FormatMajorVersion: pebble.FormatNewest,
		MemTableSize:       memTable,
		CacheSize:          cacheSize,
		MaxOpenFiles:       openFiles,
		Merger:             usageMerger,
		Logger:             l,
		EventListener: &pebble.EventListener{
			BackgroundError: func(err error) {
				l.Errorf("a table cannot be written, is tried again: %v", err)
				fs.failed.Store(true)
			},
			WriteStallBegin: func(i pebble.WriteStallBeginInfo) {
				log.Warn("store: the disk does not keep up, writes wait", "cause", i.Reason)
			},
			WriteStallEnd: func() { log.Warn("store: writes go on") },
		},
	}
	for i := range o.Levels {
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(bloomBits)
	}
	return o
}

// pebbleLog passes Pebble's events on, without the keys that its errors may show.
type pebbleLog struct{ log *slog.Logger }

func (l pebbleLog) Infof(format string, args ...any) {
	l.log.Debug("store: " + fmt.Sprintf(format, args...))
}

func (l pebbleLog) Errorf(format string, args ...any) {
	line, _, _ := strings.Cut(fmt.Sprintf(format, args...), "\n")
	l.log.Error("store: " + line)
}

// Fatalf is called when the disk refuses a write that Pebble cannot do without. To go on would be to answer OK for
// what is not stored.
func (l pebbleLog) Fatalf(format string, args ...any) {
	l.Errorf(format, args...)
	panic("packets: the store cannot go on: " + fmt.Sprintf(format, args...))
}

// usageMerger adds usages up, so that commits need no order among each other.
var usageMerger = &pebble.Merger{
	Name: "switchyard.packets.usage",
	Merge: func(_, value []byte) (pebble.ValueMerger, error) {
		u, err := parseUsage(value)
		return &usageSum{u}, err
	},
}

type usageSum struct{ Usage }

func (s *usageSum) MergeNewer(value []byte) error {
	u, err := parseUsage(value)
	s.Bytes += u.Bytes
	s.Count += u.Count
	return err
}

func (s *usageSum) MergeOlder(value []byte) error { return s.MergeNewer(value) }

func (s *usageSum) Finish(bool) ([]byte, io.Closer, error) { return s.append(nil), nil, nil }
