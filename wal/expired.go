package wal

import (
	"switchyard/internal/disk"
	"switchyard/shard"
	"switchyard/smp"
)

// expiredStretch is how many queues are looked at with one iterator: it keeps the tables that were there when it was
// opened, those in memory included.
const expiredStretch = 1000

// idSteps is how walks pass over IDs that cannot be read: a block of a table with billions of them spans 2^96 and more.
const idSteps = 96

// Expired implements shard.Store. It reads the first header of each queue that has messages, in the order of the
// recipient IDs, and no body. What is stored and deleted meanwhile may be seen or not. Queues whose header cannot be read
// are passed over; the error says how many.
func (s *Store) Expired(before int64, visit func(smp.ID) bool) error {
	var p disk.Passed
	for from := headsLower; from != nil; {
		next, err := s.expiredFrom(from, before, visit, &p)
		if err != nil {
			return err
		}
		from = next
	}
	p.Tell(s.log, "headers of messages")
	return p.Err()
}

// expiredFrom walks a stretch and returns the key at which the next one starts, nil at the end.
func (s *Store) expiredFrom(from []byte, before int64, visit func(smp.ID) bool, p *disk.Passed) (next []byte, err error) {
	in := s.enter()
	defer in.Leave()
	it, err := in.heads(from)
	if err != nil {
		return nil, err
	}
	defer it.Close() // its errors are those of Error
	last := append(make([]byte, 0, messageKeySize), from...)
	ok := it.First()
	for range expiredStretch {
		if !ok && it.Error() != nil {
			ok = p.Over(it, last, 1, idSteps)
		}
		if !ok {
			return nil, nil
		}
		last = append(last[:0], it.Key()...)
		id, _ := keyQueue(last)
		h, err := headAt(it)
		switch {
		case err != nil:
			p.Row(err)
		case h.Kind != shard.KindQuota && h.Time < before && !visit(id):
			return nil, nil
		}
		ok = it.NextPrefix()
	}
	if !ok && it.Error() != nil {
		ok = p.Over(it, last, 1, idSteps)
	}
	if !ok {
		return nil, nil
	}
	return append(next, it.Key()...), nil
}
