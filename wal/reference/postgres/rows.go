package postgres

import (
	"github.com/jackc/pgx/v5"

	"switchyard/smp"
	"switchyard/wal/reference"
)

// Services implements reference.Source.
func (s *Source) Services(visit func(*reference.Service) error) error {
	if s.version < serviceCerts {
		return nil
	}
	table := s.o.Schema + ".services"
	rows, err := s.tx.Query(s.ctx, "SELECT service_id, service_role, service_cert, service_cert_hash, created_at FROM "+
		s.schema.table("services")+" ORDER BY created_at, service_id")
	if err != nil {
		return s.reading(err)
	}
	defer rows.Close()
	for n := int64(1); rows.Next(); n++ {
		var r serviceRow
		if err := rows.Scan(&r.id, &r.role, &r.chain, &r.fingerprint, &r.created); err != nil {
			return s.reading(err)
		}
		at := reference.Place{In: table, Line: n}
		service, err := r.service()
		if err != nil {
			s.o.Skip(at, err)
			continue
		}
		service.At = at
		if err := visit(service); err != nil {
			return err
		}
	}
	return s.reading(rows.Err())
}

// queueColumns are the columns that are read, those that a version lacks as nothing.
func (s *Source) queueColumns() string {
	columns := "recipient_id, rcv_dh_secret, sender_id, sender_key, notifier_id, notifier_key, rcv_ntf_dh_secret, status, updated_at, "
	if s.version < shortLinks {
		columns += `'\x01'::bytea || set_byte('\x00'::bytea, 0, length(recipient_key)) || recipient_key, ` +
			"CASE WHEN snd_secure THEN 'M' END, NULL::bytea, NULL::bytea, NULL::bytea, "
	} else {
		columns += "recipient_keys, queue_mode, link_id, fixed_data, user_data, "
	}
	if s.version < serviceCerts {
		return columns + "NULL::bytea, NULL::bytea"
	}
	return columns + "rcv_service_id, ntf_service_id"
}

// Queues implements reference.Source.
func (s *Source) Queues(visit func(*reference.Queue) error) error {
	table := s.o.Schema + ".msg_queues"
	s.done.Store(0)
	rows, err := s.tx.Query(s.ctx, "SELECT "+s.queueColumns()+" FROM "+s.schema.table("msg_queues")+
		" WHERE deleted_at IS NULL ORDER BY recipient_id")
	if err != nil {
		return s.reading(err)
	}
	defer rows.Close()
	for n := int64(1); rows.Next(); n++ {
		var r queueRow
		if err := rows.Scan(&r.recipient, &r.secret, &r.sender, &r.senderKey, &r.notifier, &r.notifierKey, &r.notifierSecret,
			&r.status, &r.updated, &r.keys, &r.mode, &r.link, &r.fixed, &r.user, &r.service, &r.notifierService); err != nil {
			return s.reading(err)
		}
		s.done.Add(1)
		at := reference.Place{In: table, Line: n}
		queue, err := r.queue()
		if err != nil {
			s.o.Skip(at, err)
			continue
		}
		queue.At = at
		if err := visit(queue); err != nil {
			return err
		}
	}
	return s.reading(rows.Err())
}

// Messages implements reference.Source. A deleted queue keeps its messages until its row is removed.
func (s *Source) Messages(visit func(*reference.Message) error) error {
	if s.o.Journals != nil {
		return s.o.Journals.Messages(visit)
	}
	if !s.messagesHere() {
		return nil
	}
	table := s.o.Schema + ".messages"
	s.done.Store(s.queues)
	rows, err := s.tx.Query(s.ctx, "SELECT recipient_id, msg_id, msg_ts, msg_quota, msg_ntf_flag, msg_body FROM "+
		s.schema.table("messages")+" JOIN "+s.schema.table("msg_queues")+" USING (recipient_id) WHERE deleted_at IS NULL ORDER BY recipient_id, message_id")
	if err != nil {
		return s.reading(err)
	}
	defer rows.Close()
	for n := int64(1); rows.Next(); n++ {
		m := reference.Message{At: reference.Place{In: table, Line: n}}
		if err := s.scanMessage(rows, &m); err != nil {
			return err
		}
		s.done.Add(1)
		if m.Queue == (smp.ID{}) { // it was told of
			continue
		}
		if err := visit(&m); err != nil {
			return err
		}
	}
	return s.reading(rows.Err())
}

// scanMessage reads a row, and leaves the queue empty when it is none that can be taken over.
func (s *Source) scanMessage(rows pgx.Rows, m *reference.Message) error {
	var queue, id []byte
	if err := rows.Scan(&queue, &id, &m.Time, &m.Quota, &m.Notify, &m.Body); err != nil {
		return s.reading(err)
	}
	switch {
	case len(queue) != len(m.Queue) || len(id) != len(m.ID):
		s.o.Skip(m.At, errID)
	case len(m.Body) > reference.MaxBody:
		s.o.Skip(m.At, errBody)
	default:
		m.Queue, m.ID = smp.ID(queue), smp.ID(id)
		if m.Quota {
			m.Body, m.Notify = nil, false
		}
	}
	return nil
}
