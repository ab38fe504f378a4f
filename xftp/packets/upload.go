package packets

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"

	"github.com/cockroachdb/pebble/v2"
)

// Upload is the body of a packet on its way in. It ends with Commit or Abort.
type Upload struct {
	store  *Store
	body   Body
	sender ID
	tag    uint64
	held   int64 // bytes of the quota that are reserved for it
}

// Upload begins an upload and reserves its place, ErrQuota if there is none.
func (s *Store) Upload(ctx context.Context, sender ID, size uint32) (*Upload, error) {
	if !s.reserve(int64(size)) {
		return nil, ErrQuota
	}
	var random [8]byte
	rand.Read(random[:])
	u := &Upload{store: s, sender: sender, tag: binary.BigEndian.Uint64(random[:]), held: int64(size)}
	var err error
	if u.body, err = s.bodies.Begin(ctx, sender, u.tag, size); err != nil {
		s.release(int64(size))
		return nil, err
	}
	return u, nil
}

func (s *Store) reserve(n int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.quota-s.usage.Bytes-s.reserved {
		return false
	}
	s.reserved += n
	return true
}

func (s *Store) release(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reserved -= n
}

// stored turns what is reserved for u into usage, at once: others never see both or neither.
func (s *Store) stored(u *Upload, usage Usage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.usage.Bytes += usage.Bytes
	s.usage.Count += usage.Count
	s.reserved -= u.held
	u.held = 0
}

// Write writes the next bytes of the body. The caller sees to it that they are as many as the packet's size.
func (u *Upload) Write(p []byte) (int, error) { return u.body.Write(p) }

// Commit stores the body for good. ErrGone says that the packet was deleted, blocked or uploaded meanwhile; then, and
// on any other error, nothing of the upload is left.
func (u *Upload) Commit() error {
	err := u.body.Settle()
	if err == nil {
		err = u.commit()
	}
	if err != nil {
		u.Abort()
	}
	return err
}

func (u *Upload) commit() error {
	s := u.store
	lock := s.lock(u.sender)
	defer lock.Unlock()
	r, err := s.Packet(u.sender)
	if err != nil || r.Uploaded || r.Status != Active {
		return ErrGone
	}
	r.Uploaded, r.tag = true, u.tag
	b := s.db.NewBatch()
	defer b.Close()
	b.Set(senderKey(u.sender), appendRecord(nil, &r), nil)
	usage := Usage{int64(r.Size), 1}
	b.Merge(usageKey, usage.append(nil), nil)
	if err := b.Commit(pebble.Sync); err != nil {
		return err
	}
	s.stored(u, usage)
	if err := u.body.Publish(); err != nil {
		return errors.Join(err, s.withdraw(u.sender, r))
	}
	return nil
}

// withdraw takes back that there is a body.
func (s *Store) withdraw(sender ID, r Record) error {
	b := s.db.NewBatch()
	defer b.Close()
	without := r
	without.Uploaded, without.tag = false, 0
	b.Set(senderKey(sender), appendRecord(nil, &without), nil)
	return s.dropBody(context.Background(), b, sender, &r)
}

// Abort removes what was written and frees its place.
func (u *Upload) Abort() {
	u.body.Discard()
	u.store.release(u.held)
	u.held = 0
}
