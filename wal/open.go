package wal

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"os"
	"strconv"
	"strings"
	"time"

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
	s := &Store{dir: dir, sync: o.Sync, log: o.Log, options: o, unsynced: unsynced{opened: time.Now()}}
	s.space = &space{fs: o.FS, dir: dir, reserve: uint64(o.Reserve), table: uint64(o.MemTable), log: o.Log}
	if err := checkDirectory(o.FS, dir); err != nil {
		return nil, err
	}
	var err error
	if s.lock, err = pebble.LockDirectory(dir, o.FS); err != nil {
		return nil, lockFault(err, dir)
	}
	in, err := s.openInstance(0)
	if err != nil {
		s.lock.Close()
		return nil, err
	}
	s.current.Store(in)
	if !o.still {
		in.begin()
	}
	s.open.Store(true)
	s.space.look()
	s.startKeeper(o)
	if o.Sync == SyncInterval {
		s.startTicker(o)
	}
	return s, nil
}

// openInstance opens the directory, whose lock is held.
func (s *Store) openInstance(epoch uint64) (*instance, error) {
	if err := checkTails(s.options.FS, s.dir); err != nil {
		return nil, err
	}
	in := &instance{epoch: epoch, closed: s.retired.Done}
	in.users.Store(1)
	in.guard = newGuard(s.options.FS, s.dir, &s.stats, s.space, func(e *Error) {
		in.pressure.wake()
		if s.open.Load() && s.now() == in { // Open, Close and reopen return theirs
			s.log.Error("store: " + e.Error())
		}
	})
	in.pressure = newPressure(in.guard, s.log)
	in.compactions = newScheduler(in.guard, in.pressure)
	options := pebbleOptions(s.options, in.guard)
	options.Experimental.CompactionScheduler = in.compactions
	err := checkOptions(options, s.options.FS, s.dir)
	if err != nil {
		return nil, err
	}
	if in.db, err = pebble.Open(s.dir, options); err != nil {
		in.guard.tails.close()
		return nil, openFault(err, s.dir)
	}
	if err = s.identify(in); err == nil {
		err = in.guard.err() // of a write that Pebble did not see fail
	}
	if err != nil {
		_ = in.close() // why it is closed says more
		return nil, err
	}
	return in, nil
}

// identify checks that the content is ours and of a known version, and marks a new store. Of an instance that follows
// another one it checks that it is the same store.
func (s *Store) identify(in *instance) error {
	version, found, err := in.meta(metaFormat)
	switch {
	case err != nil:
		return openFault(err, s.dir)
	case !found && in.epoch > 0:
		return goneFault(s.dir)
	case !found:
		return s.initialise(in)
	case len(version) != 4:
		return corruptFault(errors.New("format version"), s.dir)
	case binary.BigEndian.Uint32(version) > formatVersion:
		return newerFault(s.dir, "format", uint64(binary.BigEndian.Uint32(version)), formatVersion)
	}
	key, _, err := in.meta(metaPartition)
	switch {
	case err != nil:
		return openFault(err, s.dir)
	case len(key) != len(s.partition):
		return corruptFault(errors.New("partition key"), s.dir)
	case in.epoch > 0 && [16]byte(key) != s.partition:
		return goneFault(s.dir)
	}
	if in.epoch == 0 {
		s.partition = [16]byte(key)
	}
	return nil
}

// initialise marks an empty store with its version and gives it a partition key.
func (s *Store) initialise(in *instance) error {
	it, err := in.db.NewIter(nil)
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
	b := in.db.NewBatch()
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
	if err := in.db.Flush(); err != nil {
		return openFault(err, s.dir)
	}
	return nil
}

// meta reads a value about the store itself.
func (in *instance) meta(key []byte) (value []byte, found bool, err error) {
	v, closer, err := in.db.Get(key)
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
	if err := checkPebbleFormat(names, fs, dir); err != nil {
		return err
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

// formatMarker begins the name of the file whose name says the version of what Pebble defines, after a number by which
// the newest of several counts:
//
//	marker.format-version.000013.024
const formatMarker = "marker.format-version."

// checkPebbleFormat refuses a store that a newer Pebble has written, before Pebble looks at it.
func checkPebbleFormat(names []string, fs vfs.FS, dir string) error {
	newest := ""
	for _, name := range names {
		if strings.HasPrefix(name, formatMarker) {
			newest = max(newest, name) // the numbers have leading zeros
		}
	}
	if newest == "" {
		return nil
	}
	_, digits, _ := strings.Cut(newest[len(formatMarker):], ".")
	format, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		return corruptFault(errors.New("its name is no format version"), fs.PathJoin(dir, newest))
	}
	if format > uint64(pebbleFormat) {
		return newerFault(fs.PathJoin(dir, newest), "table format", format, uint64(pebbleFormat))
	}
	return nil
}

// ownName tells the files that a creation which was cut short leaves behind, before there is a manifest.
func ownName(name string) bool {
	return strings.HasPrefix(name, "MANIFEST-") || strings.HasPrefix(name, optionsPrefix) ||
		strings.HasPrefix(name, formatMarker) || strings.HasPrefix(name, "temporary.") ||
		name == tailName || strings.HasSuffix(name, ".dbtmp") || strings.HasSuffix(name, ".log")
}
