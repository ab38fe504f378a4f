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
	guard     *guard
	db        *pebble.DB
	lock      *pebble.Lock
	partition [16]byte

	open   atomic.Bool // between Open and Close
	dirty  atomic.Bool // written to since the last sync of the ticker
	ticker ticker

	txs sync.Pool // *transaction
}

// PartitionKey is the secret of this store that maps entity IDs to partitions; made with the store.
func (s *Store) PartitionKey() [16]byte { return s.partition }

// Err is the *Error that stopped the store, nil while it takes writes.
func (s *Store) Err() error { return s.guard.err() }

// failed tells about the failure that stops the store. Open and Close return theirs.
func (s *Store) failed(e *Error) {
	if s.open.Load() {
		s.log.Error("store: " + e.Error())
	}
}

// Close writes what is in memory to disk and closes the store. Nobody may use the store any more: shards have stopped,
// and all commits were waited for.
func (s *Store) Close() error {
	if !s.open.Swap(false) {
		return ErrClosed
	}
	s.ticker.stop()
	failure := s.guard.err()
	if failure == nil {
		// The tables in memory go to disk, so that the next start finds an empty log.
		failure = s.db.Flush()
	}
	err := s.db.Close()
	s.lock.Close()
	for _, e := range []error{s.guard.err(), failure, err} {
		if e != nil {
			return e
		}
	}
	return nil
}
