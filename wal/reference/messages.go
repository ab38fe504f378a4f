package reference

import (
	"errors"
	"fmt"

	"switchyard/box"
	"switchyard/shard"
	"switchyard/smp"
	"switchyard/wal"
)

// messages takes the messages over, sealed as a queue keeps them.
func (im *Import) messages() error {
	before := im.Report.mark()
	for {
		err := im.intake(func(t *wal.Intake) error {
			find, err := im.Store.Records()
			if err != nil {
				return err
			}
			s := &sealing{im: im, rows: im.Store.Rows(t.Put), find: find}
			return errors.Join(s.run(), find.Close())
		})
		if !errors.Is(err, ErrAgain) {
			return err
		}
		im.counts.Messages = 0
		if err := im.Report.back(before); err != nil {
			return err
		}
	}
}

// messageBatch is messages on their way, with their bodies.
type messageBatch struct {
	messages []Message
	bodies   []byte
}

// Sizes of a batch.
const (
	batchMessages = 256
	batchBytes    = 1 << 20
)

// sealing is the way of messages into the store, queue by queue.
type sealing struct {
	im   *Import
	rows *wal.Rows
	find *wal.Records

	queue  smp.ID
	known  bool // queue is one that is there
	begun  bool // there was a message already
	seq    uint64
	subkey [box.KeySize]byte
	marker *Message // of the quota, which comes last
	sealed [smp.DeliveredSize]byte
}

func (s *sealing) run() error {
	used := make(chan *messageBatch, 2*pumpDepth) // that can be filled again
	fresh := func() *messageBatch {
		select {
		case b := <-used:
			b.messages, b.bodies = b.messages[:0], b.bodies[:0]
			return b
		default:
			return new(messageBatch)
		}
	}
	produce := func(send func(*messageBatch) error) error {
		batch := fresh()
		err := s.im.Source.Messages(func(m *Message) error {
			if len(batch.messages) == batchMessages || len(batch.bodies)+len(m.Body) > batchBytes {
				if err := send(batch); err != nil {
					return err
				}
				batch = fresh()
			}
			batch.add(m)
			return nil
		})
		if err != nil {
			return err
		}
		return send(batch)
	}
	err := pump(produce, func(batch *messageBatch) error {
		for i := range batch.messages {
			if err := s.put(&batch.messages[i]); err != nil {
				return err
			}
		}
		used <- batch
		return s.im.Store.Err()
	})
	if err != nil {
		return err
	}
	return s.end()
}

func (b *messageBatch) add(m *Message) {
	if b.bodies == nil {
		b.bodies = make([]byte, 0, batchBytes)
		b.messages = make([]Message, 0, batchMessages)
	}
	own := *m
	from := len(b.bodies)
	b.bodies = append(b.bodies, m.Body...)
	own.Body = b.bodies[from:len(b.bodies):len(b.bodies)]
	b.messages = append(b.messages, own)
}

// put takes in a message, or keeps a quota marker until its queue ends.
func (s *sealing) put(m *Message) error {
	if !s.begun || m.Queue != s.queue {
		if err := s.next(&m.Queue); err != nil {
			return err
		}
	}
	switch {
	case !s.known:
		s.im.Report.Skip(m.At, errNoQueue)
		return nil
	case m.Quota:
		marker := *m
		s.marker = &marker
		return nil
	}
	h := shard.MessageHeader{ID: m.ID, Time: m.Time, Notify: m.Notify}
	padded := s.sealed[box.TagSize:]
	plain := smp.AppendMessageBody(padded[2:2], m.Time, m.Notify, m.Body)
	if err := box.PadInPlace(padded, len(plain)); err != nil {
		return fmt.Errorf("%s: %w", m.At, err)
	}
	box.Seal(s.sealed[:], (*[box.NonceSize]byte)(&m.ID), &s.subkey)
	return s.store(&h, s.sealed[:])
}

func (s *sealing) store(h *shard.MessageHeader, sealed []byte) error {
	s.seq++
	h.Seq = s.seq
	s.im.counts.Messages++
	return s.rows.Message(&wal.Message{Queue: s.queue, Header: *h, Body: sealed})
}

// next goes to another queue. A queue that has a quota marker is full until it is empty, which ours is when the marker is the
// last message.
func (s *sealing) next(queue *smp.ID) error {
	if err := s.end(); err != nil {
		return err
	}
	s.queue, s.begun, s.seq = *queue, true, 0
	var r shard.Record
	var err error
	if s.known, err = s.find.Find(queue, &r); s.known {
		box.Precompute(&s.subkey, &r.Secret)
	}
	return err
}

func (s *sealing) end() error {
	m := s.marker
	s.marker = nil
	if m == nil {
		return nil
	}
	return s.store(&shard.MessageHeader{ID: m.ID, Time: m.Time, Kind: shard.KindQuota}, nil)
}
