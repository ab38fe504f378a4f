package wal

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	crdb "github.com/cockroachdb/errors"
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// formatVersion is the version of everything that this package defines: keys, records, headers. A store of a higher
// version is refused.
const formatVersion = 1

// Open opens the store in dir, and makes it when dir does not exist or is empty. Its errors are *Error. It takes the
// same time whatever the store holds: Pebble reads its manifest and what is left of its log, which is at most
// 2 × Options.MemTable after a kill, and nothing after Close.
func Open(dir string, o Options) (*Store, error) {
	o = o.withDefaults()
	s := &Store{dir: dir, sync: o.Sync, log: o.Log}
	s.guard = newGuard(o.FS, s.failed)
	if err := s.openPebble(o); err != nil {
		return nil, err
	}
	s.open.Store(true)
	if o.Sync == SyncInterval {
		s.startTicker(o)
	}
	return s, nil
}

func (s *Store) openPebble(o Options) error {
	if err := checkDirectory(o.FS, s.dir); err != nil {
		return err
	}
	lock, err := o.FS.Lock(o.FS.PathJoin(s.dir, "LOCK"))
	if err != nil {
		return lockFault(err, s.dir)
	}
	s.lock = lock
	if s.db, err = startPebble(s.dir, pebbleOptions(o, s.guard), s.guard); err == nil {
		if err = s.identify(); err == nil {
			err = s.guard.err() // of a write that Pebble did not see fail
		}
		if err != nil {
			s.guard.release()
			s.db.Close()
		}
	}
	if err != nil {
		lock.Close()
	}
	return err
}

// startPebble opens Pebble's database. When a write fails meanwhile it does not wait for the end of that, as Pebble
// may wait for a compaction that waits for the database to be closed.
func startPebble(dir string, options *pebble.Options, g *guard) (*pebble.DB, error) {
	type result struct {
		db  *pebble.DB
		err error
	}
	opened := make(chan result, 1)
	go func() {
		db, err := pebble.Open(dir, options)
		opened <- result{db, err}
	}()
	select {
	case r := <-opened:
		if r.err != nil {
			return nil, openFault(r.err, dir)
		}
		return r.db, nil
	case <-g.failed:
		go func() {
			if r := <-opened; r.db != nil {
				g.release()
				r.db.Close()
			}
		}()
		return nil, g.err()
	}
}

// identify checks that the content is ours and of a known version, and marks a new store.
func (s *Store) identify() error {
	version, found, err := s.meta(metaFormat)
	switch {
	case err != nil:
		return openFault(err, s.dir)
	case !found:
		return s.initialise()
	case len(version) != 4:
		return corruptFault(errors.New("format version"), s.dir)
	case binary.BigEndian.Uint32(version) > formatVersion:
		return newerFault(nil, s.dir)
	}
	key, _, err := s.meta(metaPartition)
	if err != nil {
		return openFault(err, s.dir)
	}
	if copy(s.partition[:], key) != len(s.partition) {
		return corruptFault(errors.New("partition key"), s.dir)
	}
	return nil
}

// initialise marks an empty store with its version and gives it a partition key.
func (s *Store) initialise() error {
	it, err := s.db.NewIter(nil)
	if err != nil {
		return openFault(err, s.dir)
	}
	used := it.First()
	if err := it.Close(); err != nil {
		return openFault(err, s.dir)
	}
	if used {
		return foreignFault(nil, s.dir)
	}
	rand.Read(s.partition[:])
	b := s.db.NewBatch()
	defer b.Close()
	if err := b.Set(metaFormat, binary.BigEndian.AppendUint32(nil, formatVersion), nil); err != nil {
		return openFault(err, s.dir)
	}
	if err := b.Set(metaPartition, s.partition[:], nil); err != nil {
		return openFault(err, s.dir)
	}
	if err := b.Commit(pebble.Sync); err != nil {
		return openFault(err, s.dir)
	}
	// Pebble starts a store, and its first log, in an older format that does not tell a damaged log from one that a
	// crash cut short. The flush starts another log.
	if err := s.db.Flush(); err != nil {
		return openFault(err, s.dir)
	}
	return nil
}

