package wal

import "switchyard/shard"

// Ingest stores n queues past the log, as an Intake does, for what ascends by itself: record fills in the ith, and the
// recipient IDs, the sender IDs, and those of notifiers and links where there are some, ascend. It may be called from several
// goroutines, for different ranges.
func (s *Store) Ingest(n int, record func(i int, r *shard.Record)) error {
	var r shard.Record
	return s.ingest(n, func(rows *Rows, i int) error {
		record(i, &r)
		return rows.Queue(&r)
	})
}

// IngestMessages does the same with n messages of queues that have none. Queues ascend, and positions within each, without a
// gap.
func (s *Store) IngestMessages(n int, message func(i int, m *Message)) error {
	var m Message
	return s.ingest(n, func(rows *Rows, i int) error {
		message(i, &m)
		return rows.Message(&m)
	})
}

// ingest takes in what is made n times.
func (s *Store) ingest(n int, make func(rows *Rows, i int) error) error {
	t, err := s.NewIntake()
	if err != nil {
		return err
	}
	defer t.Drop()
	rows := s.Rows(t.Put)
	for i := range n {
		if err := make(rows, i); err != nil {
			return err
		}
	}
	return t.Finish()
}
