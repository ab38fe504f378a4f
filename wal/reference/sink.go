package reference

import (
	"bytes"
	"encoding/binary"

	"switchyard/internal/extsort"
	"switchyard/shard"
	"switchyard/smp"
	"switchyard/wal"
)

// sink is the way of the queues into the store. Their records and link data come in the order of the store's keys; the other rows
// go by way of a sorter.
type sink struct {
	im     *Import
	intake *wal.Intake
	rows   *wal.Rows
	sorted *extsort.Sorter // key → line of the queue, value of the row
	line   int64           // of the queue at hand
	value  []byte
}

// queueBatch is how many queues are handed over at once.
const queueBatch = 256

// putQueues takes in all rows of all queues.
func (im *Import) putQueues(t *wal.Intake) error {
	s := &sink{im: im, intake: t, sorted: extsort.New(im.Scratch, im.Memory)}
	defer s.sorted.Close()
	s.rows = im.Store.Rows(s.row)
	produce := func(send func([]*Queue) error) error {
		batch := make([]*Queue, 0, queueBatch)
		err := im.Source.Queues(func(q *Queue) error {
			if batch = append(batch, q); len(batch) < queueBatch {
				return nil
			}
			full := batch
			batch = make([]*Queue, 0, queueBatch)
			return send(full)
		})
		if err != nil {
			return err
		}
		return send(batch)
	}
	err := pump(produce, func(batch []*Queue) error {
		for _, q := range batch {
			if err := s.put(q); err != nil {
				return err
			}
		}
		return im.Store.Err()
	})
	if err != nil {
		return err
	}
	if err := s.rows.Counts(); err != nil {
		return err
	}
	im.stage.Store("IDs of queues")
	return s.putSorted()
}

// row takes a row of the queue at hand.
func (s *sink) row(key, value []byte) error {
	if wal.InQueueOrder(key) {
		return s.intake.Put(key, value)
	}
	s.value = append(binary.BigEndian.AppendUint64(s.value[:0], uint64(s.line)), value...)
	return s.sorted.Add(key, s.value)
}

// put takes in a queue.
func (s *sink) put(q *Queue) error {
	r := &q.Record
	if d, ok := s.im.dropped[r.RecipientID]; ok && !s.without(q, d) {
		return nil
	}
	if r.Service != nil && s.im.roles[smp.ID(r.Service)] != smp.RoleMessaging {
		s.im.Report.Skip(q.At, errNoService)
		r.Service = nil
	}
	if n := r.Notifier; n != nil && n.Service != nil && s.im.roles[smp.ID(n.Service)] != smp.RoleNotifier {
		s.im.Report.Skip(q.At, errNoService)
		n.Service = nil
	}
	s.im.counts.Queues++
	s.line = q.At.Line
	if err := s.rows.Queue(r); err != nil || q.Link == nil {
		return err
	}
	return s.rows.Link(&r.RecipientID, q.Link)
}

// without takes from a queue what another one has. It is false when nothing is left of it.
func (s *sink) without(q *Queue, d dropped) bool {
	if d.queue {
		s.im.Report.Skip(q.At, errSenderTaken)
		return false
	}
	if d.notifier {
		s.im.Report.Skip(q.At, errNotifierTaken)
		q.Record.Notifier = nil
	}
	if d.link {
		s.im.Report.Skip(q.At, errLinkTaken)
		q.Record.LinkID, q.Link = nil, nil
	}
	return true
}

// putSorted takes in the rows that were sorted. The queue that came first has an ID that several have.
func (s *sink) putSorted() error {
	var last []byte
	clash := false
	n := 0
	err := each(s.sorted, func(key, value []byte) error {
		if n++; n%queueBatch == 0 {
			if err := s.im.Store.Err(); err != nil {
				return err
			}
		}
		if value = value[8:]; !bytes.Equal(key, last) {
			last = append(last[:0], key...)
			return s.intake.Put(key, value)
		}
		clash = true
		d := s.im.dropped[smp.ID(value)]
		switch kind, _ := wal.IDRow(key); kind {
		case shard.BySender:
			d.queue = true
		case shard.ByNotifier:
			d.notifier = true
		case shard.ByLink:
			d.link = true
		}
		s.im.dropped[smp.ID(value)] = d
		return nil
	})
	if err == nil && clash {
		err = errClash
	}
	return err
}
