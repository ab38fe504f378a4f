package packets

import (
	"fmt"
	"io"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
)

const (
	memTable  = 16 << 20 // a start after a kill reads at most twice this from the log
	cacheSize = 64 << 20
	openFiles = 500
	bloomBits = 10
)

func configure(o *pebble.Options) {
	o.Comparer = comparer
	o.Merger = usageMerger
	o.MaxOpenFiles = openFiles
	for i := range o.Levels {
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(bloomBits)
	}
}

// comparer is Pebble's own, but never prints more of a key than its space: the rest is IDs, and what Pebble prints ends in
// logs.
var comparer = func() *pebble.Comparer {
	c := *pebble.DefaultComparer
	c.FormatKey = func(key []byte) fmt.Formatter { return hiddenKey(key[:min(1, len(key))]) }
	return &c
}()

type hiddenKey []byte

func (k hiddenKey) Format(s fmt.State, _ rune) { fmt.Fprintf(s, "%q…", string(k)) }

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
