package wal

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"switchyard/internal/disk"
	"switchyard/shard"
)

// Faults of reads and transactions.
var (
	// ErrMissing answers reads of messages that are not stored.
	ErrMissing error = damage("wal: no such message")
	// ErrCorrupt answers reads of what does not parse.
	ErrCorrupt error = damage("wal: stored bytes do not parse")
	// ErrEpoch answers commits of who does not know yet what a failure has undone.
	ErrEpoch = errors.New("wal: the store was opened again")
	// ErrClosed answers commits to a store that was closed.
	ErrClosed = disk.ErrClosed
)

// damage is an error that matches shard.ErrDamaged: who asks for a message that should be there finds it damaged.
type damage string

func (d damage) Error() string        { return string(d) }
func (d damage) Is(target error) bool { return target == shard.ErrDamaged }

// readFault makes errors of Pebble match shard.ErrDamaged when they say that a table is damaged; others are those of a read
// that failed. What Pebble has found is in the log (logger.listener).
func readFault(err error) error {
	if err != nil && pebble.IsCorruptionError(err) {
		return &damagedTable{err}
	}
	return err
}

type damagedTable struct{ err error }

func (d *damagedTable) Error() string        { return disk.FirstLine(d.err.Error()) }
func (d *damagedTable) Unwrap() error        { return d.err }
func (d *damagedTable) Is(target error) bool { return target == shard.ErrDamaged }

// Error says in one line what is wrong with a store, where, and how to mend it.
type Error = disk.Error
