package packets

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"sync"
	"syscall"
)

// Upload is the body of a packet on its way in. It ends with Commit or Abort, or when another upload of the same packet
// begins: clients that have lost a connection try again long before the router notices.
type Upload struct {
	store  *Store
	body   Body
	sender ID
	tag    uint64
	held   int64 // bytes of the quota that are reserved for it

	mu    sync.Mutex
	phase phase
}

// phase is how far an upload is. Another one may end it while it is opening or open.
type phase uint8

const (
	opening phase = iota
	opened
	committing
	ended
)

// advance goes from a phase to another one, unless the upload is in a third one.
func (u *Upload) advance(from, to phase) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.phase != from {
		return false
	}
	u.phase = to
	return true
}

// uploads are those under way.
type uploads struct {
	mu     sync.Mutex
	tags   map[uint64]bool
	newest map[ID]*Upload
}

// put makes an upload the newest of its packet, and returns the one that was.
func (us *uploads) put(u *Upload) (last *Upload) {
	us.mu.Lock()
	defer us.mu.Unlock()
	if us.tags == nil {
		us.tags, us.newest = make(map[uint64]bool), make(map[ID]*Upload)
	}
	last = us.newest[u.sender]
	us.tags[u.tag], us.newest[u.sender] = true, u
	return last
}

func (us *uploads) drop(u *Upload) {
	us.mu.Lock()
	defer us.mu.Unlock()
	delete(us.tags, u.tag)
	if us.newest[u.sender] == u {
		delete(us.newest, u.sender)
	}
}

func (us *uploads) has(tag uint64) bool {
	us.mu.Lock()
	defer us.mu.Unlock()
	return us.tags[tag]
}

// Upload begins an upload and reserves its place: ErrQuota if there is none, ErrFull, which is one, when the disk has none.
func (s *Store) Upload(ctx context.Context, sender ID, size uint32) (*Upload, error) {
	if err := s.db.Err(); err != nil {
		return nil, err // rather than when all of it is there
	}
	if s.full() {
		return nil, ErrFull
	}
	var random [8]byte
	rand.Read(random[:])
	u := &Upload{store: s, sender: sender, tag: binary.BigEndian.Uint64(random[:])}
	if last := s.uploads.put(u); last != nil {
		last.supersede()
	}
	if !s.account.reserve(int64(size)) {
		s.uploads.drop(u)
		return nil, ErrQuota
	}
	u.held = int64(size)
	err := u.open(ctx, size)
	if err == nil && !u.advance(opening, opened) {
		err = ErrGone
	}
	if err != nil {
		u.discard()
		return nil, err
	}
	return u, nil
}

func (u *Upload) open(ctx context.Context, size uint32) (err error) {
	s := u.store
	if u.body, err = s.bodies.Begin(ctx, u.sender, u.tag, size); err != nil {
		return s.room(err)
	}
	if s.db.Look(); s.db.Full() { // the body may have taken its place on the same disk
		return ErrFull
	}
	return s.room(nil)
}

// supersede ends an upload whose client has begun another one.
func (u *Upload) supersede() {
	if u.advance(opened, ended) {
		u.discard()
	} else {
		u.advance(opening, ended) // and Upload discards it
	}
}

// Write writes the next bytes of the body. The caller sees to it that they are as many as the packet's size.
func (u *Upload) Write(p []byte) (int, error) {
	n, err := u.body.Write(p)
	u.store.db.Wrote(n)
	if err != nil && !u.advance(opened, opened) {
		return n, ErrGone
	}
	if err == nil && u.store.db.Full() { // where bodies do not take their place in advance
		return n, ErrFull
	}
	return n, u.store.room(err)
}

// Commit stores the body for good. When another upload of the packet was faster, this one is as good as stored: the caller
// has seen to it that both are what the packet's digest says. ErrGone says that the packet was deleted or blocked meanwhile,
// or that another upload of it has begun; then, and on any other error, nothing of the upload is left.
func (u *Upload) Commit() error {
	ctx, cancel := context.WithTimeout(context.Background(), workTimeout)
	defer cancel()
	done, err := u.store.names.begin(ctx, u.sender)
	if err != nil {
		u.Abort()
		return err
	}
	defer done()
	if !u.advance(opened, committing) {
		return ErrGone
	}
	if err := u.body.Settle(); err != nil {
		u.discard()
		return u.store.room(err)
	}
	stored, err := u.store.commit(u)
	if !stored {
		return err
	}
	defer u.store.uploads.drop(u)
	if err := u.store.bodies.Publish(ctx, u.sender, temporaryName(u.sender, u.tag)); err != nil {
		u.store.later("a body does not get its name", err) // it is read by the other one until then
	}
	return nil
}

// commit commits the record of a body that is durable under its temporary name.
func (s *Store) commit(u *Upload) (stored bool, err error) {
	lock := s.lock(u.sender)
	defer lock.Unlock()
	in := s.enter()
	defer in.Leave()
	r, err := in.packet(u.sender)
	switch {
	case err == nil && r.Uploaded:
		u.discard()
		return false, nil
	case err != nil || r.Status != Active:
		u.discard()
		return false, ErrGone
	}
	r.Uploaded, r.tag = true, u.tag
	b := in.DB.NewBatch()
	defer b.Close()
	b.Set(senderKey(u.sender), appendRecord(nil, &r), nil)
	usage := Usage{int64(r.Size), 1}
	b.Merge(usageKey, usage.append(nil), nil)
	err = in.Commit(b)
	switch {
	case err == nil:
		s.account.stored(in.Instance, u.held, usage)
		return true, nil
	case in.Err() == nil: // it was not tried
		u.discard()
	default: // the record may be found to be there: the body stays until that is known
		s.account.doubt(in.Instance, u.held)
		s.uploads.drop(u)
	}
	return false, err
}

// Abort removes what was written and frees its place.
func (u *Upload) Abort() {
	if u.advance(opened, ended) {
		u.discard()
	}
}

func (u *Upload) discard() {
	if u.body != nil {
		if err := u.body.Discard(); err != nil {
			u.store.later("an upload cannot be removed", err)
		}
	}
	u.store.account.release(u.held)
	u.store.uploads.drop(u)
}

// room is ErrFull for errors of a disk of bodies without space, about which it tells once; any other is err.
func (s *Store) room(err error) error {
	full := errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
	switch {
	case full && !s.roomless.Swap(true):
		s.log.Error("store: the disk of bodies is full, no more are taken; free some space")
	case err == nil && s.roomless.Load() && s.roomless.Swap(false):
		s.log.Info("store: there is space for bodies again")
	}
	if full {
		return ErrFull
	}
	return err
}
