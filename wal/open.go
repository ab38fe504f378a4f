package wal

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"switchyard/internal/disk"
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
	var err error
	s.disk, err = disk.Open(dir, disk.Options{
		FS: o.FS, Log: o.Log, MemTable: o.MemTable, Cache: o.Cache, Reserve: o.Reserve,
		Growth: "new queues and messages", Configure: configure,
		Identify: func(in *disk.Instance) error { return s.identify(instance{in}) },
		Still:    o.still, Looks: o.looks,
	})
	if err != nil {
		return nil, err
	}
	if o.Sync == SyncInterval {
		s.startTicker(o)
	}
	return s, nil
}

// identify checks that the content is ours and of a known version, and marks a new store. Of an instance that follows
// another one it checks that it is the same store.
func (s *Store) identify(in instance) error {
	version, found, err := in.meta(metaFormat)
	switch {
	case err != nil:
		return disk.OpenFault(err, s.dir)
	case !found && in.Epoch > 0:
		return disk.GoneFault(s.dir)
	case !found:
		return s.initialise(in)
	case len(version) != 4:
		return disk.CorruptFault(errors.New("format version"), s.dir)
	case binary.BigEndian.Uint32(version) > formatVersion:
		return disk.NewerFault(s.dir, "format", uint64(binary.BigEndian.Uint32(version)), formatVersion)
	}
	key, _, err := in.meta(metaPartition)
	switch {
	case err != nil:
		return disk.OpenFault(err, s.dir)
	case len(key) != len(s.partition):
		return disk.CorruptFault(errors.New("partition key"), s.dir)
	case in.Epoch > 0 && [16]byte(key) != s.partition:
		return disk.GoneFault(s.dir)
	}
	if in.Epoch == 0 {
		s.partition = [16]byte(key)
	}
	return nil
}

// initialise marks an empty store with its version and gives it a partition key.
func (s *Store) initialise(in instance) error {
	it, err := in.DB.NewIter(nil)
	if err != nil {
		return disk.OpenFault(err, s.dir)
	}
	used := it.First()
	if err := it.Close(); err != nil {
		return disk.OpenFault(err, s.dir)
	}
	if used {
		return disk.ForeignFault(nil, s.dir)
	}
	rand.Read(s.partition[:])
	b := in.DB.NewBatch()
	defer b.Close()
	if err := b.Set(metaFormat, binary.BigEndian.AppendUint32(nil, formatVersion), nil); err != nil {
		return disk.OpenFault(err, s.dir)
	}
	if err := b.Set(metaPartition, s.partition[:], nil); err != nil {
		return disk.OpenFault(err, s.dir)
	}
	if err := b.Commit(pebble.Sync); err != nil {
		return disk.OpenFault(err, s.dir)
	}
	// Pebble starts a store, and its first log, in an older format that does not tell a damaged log from one that a
	// crash cut short. The flush starts another log.
	if err := in.DB.Flush(); err != nil {
		return disk.OpenFault(err, s.dir)
	}
	return nil
}

// meta reads a value about the store itself.
func (in instance) meta(key []byte) (value []byte, found bool, err error) {
	v, closer, err := in.DB.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	value = append(value, v...)
	return value, true, closer.Close()
}
