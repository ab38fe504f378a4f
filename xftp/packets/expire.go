package packets

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// expireStretch is how many packets are found with one iterator, which keeps tables that were compacted since; it is closed
// before they are deleted, as bodies may be far away.
const expireStretch = 1000

// Expire deletes the packets that were created ttl ago, and up to an hour more, as creation times are rounded down.
// deleted is called for each. A packet that cannot be deleted is passed over; the error says how many were.
func (s *Store) Expire(ctx context.Context, ttl time.Duration, deleted func()) error {
	before := s.clock.Now(s.now()).Add(-ttl).Unix() - hour
	if before <= 0 {
		return nil
	}
	end := binary.BigEndian.AppendUint64([]byte{'e'}, uint64(before))
	var f faults
	for from := []byte{'e'}; from != nil && ctx.Err() == nil; {
		var ids []ID
		var err error
		if ids, from, err = s.aged(from, end, &f); err != nil {
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
				f.add(err)
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
	if f.n > 0 {
		return fmt.Errorf("packets: %d packets are passed over: %w", f.n, f.first)
	}
	return ctx.Err()
}

// aged reads a stretch of packets by age, and where the next one begins, nil at the end.
func (s *Store) aged(from, end []byte, f *faults) (ids []ID, next []byte, err error) {
	in := s.enter()
	defer in.Leave()
	it, err := in.DB.NewIter(&pebble.IterOptions{LowerBound: from, UpperBound: end})
	if err != nil {
		return nil, nil, err
	}
	ok := it.First()
	for ; ok && len(ids) < expireStretch; ok = it.Next() {
		key := it.Key()
		if len(key) != len(ageKey(0, ID{})) {
			f.add(errRecord)
			continue
		}
		ids = append(ids, ID(key[9:]))
	}
	if ok {
		next = append(next, it.Key()...)
	}
	return ids, next, errors.Join(it.Error(), it.Close())
}