// meta reads a value about the store itself.
func (s *Store) meta(key []byte) (value []byte, found bool, err error) {
	v, closer, err := s.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	value = append(value, v...)
	return value, true, closer.Close()
}

// checkDirectory makes the directory and refuses one that holds something else than a store, before anything is
// written to it.
func checkDirectory(fs vfs.FS, dir string) error {
	info, err := fs.Stat(dir)
	if err == nil && !info.IsDir() {
		return &Error{Fault: "is not a directory", Place: dir, Mend: "name a directory for the store", Err: nil}
	}
	if errors.Is(err, os.ErrNotExist) {
		err = fs.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return accessFault(err, dir)
	}
	names, err := fs.List(dir)
	if err != nil {
		return accessFault(err, dir)
	}
	foreign := ""
	for _, name := range names {
		switch {
		case strings.HasPrefix(name, "marker.manifest."):
			return nil
		case name != "LOCK" && name != "lost+found" && !ownName(name):
			foreign = name
		}
	}
	if foreign != "" {
		return foreignFault(errors.New("such as "+foreign), dir)
	}
	return nil
}

// ownName tells the files that a creation which was cut short leaves behind, before there is a manifest.
func ownName(name string) bool {
	return strings.HasPrefix(name, "MANIFEST-") || strings.HasPrefix(name, "OPTIONS-") ||
		strings.HasPrefix(name, "marker.format-version.") || strings.HasPrefix(name, "temporary.") ||
		strings.HasSuffix(name, ".dbtmp") || strings.HasSuffix(name, ".log")
}

// The faults of Open and of writes.

func lockFault(err error, dir string) error {
	held := errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) && !errors.Is(err, os.ErrPermission)
	if held || strings.Contains(err.Error(), "lock held by current process") {
		return &Error{Fault: "store is in use by another process", Place: dir, Mend: "stop the other router, or name another directory"}
	}
	return accessFault(err, dir)
}

func accessFault(err error, dir string) error {
	return &Error{Fault: "directory is not readable and writable", Place: dir, Mend: "give the router's user access to it, or name another directory", Err: err}
}

func foreignFault(err error, dir string) error {
	return &Error{Fault: "directory holds something else than a store of this router", Place: dir, Mend: "name an empty or a new directory", Err: err}
}

func newerFault(err error, dir string) error {
	return &Error{Fault: "store was written by a newer version", Place: dir, Mend: "install that version, or name another directory", Err: err}
}

func corruptFault(err error, place string) error {
	return &Error{Fault: "store is corrupt", Place: place, Mend: "restore it from a backup; keep a copy of the directory for examination", Err: err}
}

// openFault tells apart why Pebble does not open a directory, or does not read from it.
func openFault(err error, dir string) error {
	text := err.Error()
	switch {
	case strings.Contains(text, "unknown format version"), strings.Contains(text, "format major version"):
		return newerFault(err, dir)
	case strings.Contains(text, "comparer name"), strings.Contains(text, "merger name"):
		return foreignFault(err, dir)
	case pebble.IsCorruptionError(err), errors.Is(err, pebble.ErrDBNotPristine):
		// The file and the offset stand in the details, if at all.
		if detail := firstLine(crdb.FlattenDetails(err)); detail != "" {
			err = fmt.Errorf("%w: %s", err, detail)
		}
		return corruptFault(err, dir)
	case errors.Is(err, os.ErrPermission):
		return accessFault(err, dir)
	}
	return &Error{Fault: "store does not open", Place: dir, Mend: "see the cause; restore from a backup if the disk is damaged", Err: err}
}

// writeFault describes the first write that failed.
func writeFault(err error, file string) *Error {
	e := &Error{Fault: "writing failed, the store takes no more writes", Place: file, Mend: "see to the disk and restart the router", Err: err}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		e.Fault, e.Mend = "the disk is full, the store takes no more writes", "free some space and restart the router"
	}
	return e
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return strings.TrimSpace(s)
}
