package shard

import (
	"switchyard/box"
	"switchyard/smp"
)

// Status of a queue.
type Status uint8

const (
	StatusActive Status = iota
	StatusOff
	StatusBlocked
)

// Mode of a queue: who may secure it (facts: queueReq of NEW).
type Mode uint8

const (
	ModeUnset Mode = iota
	ModeMessaging
	ModeContact
)

// Record is what is stored of a queue, apart from its messages.
type Record struct {
	RecipientID   smp.ID
	SenderID      smp.ID
	RecipientKeys [][]byte // SPKI DER, at least one
	SenderKey     []byte   // SPKI DER; nil until secured
	Secret        [32]byte // raw X25519 secret of the recipient's DH key and ours: seals message bodies
	Mode          Mode
	Status        Status
	Blocked       []byte // text of the blocking information when Status is StatusBlocked
	Notifier      *Notifier
	LinkID        []byte // of its short link, nil without; the data itself is stored apart
	Service       []byte // recipient's service ID, nil without
	Updated       uint32 // day since 1970 of the last use
}

// Notifier is what is stored of a queue's notification credentials.
type Notifier struct {
	ID      smp.ID
	Key     []byte // SPKI DER
	Secret  [32]byte
	Service []byte // notifier's service ID, nil without
}

// MessageKind tells messages from the marker that the sender has met the quota.
type MessageKind uint8

const (
	KindMessage MessageKind = iota
	KindQuota
)

// MessageHeader is the clear part of a stored message.
type MessageHeader struct {
	Seq    uint64 // position in its queue; the messages of a queue have contiguous positions, none of which comes again
	ID     smp.ID
	Time   int64 // seconds since 1970
	Kind   MessageKind
	Notify bool
}

// Loaded is a queue as it is found in the store: its record and the headers of its first and last message.
type Loaded struct {
	Record      Record
	Messages    int // how many are stored, quota marker included
	First, Last MessageHeader
}

// IDKind says which of a queue's IDs is looked up.
type IDKind uint8

const (
	ByRecipient IDKind = iota
	BySender
	ByNotifier
	ByLink
)

// Lookup asks the store for one queue; Found is nil when there is none.
type Lookup struct {
	Kind  IDKind
	ID    []byte
	Own   func(recipientID *smp.ID) bool // nil: every queue; one that is not own is not read
	Found *Loaded
	Other smp.ID // recipient ID of a queue that is not own, as the ID leads there; zero without
	Err   error
}

// Store keeps queues and messages. Package wal implements it on Pebble, and a fake of the tests in memory. Errors of reads
// that match ErrDamaged are for good.
// One shard calls it from one goroutine; different shards call it at the same time. Nothing here may be assumed
// to be local or instant: reads come in batches and a commit is waited for elsewhere.
type Store interface {
	// Load answers all lookups in one pass. Err of a lookup reports a failure of that one.
	Load([]Lookup)
	// Header reads the header of the message at seq.
	Header(queue *smp.ID, seq uint64) (MessageHeader, error)
	// Body reads the sealed body of the message at seq into dst, which has room for it, and returns its length.
	Body(queue *smp.ID, seq uint64, dst []byte) (int, error)
	// Link reads the link data of a queue that has a link.
	Link(queue *smp.ID) (LinkData, error)
	// Notifications reads the notifications that are stored for a queue, oldest first.
	Notifications(queue *smp.ID) ([]Notification, error)
	// Service reads which service has an identity certificate.
	Service(fingerprint *[32]byte) (r ServiceRecord, found bool, err error)
	// ServiceCount reads the count of a service's queues in a partition, zero when there is none.
	ServiceCount(service *smp.ID, partition uint8) (ServiceCount, error)
	// ServiceCounts visits the counts of a service in a range of partitions, those that are not zero, in one pass.
	ServiceCounts(service *smp.ID, first, last uint8, visit func(partition uint8, n ServiceCount)) error
	// Waiting visits queues of a service on which something waits, or which are too damaged to tell, by their recipient IDs.
	// It looks at r.Rows rows from the place that the last call returned, nil for the first; next is nil at the end. With an
	// error that is ErrDamaged next is behind the rows that are damaged, with another one next is of no account.
	Waiting(r *WaitingRange, from []byte, visit func(smp.ID)) (next []byte, err error)
	// Epoch counts how often the store has gone back to what it had kept, after a failure: what failed commits have
	// written, and reads may have shown until then, is gone.
	Epoch() uint64
	// Full tells that there is no room for what makes the store larger. What makes it smaller is still taken.
	Full() bool
	// Begin starts a transaction of a shard that knows what the store has held since the given epoch. When that has
	// ended, Commit fails.
	Begin(epoch uint64) Tx
	// Expired calls visit with the recipient ID of each queue whose first message is older than before (seconds
	// since 1970) and is not a quota marker, until visit returns false. It may run beside everything else.
	Expired(before int64, visit func(smp.ID) bool) error
	// ExpiredNotifications is the same for queues whose first stored notification is older than before.
	ExpiredNotifications(before int64, visit func(smp.ID) bool) error
}

// Tx collects the writes of one drain. Slices given to it are copied.
type Tx interface {
	PutQueue(*Record)       // creates or replaces; also its sender, notifier and link IDs
	DeleteQueue(*Record)    // the record, its IDs, its link data, notifications and messages
	DeleteNotifier(*smp.ID) // the ID of credentials that were replaced or removed
	PutLink(queue *smp.ID, d *LinkData)
	DeleteLink(queue *smp.ID, linkID []byte)                        // the data, and the ID as one of the queue
	PutNotifications(queue *smp.ID, all []Notification)             // replaces those of the queue; none deletes them
	PutAssociation(service *smp.ID, partition uint8, queue *smp.ID) // the row of a service's queue
	DeleteAssociation(service *smp.ID, partition uint8, queue *smp.ID)
	PutServiceCount(service *smp.ID, partition uint8, n ServiceCount)
	PutService(fingerprint *[32]byte, r ServiceRecord)
	PutMessage(queue *smp.ID, h *MessageHeader, body []byte)
	DeleteMessage(queue *smp.ID, seq uint64)
	Empty() bool
	// Commit makes the writes visible to reads, of all shards, and returns at once with what to wait for. The Tx is
	// used up.
	Commit() (Commit, error)
}

// Commit is a transaction on its way to stable storage.
type Commit interface {
	// Wait returns when the writes are as durable as the store promises (its sync mode). It is called once, from
	// any goroutine; commits of one shard are waited for in order.
	Wait() error
}

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
	fresh.messages.fill(l, now)
	*q = fresh
	return nil
}

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
