package packets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/box"
	"switchyard/internal/expiry"
)

// Options of a store.
type Options struct {
	Quota int64            // bytes of bodies; 0 for no limit
	FS    vfs.FS           // of the records; the operating system's when nil
	Log   *slog.Logger     // nil: nowhere
	Now   func() time.Time // nil: time.Now

	retry func() // waits before a table is tried again; nil: retryAfter
}

// Store keeps packets. See the package comment.
type Store struct {
	db     *pebble.DB
	bodies Bodies
	quota  int64
	now    func() time.Time
	clock  expiry.Clock // by which it is judged what is too old
	log    *slog.Logger

	stripes [256]sync.Mutex // by the first byte of the sender ID

	mu       sync.Mutex
	usage    Usage // as committed
	reserved int64 // bytes of uploads under way
}

// Open opens the records in dir and settles what a crash left of bodies. The store does not close bodies.
func Open(ctx context.Context, dir string, bodies Bodies, o Options) (*Store, error) {
	s := &Store{bodies: bodies, quota: o.Quota, now: o.Now, log: o.Log}
	if s.quota == 0 {
		s.quota = math.MaxInt64
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.clock.Now(s.now()) // from here on a jump is noticed
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.retry == nil {
		o.retry = func() { time.Sleep(retryAfter) }
	}
	db, err := pebble.Open(dir, pebbleOptions(&patient{FS: o.FS, wait: o.retry}, s.log))
	if err != nil {
		return nil, fmt.Errorf("cannot open the store of packets %s: %w", dir, err)
	}
	s.db = db
	if err := s.recover(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot recover the packets: %w", err), db.Close())
	}
	return s, nil
}

func (s *Store) recover(ctx context.Context) error {
	value, err := s.get(usageKey)
	if err == nil {
		s.usage, err = parseUsage(value)
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	err = s.bodies.Recover(ctx, func(id ID) (uint64, bool) {
		r, err := s.Packet(id)
		return r.tag, err == nil && r.Uploaded
	})
	if err != nil {
		return err
	}
	return s.removeLeft(ctx)
}

// removeLeft removes the bodies whose records are deleted.
func (s *Store) removeLeft(ctx context.Context) error {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: []byte{'d'}, UpperBound: []byte{'d' + 1}})
	if err != nil {
		return err
	}
	defer it.Close()
	for ok := it.First(); ok; ok = it.Next() {
		id, ok := ParseID(it.Key()[1:])
		if !ok {
			return errRecord
		}
		if err := s.removeBody(ctx, id); err != nil {
			return err
		}
	}
	return it.Error()
}

// removeBody removes the body of a packet that has a removal key.
func (s *Store) removeBody(ctx context.Context, id ID) error {
	if err := s.bodies.Remove(ctx, id); err != nil {
		return err
	}
	return s.db.Delete(removalKey(id), pebble.NoSync) // if it comes back, there is nothing left to remove
}

// Close closes the records. What is in memory goes into a table first, so that the next start has no log to read.
func (s *Store) Close() error { return errors.Join(s.db.Flush(), s.db.Close()) }

// Usage is what is stored now, uploads under way left out.
func (s *Store) Usage() Usage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.usage
}

// Quota is how many bytes may be stored, MaxInt64 for no limit.
func (s *Store) Quota() int64 { return s.quota }

func (s *Store) count(u Usage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.usage.Bytes += u.Bytes
	s.usage.Count += u.Count
}

func (s *Store) get(key []byte) ([]byte, error) {
	value, closer, err := s.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	value = append([]byte(nil), value...)
	return value, closer.Close()
}

// Packet returns the record of a packet, ErrNotFound if there is none.
func (s *Store) Packet(sender ID) (Record, error) {
	value, err := s.get(senderKey(sender))
	if err != nil {
		return Record{}, err
	}
	return parseRecord(value)
}

// Access returns a recipient's key and the packet that it gives access to, ErrNotFound if there is none.
func (s *Store) Access(recipient ID) (sender ID, key box.PublicKey, r Record, err error) {
	value, err := s.get(recipientKey(recipient))
	if err != nil {
		return sender, key, r, err
	}
	if sender, key, err = parseAccess(value); err != nil {
		return sender, key, r, err
	}
	r, err = s.Packet(sender)
	return sender, key, r, err
}

// Body opens the body of an uploaded packet; fs.ErrNotExist when it is not there.
func (s *Store) Body(ctx context.Context, sender ID) (io.ReadCloser, error) {
	body, err := s.bodies.Open(ctx, sender)
	if !errors.Is(err, fs.ErrNotExist) {
		return body, err
	}
	lock := s.lock(sender) // its commit may be done and its final name not
	defer lock.Unlock()
	return s.bodies.Open(ctx, sender)
}

func (s *Store) lock(sender ID) *sync.Mutex {
	m := &s.stripes[sender[0]]
	m.Lock()
	return m
}
