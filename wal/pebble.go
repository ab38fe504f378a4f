package wal

import (
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
)

const (
	// openFiles bounds the tables held open, as connections need the file descriptors.
	openFiles = 1000
	// blockSize suits single records: a lookup reads one block of tables, and a record takes some 200 bytes.
	blockSize = 4 << 10
	// bloomBits per key let one of a hundred lookups through to a table that does not have the key.
	bloomBits = 10
)

// configure sets up Pebble; the package comment tells the choices.
func configure(o *pebble.Options) {
	o.Comparer = comparer
	o.Merger = pebble.DefaultMerger
	o.MaxOpenFiles = openFiles
	o.LBaseMaxBytes = 512 << 20
	o.Experimental.EnableColumnarBlocks = func() bool { return true }
	o.ApplyCompressionSettings(func() pebble.DBCompressionSettings { return pebble.DBCompressionNone })
	for i := range o.Levels {
		o.Levels[i].BlockSize = blockSize
		o.Levels[i].IndexBlockSize = 8 * blockSize
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(bloomBits)
	}
	// The last level holds most of the keys, and most lookups find theirs: a filter there would double the memory for
	// filters to save a read for IDs that nobody has.
	o.Levels[len(o.Levels)-1].FilterPolicy = pebble.NoFilterPolicy
}
