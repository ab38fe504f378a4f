package wal

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"os"
	"strings"

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
	lock, err := pebble.LockDirectory(s.dir, o.FS)
	if err != nil {
		return lockFault(err, s.dir)
	}
	compactions := newScheduler(s.guard)
	options := pebbleOptions(o, s.guard)
	options.Lock = lock
	options.Experimental.CompactionScheduler = compactions
	if s.db, err = pebble.Open(s.dir, options); err != nil {
		err = openFault(err, s.dir)
	} else if err = s.identify(); err == nil {
		err = s.guard.err() // of a write that Pebble did not see fail
	}
	if err == nil {
		s.lock = lock
		compactions.begin()
		return nil
	}
	if s.db != nil {
		s.db.Close()
	}
	lock.Close()
	return err
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
		return &Error{Fault: "is not a directory", Place: dir, Mend: "name a directory for the store"}
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
