package wal

import (
	"errors"

	"switchyard/internal/disk"
)

// Faults of reads and transactions.
var (
	// ErrMissing answers reads of messages that are not stored.
	ErrMissing = errors.New("wal: no such message")
	// ErrCorrupt answers reads of what does not parse.
	ErrCorrupt = errors.New("wal: stored bytes do not parse")
	// ErrEpoch answers commits of who does not know yet what a failure has undone.
	ErrEpoch = errors.New("wal: the store was opened again")
	// ErrClosed answers commits to a store that was closed.
	ErrClosed = disk.ErrClosed
)

// Error says in one line what is wrong with a store, where, and how to mend it.
type Error = disk.Error
