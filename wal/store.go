package wal

import (
	"log/slog"
	"sync"

	"switchyard/internal/disk"
)

// Store is a shard.Store on Pebble. All methods but Close may be called from any goroutine.
type Store struct {
	// Immutable after Open.
	dir       string
	sync      Sync
	log       *slog.Logger
	options   Options
	disk      *disk.DB
	partition [16]byte

	unsynced unsynced // of SyncInterval
	ticker   ticker

	backups sync.Mutex // held while one is made

	txs sync.Pool // *transaction
}

// Stats counts the work of the log since the store was opened.
type Stats = disk.Stats

// GroupBuckets is the number of buckets of Stats.Groups.
const GroupBuckets = disk.GroupBuckets

// instance is the database as one opening of its directory found it.
type instance struct{ *disk.Instance }

// enter returns the current instance, which stays open until Leave.
func (s *Store) enter() instance { return instance{s.disk.Enter()} }

// PartitionKey is the secret of this store that maps entity IDs to partitions; made with the store.
func (s *Store) PartitionKey() [16]byte { return s.partition }

// Err is the *Error that stopped the store, nil while it takes writes.
func (s *Store) Err() error { return s.disk.Err() }

// Epoch implements shard.Store: it counts how often the store was opened again after a failure.
func (s *Store) Epoch() uint64 { return s.disk.Epoch() }

// Full implements shard.Store.
func (s *Store) Full() bool { return s.disk.Full() }

// Stats returns the counts. Those of a sync under way are in part included.
func (s *Store) Stats() Stats { return s.disk.Stats() }

// Figures are what an operator looks at.
func (s *Store) Figures() disk.Figures { return s.disk.Figures() }

// Probe makes a round through the log as a commit does, and returns when it is on the disk; with SyncNever too.
func (s *Store) Probe() error { return s.disk.Probe() }

// Writable tells why the store does not take all that it is given, nil while it does.
func (s *Store) Writable() error { return s.disk.Writable() }

// Close writes what is in memory to disk and closes the store. Nobody may use the store any more: shards have stopped,
// and all commits were waited for.
func (s *Store) Close() error {
	s.ticker.stop()
	return s.disk.Close()
}
