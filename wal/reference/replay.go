package reference

import (
	"bytes"
	"errors"

	"switchyard/shard"
)

// Faults of lines that their queue does not allow.
var (
	errNoQueue  = errors.New("about a queue that is not there")
	errTwice    = errors.New("the queue is there already")
	errSecured  = errors.New("the queue is secured with another key")
	errLinked   = errors.New("the queue has another link")
	errNoNotify = errors.New("the queue has no notifier")
)

// replay is what the lines of one queue have made of it so far.
type replay struct {
	queue   *Queue
	made    bool
	deleted bool
}

// apply does what a line says, as the reference does it when it starts. What comes behind the deletion has no effect.
func (p *replay) apply(at Place, r *logRecord) error {
	switch {
	case r.kind == logCreate && p.made:
		return errTwice
	case r.kind == logCreate:
		p.queue, p.made = r.created, true
		p.queue.At = at
		return nil
	case p.deleted:
		return nil
	case !p.made:
		return errNoQueue
	case r.kind == logDelete:
		p.queue, p.deleted = nil, true
		return nil
	}
	return p.queue.apply(r)
}

func (q *Queue) apply(r *logRecord) error {
	rec := &q.Record
	switch r.kind {
	case logLink:
		if rec.LinkID != nil && (!bytes.Equal(rec.LinkID, r.linkID) || !bytes.Equal(q.Link.Fixed, r.link.Fixed)) {
			return errLinked
		}
		rec.LinkID, q.Link = r.linkID, r.link
	case logDeleteLink:
		rec.LinkID, q.Link = nil, nil
	case logSecure:
		if rec.SenderKey != nil && !bytes.Equal(rec.SenderKey, r.key) {
			return errSecured
		}
		rec.SenderKey = r.key
	case logKeys:
		rec.RecipientKeys = r.keys
	case logNotifier:
		rec.Notifier = r.notifier
	case logDeleteNotifier:
		rec.Notifier = nil
	case logSuspend:
		rec.Status, rec.Blocked = shard.StatusOff, nil
	case logBlock:
		rec.Status, rec.Blocked = shard.StatusBlocked, r.blocked
	case logUnblock:
		rec.Status, rec.Blocked = shard.StatusActive, nil
	case logTime:
		rec.Updated = r.day
	case logQueueService:
		return q.associate(r.party, r.serviceID)
	}
	return nil
}

func (q *Queue) associate(party byte, service []byte) error {
	if party == 'R' {
		q.Record.Service = service
		return nil
	}
	if q.Record.Notifier == nil {
		return errNoNotify
	}
	q.Record.Notifier.Service = service
	return nil
}
