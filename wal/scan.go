package wal

import (
	"bytes"
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"switchyard/shard"
	"switchyard/smp"
)

// Scanned is all that is stored of a queue. It is valid during the visit.
type Scanned struct {
	Record        shard.Record
	Link          *shard.LinkData // nil without
	Notifications []shard.Notification

	scan *scan
}

// scan walks the spaces of queues side by side, as all of them have the order of recipient IDs.
type scan struct {
	queues, links, notifications, heads, bodies *pebble.Iterator
}

// Scan visits all queues in the order of their recipient IDs. What does not parse ends it.
func (s *Store) Scan(visit func(*Scanned) error) (err error) {
	in := s.enter()
	defer in.Leave()
	w := new(scan)
	for _, it := range []struct {
		of    **pebble.Iterator
		space byte
	}{
		{&w.queues, spaceQueues}, {&w.links, spaceLinkData}, {&w.notifications, spaceNotifications},
		{&w.heads, spaceHeads}, {&w.bodies, spaceBodies},
	} {
		*it.of, err = in.DB.NewIter(&pebble.IterOptions{LowerBound: []byte{it.space}, UpperBound: []byte{it.space + 1}})
		if err != nil {
			return readFault(err)
		}
		rows := *it.of
		defer func() { err = errors.Join(err, rows.Close()) }()
		rows.First()
	}
	for ; w.queues.Valid(); w.queues.Next() {
		q := Scanned{scan: w}
		if err := w.queue(&q); err != nil {
			return err
		}
		if err := visit(&q); err != nil {
			return err
		}
	}
	return readFault(w.queues.Error())
}

// queue reads the queue at hand.
func (w *scan) queue(q *Scanned) error {
	value, err := w.queues.ValueAndErr()
	if err != nil {
		return readFault(err)
	}
	key := w.queues.Key()
	if len(key) != queueKeySize {
		return ErrCorrupt
	}
	id := smp.ID(key[1:])
	if !parseRecord(&id, value, &q.Record) {
		return ErrCorrupt
	}
	switch data, err := rowOf(w.links, &id); {
	case err != nil:
		return err
	case data != nil && q.Record.LinkID != nil:
		d, ok := parseLinkData(data)
		if !ok {
			return ErrCorrupt
		}
		q.Link = &d
	}
	switch all, err := rowOf(w.notifications, &id); {
	case err != nil:
		return err
	case all != nil:
		var ok bool
		if q.Notifications, ok = parseNotifications(all); !ok {
			return ErrCorrupt
		}
	}
	return nil
}

// rowOf is the value of a queue in a space, nil when it has none; rows before it belong to no queue.
func rowOf(it *pebble.Iterator, queue *smp.ID) ([]byte, error) {
	if !forward(it, queue[:]) || !bytes.Equal(it.Key()[1:], queue[:]) {
		return nil, readFault(it.Error())
	}
	v, err := it.ValueAndErr()
	return v, readFault(err)
}

// forward goes to the first key of the space that is not before an ID.
func forward(it *pebble.Iterator, id []byte) bool {
	for steps := 0; it.Valid() && bytes.Compare(it.Key()[1:], id) < 0; steps++ {
		if steps == forwardSteps {
			var key [maxKeySize]byte
			return it.SeekGE(append(append(key[:0], it.Key()[0]), id...))
		}
		it.Next()
	}
	return it.Valid()
}

// forwardSteps is how many rows are passed over one by one before a seek.
const forwardSteps = 8

// Messages visits the messages of the queue in their order, with their sealed bodies. It is called once.
func (q *Scanned) Messages(visit func(h *shard.MessageHeader, sealed []byte) error) error {
	w, id := q.scan, q.Record.RecipientID[:]
	for forward(w.heads, id); w.heads.Valid() && bytes.HasPrefix(w.heads.Key()[1:], id); w.heads.Next() {
		h, err := headAt(w.heads)
		if err != nil {
			return readFault(err)
		}
		var sealed []byte
		if h.Kind == shard.KindMessage {
			if !forward(w.bodies, w.heads.Key()[1:]) || !bytes.Equal(w.bodies.Key()[1:], w.heads.Key()[1:]) {
				return errors.Join(ErrMissing, readFault(w.bodies.Error()))
			}
			if sealed, err = w.bodies.ValueAndErr(); err != nil {
				return readFault(err)
			}
		}
		if err := visit(&h, sealed); err != nil {
			return err
		}
	}
	return readFault(w.heads.Error())
}

// ScanServices visits all services.
func (s *Store) ScanServices(visit func(fingerprint *[32]byte, r shard.ServiceRecord) error) (err error) {
	in := s.enter()
	defer in.Leave()
	rows, err := in.DB.NewIter(&pebble.IterOptions{LowerBound: []byte{spaceServices}, UpperBound: []byte{spaceServices + 1}})
	if err != nil {
		return readFault(err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.First(); rows.Valid(); rows.Next() {
		value, err := rows.ValueAndErr()
		if err != nil {
			return readFault(err)
		}
		if len(rows.Key()) != 1+32 || len(value) != serviceSize {
			return ErrCorrupt
		}
		fingerprint := [32]byte(rows.Key()[1:])
		if err := visit(&fingerprint, shard.ServiceRecord{Role: smp.ServiceRole(value[0]), ID: smp.ID(value[1:])}); err != nil {
			return err
		}
	}
	return readFault(rows.Error())
}

// Records finds records of queues by recipient IDs that ascend. It belongs to one goroutine.
type Records struct {
	in   instance
	rows *pebble.Iterator
	key  []byte
}

// Records begins to find records; Close ends it.
func (s *Store) Records() (*Records, error) {
	in := s.enter()
	rows, err := in.DB.NewIter(&pebble.IterOptions{LowerBound: []byte{spaceQueues}, UpperBound: []byte{spaceQueues + 1}})
	if err != nil {
		in.Leave()
		return nil, readFault(err)
	}
	return &Records{in: in, rows: rows, key: make([]byte, 0, queueKeySize)}, nil
}

// Find reads the record of a queue into r, if there is one.
func (f *Records) Find(queue *smp.ID, r *shard.Record) (found bool, err error) {
	f.key = appendKey(f.key[:0], spaceQueues, queue[:])
	if !f.rows.SeekGE(f.key) || !bytes.Equal(f.rows.Key(), f.key) {
		return false, readFault(f.rows.Error())
	}
	value, err := f.rows.ValueAndErr()
	if err != nil {
		return false, readFault(err)
	}
	if !parseRecord(queue, value, r) {
		return false, ErrCorrupt
	}
	return true, nil
}

// Close ends the use of f.
func (f *Records) Close() error {
	defer f.in.Leave()
	return f.rows.Close()
}
