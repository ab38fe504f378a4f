package packets

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// Expire deletes the packets that were created ttl ago, and up to an hour more, as creation times are rounded down.
// deleted is called for each.
func (s *Store) Expire(ctx context.Context, ttl time.Duration, deleted func()) error {
	before := s.clock.Now(s.now()).Add(-ttl).Unix() - hour
	if before <= 0 {
		return nil
	}
	it, err := s.db.NewIterWithContext(ctx, &pebble.IterOptions{
		LowerBound: []byte{'e'},
		UpperBound: binary.BigEndian.AppendUint64([]byte{'e'}, uint64(before)),
	})
	if err != nil {
		return err
	}
	defer it.Close()
	for ok := it.First(); ok && ctx.Err() == nil; ok = it.Next() {
		key := it.Key()
		if len(key) < 9 {
			return errRecord
		}
		id, ok := ParseID(key[9:])
		if !ok {
			return errRecord
		}
		switch err := s.Delete(ctx, id); {
		case err == nil:
			deleted()
		case !errors.Is(err, ErrNotFound):
			return err
		}
	}
	return errors.Join(it.Error(), ctx.Err())
}
