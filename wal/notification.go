package wal

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"switchyard/internal/disk"
	"switchyard/shard"
	"switchyard/smp"
)

// The notifications that wait for a queue's notifier are one value, oldest first, as they are few, small, and always
// read and written together:
//
//	message ID 24 ‖ time i64, for each
const notificationSize = idSize + 8

// Notifications implements shard.Store.
func (s *Store) Notifications(queue *smp.ID) ([]shard.Notification, error) {
	sc := scratches.Get().(*scratch)
	defer scratches.Put(sc)
	in := s.enter()
	defer in.Leave()
	v, closer, err := in.DB.Get(appendKey(sc.key[:0], spaceNotifications, queue[:]))
	switch {
	case err == pebble.ErrNotFound:
		return nil, nil
	case err != nil:
		return nil, readFault(err)
	}
	defer closer.Close()
	all, ok := parseNotifications(v)
	if !ok {
		return nil, ErrCorrupt
	}
	return all, nil
}

func appendNotifications(b []byte, all []shard.Notification) []byte {
	for i := range all {
		b = smp.AppendI64(append(b, all[i].MessageID[:]...), all[i].Time)
	}
	return b
}

func parseNotifications(b []byte) ([]shard.Notification, bool) {
	if len(b)%notificationSize != 0 {
		return nil, false
	}
	all := make([]shard.Notification, len(b)/notificationSize)
	for i := range all {
		copy(all[i].MessageID[:], b)
		all[i].Time, b, _ = smp.ParseI64(b[idSize:])
	}
	return all, true
}

func (t *transaction) PutNotifications(queue *smp.ID, all []shard.Notification) {
	if len(all) == 0 {
		t.delete(spaceNotifications, queue[:])
		return
	}
	t.key = appendNotifications(t.key[:0], all)
	t.set(spaceNotifications, queue[:], t.key)
}

// ExpiredNotifications implements shard.Store: it reads all values, which are small and there only for queues whose
// notifier is away. Those that cannot be read are passed over; the error says how many.
func (s *Store) ExpiredNotifications(before int64, visit func(smp.ID) bool) error {
	in := s.enter()
	defer in.Leave()
	it, err := in.DB.NewIter(&pebble.IterOptions{
		LowerBound: []byte{spaceNotifications}, UpperBound: []byte{spaceNotifications + 1},
	})
	if err != nil {
		return err
	}
	defer it.Close() // its errors are those of Error
	var p disk.Passed
	last := []byte{spaceNotifications}
	for ok := it.First(); ok || it.Error() != nil && p.Over(it, last, 1, idSteps); ok = it.Next() {
		last = append(last[:0], it.Key()...)
		v, err := it.ValueAndErr()
		all, parsed := parseNotifications(v)
		if !parsed || len(last) != queueKeySize {
			err = errors.Join(ErrCorrupt, err)
		}
		switch {
		case err != nil:
			p.Row(err)
		case len(all) > 0 && all[0].Time < before && !visit(smp.ID(last[1:])):
			return nil
		}
	}
	p.Tell(s.log, "notifications")
	return p.Err()
}
