package wal

import (
	"errors"
	"slices"

	"switchyard/shard"
	"switchyard/shard/partition"
	"switchyard/smp"
)

// ErrUnfit says that something is outside of what the protocol allows, so that there is no row for it.
var ErrUnfit = errors.New("wal: no row can hold it")

// Rows makes the rows of what a store is to take in, for an Intake. They come in any order; whoever wants an Intake to take
// them sorts them by their keys, as bytes. All of a queue is independent of all of another, so that nothing but the counts of
// services stays in memory.
//
// Rows are judged by their size alone: a key that is none, or a link without data, is found when the queue is used. Rows
// belongs to one goroutine.
type Rows struct {
	put        func(key, value []byte) error
	partitions partition.Map
	counts     map[serviceCount]*shard.ServiceCount
	key, value []byte // scratch
}

// serviceCount names a count of a service.
type serviceCount struct {
	service   smp.ID
	partition uint8
}

// Rows makes rows for this store, as associations of services depend on its partition key. put gets them; it may keep the
// slices no longer than its call.
func (s *Store) Rows(put func(key, value []byte) error) *Rows {
	return &Rows{
		put:        put,
		partitions: partition.New(&s.partition, 1),
		counts:     make(map[serviceCount]*shard.ServiceCount),
		key:        make([]byte, 0, maxKeySize),
	}
}

// Queue makes the rows of a queue: the record, its IDs, and what a service needs to find it. Its IDs may be of any
// partition.
func (r *Rows) Queue(q *shard.Record) error {
	if !fits(q) {
		return ErrUnfit
	}
	r.value = appendRecord(r.value[:0], q)
	if err := r.put(appendKey(r.key[:0], spaceQueues, q.RecipientID[:]), r.value); err != nil {
		return err
	}
	if err := r.id(spaceSenders, q.SenderID[:], q); err != nil {
		return err
	}
	if q.LinkID != nil {
		if err := r.id(spaceLinks, q.LinkID, q); err != nil {
			return err
		}
	}
	if err := r.associate(q.Service, q, &q.RecipientID); err != nil || q.Notifier == nil {
		return err
	}
	if err := r.id(spaceNotifiers, q.Notifier.ID[:], q); err != nil {
		return err
	}
	return r.associate(q.Notifier.Service, q, &q.Notifier.ID)
}

// fits tells whether a record can be encoded, and its rows be found.
func fits(q *shard.Record) bool {
	short := func(b []byte) bool { return len(b) <= smp.MaxShort }
	service := func(id []byte) bool { return id == nil || len(id) == idSize }
	n := len(q.RecipientKeys)
	return n > 0 && n <= 255 && !slices.ContainsFunc(q.RecipientKeys, func(k []byte) bool { return !short(k) }) &&
		short(q.SenderKey) && (q.LinkID == nil || len(q.LinkID) > 0) && short(q.LinkID) && service(q.Service) &&
		len(q.Blocked) <= 0xFFFF && (q.Notifier == nil || short(q.Notifier.Key) && service(q.Notifier.Service))
}

// id makes the row of an ID that leads to a queue.
func (r *Rows) id(space byte, id []byte, q *shard.Record) error {
	return r.put(appendKey(r.key[:0], space, id), q.RecipientID[:])
}

// associate makes the row of a queue's service, and counts it there by the ID that is hashed.
func (r *Rows) associate(service []byte, q *shard.Record, id *smp.ID) error {
	if service == nil {
		return nil
	}
	k := serviceCount{smp.ID(service), r.partitions.Of(q.RecipientID[:])}
	n := r.counts[k]
	if n == nil {
		n = new(shard.ServiceCount)
		r.counts[k] = n
	}
	n.Add(id[:])
	key := appendCountKey(r.key[:0], spaceAssociations, &k.service, k.partition)
	return r.put(append(key, q.RecipientID[:]...), nil)
}

// Counts makes the rows of the services' counts, behind all queues. Once more it makes those of the queues since then.
func (r *Rows) Counts() error {
	for k, n := range r.counts {
		r.value = appendCount(r.value[:0], n)
		if err := r.put(appendCountKey(r.key[:0], spaceCounts, &k.service, k.partition), r.value); err != nil {
			return err
		}
	}
	clear(r.counts)
	return nil
}

// Link makes the row of the data of a queue's link.
func (r *Rows) Link(queue *smp.ID, d *shard.LinkData) error {
	r.value = appendLinkData(r.value[:0], d)
	return r.put(appendKey(r.key[:0], spaceLinkData, queue[:]), r.value)
}

// Notifications makes the row of the notifications that wait for a queue's notifier, oldest first.
func (r *Rows) Notifications(queue *smp.ID, all []shard.Notification) error {
	if len(all) == 0 {
		return nil
	}
	r.value = appendNotifications(r.value[:0], all)
	return r.put(appendKey(r.key[:0], spaceNotifications, queue[:]), r.value)
}

// Service makes the row of a service.
func (r *Rows) Service(fingerprint *[32]byte, s shard.ServiceRecord) error {
	r.value = append(append(r.value[:0], byte(s.Role)), s.ID[:]...)
	return r.put(appendKey(r.key[:0], spaceServices, fingerprint[:]), r.value)
}

// Message is one that is taken in. A quota marker has no body.
type Message struct {
	Queue  smp.ID
	Header shard.MessageHeader
	Body   []byte // sealed
}

// Message makes the rows of a message. The positions of a queue's messages are contiguous.
func (r *Rows) Message(m *Message) error {
	r.value = appendHeader(r.value[:0], &m.Header)
	key := appendMessageKey(r.key[:0], spaceHeads, &m.Queue, m.Header.Seq)
	if err := r.put(key, r.value); err != nil || m.Header.Kind == shard.KindQuota {
		return err
	}
	key[0] = spaceBodies
	return r.put(key, m.Body)
}

// InQueueOrder tells of the key of a row whether rows of its kind come in order when queues come in the order of their recipient
// IDs.
func InQueueOrder(key []byte) bool {
	switch key[0] {
	case spaceQueues, spaceLinkData, spaceNotifications, spaceHeads, spaceBodies:
		return true
	}
	return false
}

// IDRow tells which kind of ID the row of a key leads from, if it is one of those that lead to a queue.
func IDRow(key []byte) (kind shard.IDKind, ok bool) {
	switch key[0] {
	case spaceSenders:
		return shard.BySender, true
	case spaceNotifiers:
		return shard.ByNotifier, true
	case spaceLinks:
		return shard.ByLink, true
	}
	return 0, false
}
