package wal

import (
	"switchyard/shard"
	"switchyard/smp"
)

// expiredStretch is how many queues are looked at with one iterator: it keeps the tables that were there when it was
// opened, those in memory included.
const expiredStretch = 1000

// Expired implements shard.Store. It reads the first header of each queue that has messages, in the order of the
// recipient IDs, and no body. What is stored and deleted meanwhile may be seen or not.
func (s *Store) Expired(before int64, visit func(smp.ID) bool) error {
	var from []byte
	for {
		next, err := s.expiredFrom(from, before, visit)
		if next == nil || err != nil {
			return err
		}
		from = next
	}
}

// expiredFrom walks a stretch and returns the key at which the next one starts, nil at the end.
func (s *Store) expiredFrom(from []byte, before int64, visit func(smp.ID) bool) (next []byte, err error) {
	in := s.enter()
	defer in.Leave()
	it, err := in.heads(from)
	if err != nil {
		return nil, err
	}
	defer it.Close() // its errors are those of Error
	ok := it.First()
	for range expiredStretch {
		if !ok {
			return nil, it.Error()
		}
		h, err := headAt(it)
		if err != nil {
			return nil, err
		}
		id, _ := keyQueue(it.Key())
		if h.Kind != shard.KindQuota && h.Time < before && !visit(id) {
			return nil, nil
		}
		ok = it.NextPrefix()
	}
	if !ok {
		return nil, it.Error()
	}
	return append(next, it.Key()...), nil
}
