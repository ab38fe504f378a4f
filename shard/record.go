package shard

import (
	"switchyard/box"
	"switchyard/smp"
)

// errRecord reports a stored queue whose keys do not parse.
const errRecord = damaged("shard: stored queue is damaged")

// fill sets q to what is stored of it; its subscriptions stay.
func (q *queue) fill(l *Loaded, now int64, s *services) error {
	r := &l.Record
	if len(r.RecipientKeys) == 0 {
		return errRecord
	}
	fresh := queue{
		recipientID: r.RecipientID,
		senderID:    r.SenderID,
		secret:      r.Secret,
		mode:        r.Mode,
		status:      r.Status,
		keyGen:      q.keyGen,
		day:         uint16(r.Updated),
		slot:        q.slot,
		sub:         q.sub,
	}
	if err := fresh.fillKeys(r); err != nil {
		return err
	}
	if err := fresh.fillRare(r, s); err != nil {
		return err
	}
	if n, old := fresh.notifier(), q.notifier(); n != nil && old != nil && n.ID == old.ID {
		n.sub = old.sub
	}
	fresh.fillMessages(l, now)
	*q = fresh
	return nil
}

func (q *queue) fillMessages(l *Loaded, now int64) {
	q.count = int32(l.Messages)
	if l.Messages == 0 {
		q.head.Seq = firstSeq(now)
		return
	}
	q.head, q.headKnown = l.First, true
	q.full = l.Last.Kind == KindQuota
}

// firstSeq is the position of the first message of a queue that is new or was found empty. It grows by a million a
// second, so that positions that the queue has used before do not come again; now is of a clock that nobody sets.
func firstSeq(now int64) uint64 { return uint64(now) * 1e6 }

func (q *queue) fillKeys(r *Record) error {
	keys := make([]box.PublicKey, 0, 1)
	for _, der := range r.RecipientKeys {
		k, err := box.ParseAuthKey(der)
		if err != nil {
			return errRecord
		}
		keys = append(keys, k)
	}
	q.setRecipientKeys(keys)
	if r.SenderKey == nil {
		return nil
	}
	k, err := box.ParseAuthKey(r.SenderKey)
	if err != nil {
		return errRecord
	}
	q.setSenderKey(&k)
	return nil
}

func (q *queue) fillRare(r *Record, s *services) error {
	if r.Status == StatusBlocked {
		rare := q.needRare()
		rare.blockedText = r.Blocked
		if e, ok := smp.ParseError(append([]byte("BLOCKED "), r.Blocked...)); ok {
			rare.blocked = e
		}
	}
	if r.LinkID != nil {
		q.needRare().linkID = r.LinkID
	}
	if r.Service != nil {
		q.needRare().service = s.of(r.Service)
	}
	if r.Notifier == nil {
		return nil
	}
	k, err := box.ParseAuthKey(r.Notifier.Key)
	if err != nil {
		return errRecord
	}
	q.needRare().notifier = &notifier{Notifier: *r.Notifier, key: k, service: s.of(r.Notifier.Service)}
	return nil
}

// recordScratch is the memory of a record on its way to the store.
type recordScratch struct {
	record Record
	keys   [][]byte
	der    []byte
}

// of returns the record of q, valid until the next call.
func (s *recordScratch) of(q *queue) *Record {
	s.der, s.keys = s.der[:0], s.keys[:0]
	r := &s.record
	*r = Record{
		RecipientID: q.recipientID,
		SenderID:    q.senderID,
		Secret:      q.secret,
		Mode:        q.mode,
		Status:      q.status,
		Updated:     uint32(q.day),
	}
	if q.recipientKey.alg != 0 {
		k := q.recipientKey.key()
		s.keys = append(s.keys, s.encode(&k))
	} else {
		for i := range q.rare.recipientKeys {
			s.keys = append(s.keys, s.encode(&q.rare.recipientKeys[i]))
		}
	}
	r.RecipientKeys = s.keys
	if k, ok := q.secured(); ok {
		r.SenderKey = s.encode(&k)
	}
	if q.rare != nil {
		r.LinkID = q.rare.linkID
		if s := q.rare.service; s != nil {
			r.Service = s.id[:]
		}
		if q.status == StatusBlocked {
			r.Blocked = q.rare.blockedText
		}
		if n := q.rare.notifier; n != nil {
			r.Notifier = &n.Notifier
		}
	}
	return r
}

// encode returns the DER of a key in the scratch memory. When that grows, what was encoded before stays where it was.
func (s *recordScratch) encode(k *box.PublicKey) []byte {
	start := len(s.der)
	s.der = k.AppendSPKI(s.der)
	return s.der[start:len(s.der):len(s.der)]
}
