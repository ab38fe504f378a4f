package packets

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/box"
	"switchyard/internal/disk"
	"switchyard/internal/expiry"
)

// Options of a store.
type Options struct {
	Quota int64            // bytes of bodies; 0 for no limit
	FS    vfs.FS           // of the records; the operating system's when nil
	Log   *slog.Logger     // nil: nowhere
	Now   func() time.Time // nil: time.Now

	looks <-chan time.Time // of tests, instead of the ticker by which the disk is looked at
	tidy  <-chan time.Time // of tests, instead of the ticker by which leftovers are removed
}

// Store keeps packets. See the package comment.
type Store struct {
	// Immutable after Open.
	db       *disk.DB
	bodies   Bodies
	now      func() time.Time
	log      *slog.Logger
	identity [16]byte

	clock expiry.Clock // by which it is judged what is too old

	stripes [256]sync.Mutex // of records, by the first byte of the sender ID; held over one commit
	account account
	uploads uploads
	names   turns
	tidier  tidier

	roomless atomic.Bool // the disk of bodies was full when it was last asked
}

// Open opens the records in dir and settles what a crash left of bodies. The store does not close bodies.
func Open(ctx context.Context, dir string, bodies Bodies, o Options) (*Store, error) {
	s := &Store{bodies: bodies, now: o.Now, log: o.Log}
	s.account.quota = o.Quota
	if o.Quota == 0 {
		s.account.quota = math.MaxInt64
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
	var err error
	s.db, err = disk.Open(dir, disk.Options{
		FS: o.FS, Log: s.log, MemTable: memTable, Cache: cacheSize, Growth: "new packets",
		Configure: configure,
		Identify:  func(in *disk.Instance) error { return s.identify(in, dir) },
		Looks:     o.looks,
	})
	if err != nil {
		return nil, err
	}
	s.tidyUp(ctx)
	if err := ctx.Err(); err != nil {
		return nil, errors.Join(err, s.db.Close())
	}
	s.startTidier(o.tidy)
	return s, nil
}

// Close closes the records. What is in memory goes into a table first, so that the next start has no log to read.
func (s *Store) Close() error {
	s.tidier.stop()
	return s.db.Close()
}

// Usage is what is stored now, uploads under way left out.
func (s *Store) Usage() Usage { return s.account.used() }

// Quota is how many bytes may be stored, MaxInt64 for no limit.
func (s *Store) Quota() int64 { return s.account.quota }

// reader is the records as they are at one time.
type reader struct{ *disk.Instance }

// enter gives the records, until Leave.
func (s *Store) enter() reader { return reader{s.db.Enter()} }

func (in reader) get(key []byte) ([]byte, error) {
	value, closer, err := in.DB.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	value = append([]byte(nil), value...)
	return value, closer.Close()
}

func (in reader) packet(sender ID) (Record, error) {
	value, err := in.get(senderKey(sender))
	if err != nil {
		return Record{}, err
	}
	return parseRecord(value)
}

// Packet returns the record of a packet, ErrNotFound if there is none.
func (s *Store) Packet(sender ID) (Record, error) {
	in := s.enter()
	defer in.Leave()
	return in.packet(sender)
}

// Access returns a recipient's key and the packet that it gives access to, ErrNotFound if there is none.
func (s *Store) Access(recipient ID) (sender ID, key box.PublicKey, r Record, err error) {
	in := s.enter()
	defer in.Leave()
	value, err := in.get(recipientKey(recipient))
	if err != nil {
		return sender, key, r, err
	}
	if sender, key, err = parseAccess(value); err != nil {
		return sender, key, r, err
	}
	r, err = in.packet(sender)
	return sender, key, r, err
}

// Body opens the body of an uploaded packet; fs.ErrNotExist when it is not there.
func (s *Store) Body(ctx context.Context, sender ID) (io.ReadCloser, error) {
	body, err := s.bodies.Open(ctx, sender)
	if !errors.Is(err, fs.ErrNotExist) {
		return body, err
	}
	r, missing := s.Packet(sender)
	if missing != nil || r.tag == 0 {
		return body, err
	}
	// Its record is committed, and its final name is still to come, or has come since.
	if body, err = s.bodies.OpenUpload(ctx, temporaryName(sender, r.tag)); errors.Is(err, fs.ErrNotExist) {
		return s.bodies.Open(ctx, sender)
	}
	return body, err
}

// full tells whether new packets are refused for want of space. It looks again before it says so, as there may be some since
// the last look.
func (s *Store) full() bool {
	if !s.db.Full() {
		return false
	}
	s.db.Look()
	return s.db.Full()
}

func (s *Store) lock(sender ID) *sync.Mutex {
	m := &s.stripes[sender[0]]
	m.Lock()
	return m
}
