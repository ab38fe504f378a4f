package packets

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"switchyard/internal/disk"
)

// Expire deletes the packets that were created ttl ago, and up to an hour more, as creation times are rounded down.
// deleted is called for each. A packet that cannot be deleted is passed over; the error says how many were.
func (s *Store) Expire(ctx context.Context, ttl time.Duration, deleted func()) error {
	before := s.clock.Now(s.now()).Add(-ttl).Unix() - hour
	if before <= 0 {
		return nil
	}
	end := binary.BigEndian.AppendUint64([]byte{'e'}, uint64(before))
	var p disk.Passed
	for from := []byte{'e'}; from != nil && ctx.Err() == nil; {
		var ids []ID
		var err error
		from, err = s.stretch(from, end, ageSteps, &p, func(key []byte) bool {
			if len(key) != len(ageKey(0, ID{})) {
				return false
			}
			ids = append(ids, ID(key[9:]))
			return true
		})
		if err != nil {
			return err
		}
		for _, id := range ids {
			if ctx.Err() != nil {
				break
			}
			if err := s.db.Err(); err != nil {
				return err // of all the others, too
			}
			r, err := s.deleteRecord(id)
			switch {
			case errors.Is(err, ErrNotFound):
				continue
			case err != nil:
				p.Row(err)
				continue
			}
			deleted()
			switch {
			case !r.Uploaded:
			case s.tidier.left.Load(): // it may be tried in vain, which with an object store takes long
				s.tidier.left.Store(true)
			default:
				s.removeSoon(ctx, id)
			}
		}
	}
	return errors.Join(p.Err(), ctx.Err())
}
