package wal

import (
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
)

// Store is a shard.Store on Pebble. All methods but Close may be called from any goroutine.
type Store struct {
	// Immutable after Open.
	dir       string
	sync      Sync
	log       *slog.Logger
	options   Options
	lock      *pebble.Lock
	partition [16]byte
	space     *space

	current atomic.Pointer[instance] // replaced after a failure
	retired sync.WaitGroup           // those that were replaced and are not closed yet

	open     atomic.Bool // between Open and Close
	unsynced unsynced    // of SyncInterval
	ticker   ticker
	keeper   keeper
	stats    logStats

	backups sync.Mutex // held while one is made

	txs sync.Pool // *transaction
}

// PartitionKey is the secret of this store that maps entity IDs to partitions; made with the store.
func (s *Store) PartitionKey() [16]byte { return s.partition }

// Err is the *Error that stopped the store, nil while it takes writes.
func (s *Store) Err() error { return s.now().guard.err() }

// Epoch implements shard.Store: it counts how often the store was opened again after a failure.
func (s *Store) Epoch() uint64 { return s.now().epoch }

// Full implements shard.Store.
func (s *Store) Full() bool { return s.space.at(short) }

// now is the current instance, for what may also be done with one that is closed.
func (s *Store) now() *instance { return s.current.Load() }

// writable refuses commits while they could not be kept.
func (s *Store) writable(in *instance) error {
	switch {
	case !s.open.Load():
		return ErrClosed
	case in.guard.err() != nil:
		return in.guard.err()
	case s.space.at(out):
		return s.space.fault()
	}
	return nil
}

// Close writes what is in memory to disk and closes the store. Nobody may use the store any more: shards have stopped,
// and all commits were waited for.
func (s *Store) Close() error {
	if !s.open.Swap(false) {
		return ErrClosed
	}
	s.keeper.stop()
	s.ticker.stop()
	s.retired.Wait()
	in := s.now()
	failure := in.guard.err()
	if failure == nil {
		// The tables in memory go to disk, so that the next start finds an empty log.
		failure = in.db.Flush()
	}
	err := in.close()
	s.lock.Close()
	for _, e := range []error{in.guard.err(), failure, err} {
		if e != nil {
			return e
		}
	}
	return nil
}
