package disk

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	crdb "github.com/cockroachdb/errors"
	"github.com/cockroachdb/pebble/v2"
)

// ErrClosed answers commits to a database that was closed.
var ErrClosed = errors.New("disk: the store is closed")

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
		s += " (" + FirstLine(e.Err.Error()) + ")"
	}
	return s + "; " + e.Mend
}

func (e *Error) Unwrap() error { return e.Err }

// FirstLine is that of a text of Pebble, whose errors may have many.
func FirstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return strings.TrimSpace(s)
}

// OpenFault tells apart why Pebble does not open a directory, or does not read from it.
func OpenFault(err error, dir string) *Error {
	switch {
	case isForeign(err):
		return ForeignFault(err, dir)
	case pebble.IsCorruptionError(err), errors.Is(err, pebble.ErrDBNotPristine):
		// The file and the offset stand in the details, if at all.
		if detail := FirstLine(crdb.FlattenDetails(err)); detail != "" {
			err = fmt.Errorf("%w: %s", err, detail)
		}
		return CorruptFault(err, dir)
	case errors.Is(err, os.ErrPermission):
		return accessFault(err, dir)
	}
	return &Error{
		Fault: "store does not open",
		Place: dir,
		Mend:  "see the cause; restore from a backup if the disk is damaged",
		Err:   err,
	}
}

// isForeign tells by an error of Pebble that the store was made with other definitions than ours.
func isForeign(err error) bool {
	text := err.Error()
	return strings.Contains(text, "comparer name") || strings.Contains(text, "merger name")
}

// lockFault tells a directory that is locked from one that cannot be locked.
func lockFault(err error, dir string) *Error {
	// The first is what fcntl says of another process, the second what Pebble says of this one.
	if !errors.Is(err, syscall.EAGAIN) && !strings.Contains(err.Error(), "lock held by current process") {
		return accessFault(err, dir)
	}
	return &Error{
		Fault: "store is in use by another process",
		Place: dir,
		Mend:  "stop the other router, or name another directory",
	}
}

func accessFault(err error, dir string) *Error {
	return &Error{
		Fault: "directory is not readable and writable",
		Place: dir,
		Mend:  "give the router's user access to it, or name another directory",
		Err:   err,
	}
}

// ForeignFault is about a directory with other content; err may be nil.
func ForeignFault(err error, dir string) *Error {
	return &Error{
		Fault: "directory holds something else than a store of this router",
		Place: dir,
		Mend:  "name an empty or a new directory",
		Err:   err,
	}
}

// NewerFault is about a store, or its file, whose version of what is one that this program does not know.
func NewerFault(place, what string, found, known uint64) *Error {
	return &Error{
		Fault: fmt.Sprintf("store was written by a newer version: %s %d, this one knows up to %d", what, found, known),
		Place: place,
		Mend:  "install that version, or name another directory",
	}
}

// CorruptFault is about content that does not parse.
func CorruptFault(err error, dir string) *Error {
	return &Error{
		Fault: "store is corrupt",
		Place: dir,
		Mend:  "restore it from a backup; keep a copy of the directory for examination",
		Err:   err,
	}
}

// GoneFault is about a directory that held the store before the disk failed.
func GoneFault(dir string) *Error {
	return &Error{
		Fault: "directory no longer holds the store that was open",
		Place: dir,
		Mend:  "bring it back, or stop the router",
	}
}

func isFull(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }

// writeFault describes the first write that failed.
func writeFault(err error, file string) *Error {
	if isFull(err) {
		return &Error{
			Fault: "the disk is full, the store takes no more writes",
			Place: file,
			Mend:  "free some space; the store goes on when there is some",
			Err:   err,
		}
	}
	return &Error{
		Fault: "writing failed, the store takes no more writes",
		Place: file,
		Mend:  "see to the disk; the store goes on when it works",
		Err:   err,
	}
}
