package packets

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// noteRemoval has the body of a packet, if it has one, removed after the commit. The note stays until it is, and so does
// what the body counts.
func noteRemoval(b *pebble.Batch, sender ID, r *Record) {
	if r.Uploaded {
		b.Set(removalKey(sender), binary.BigEndian.AppendUint32(nil, r.Size), nil)
	}
}

// parseRemoval is how many bytes a note counts. Those of earlier versions are empty, and count nothing any more.
func parseRemoval(note []byte) (Usage, error) {
	switch len(note) {
	case 0:
		return Usage{}, nil
	case 4:
		return Usage{-int64(binary.BigEndian.Uint32(note)), -1}, nil
	}
	return Usage{}, errRecord
}

// workTimeout bounds what is done with bodies after the answer no longer depends on it.
const workTimeout = time.Minute

// removeSoon removes a body that has a note now, and otherwise later.
func (s *Store) removeSoon(ctx context.Context, id ID) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), workTimeout)
	defer cancel()
	if err := s.remove(ctx, id); err != nil {
		s.later("a body cannot be removed", err)
	}
}

// remove removes the body of a packet that has a note.
func (s *Store) remove(ctx context.Context, id ID) error {
	end, err := s.names.begin(ctx, id)
	if err != nil {
		return err
	}
	defer end()
	in := s.enter()
	defer in.Leave()
	note, err := in.get(removalKey(id))
	if errors.Is(err, ErrNotFound) {
		return nil // somebody else has removed it
	}
	if err != nil {
		return err
	}
	u, err := parseRemoval(note)
	if err != nil {
		return err
	}
	if err := s.bodies.Remove(ctx, id); err != nil {
		return err
	}
	b := in.DB.NewBatch()
	defer b.Close()
	b.Delete(removalKey(id), nil)
	if u != (Usage{}) {
		b.Merge(usageKey, u.append(nil), nil)
	}
	if err := in.CommitLater(b); err != nil { // if the note comes back, there is nothing left to remove
		return err
	}
	s.account.count(in.Instance, u)
	return nil
}
