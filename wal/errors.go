package wal

import "errors"

// Error says in one line what is wrong with a store, where, and how to mend it.
type Error struct {
	Fault string // what is wrong
	Place string // directory or file
	Mend  string // what to do about it
	Err   error  // the cause, nil when there is nothing to add
}

func (e *Error) Error() string {
	s := e.Place + ": " + e.Fault
	if e.Err != nil {
		s += " (" + firstLine(e.Err.Error()) + ")"
	}
	return s + "; " + e.Mend
}

func (e *Error) Unwrap() error { return e.Err }

// Faults of reads and transactions.
var (
	// ErrMissing answers reads of messages that are not stored.
	ErrMissing = errors.New("wal: no such message")
	// ErrCorrupt answers reads of what does not parse.
	ErrCorrupt = errors.New("wal: stored bytes do not parse")
	// ErrClosed answers commits to a store that was closed.
	ErrClosed = errors.New("wal: store is closed")
)
