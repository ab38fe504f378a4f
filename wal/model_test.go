package wal

import (
	"hash/maphash"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"switchyard/shard"
	"switchyard/smp"
)

// model is what a store should hold, row by row, kept in the plainest way.
type model struct {
	tag    byte // first byte of all its IDs: models with other tags can share a store
	rows   map[string]string
	sum    uint64        // of the rows, whatever their order
	queues []*modelQueue // those that exist
	counts map[uint8]shard.ServiceCount
	body   int // the largest size of a message
	rng    *rand.Rand
}

type modelQueue struct {
	record      shard.Record
	first, next uint64 // positions of its messages
	bodies      map[uint64][]byte
	headers     map[uint64]shard.MessageHeader
	link        *shard.LinkData
	ntfs        []shard.Notification
	served      bool // associated with the service of the model
}

func newModel(seed uint64) *model {
	return &model{
		tag: byte(seed), rows: map[string]string{}, counts: map[uint8]shard.ServiceCount{},
		body: bodySize, rng: rand.New(rand.NewPCG(seed, 1)),
	}
}

// clone copies the model as far as step changes it.
func (m *model) clone() *model {
	c := &model{tag: m.tag, rows: maps.Clone(m.rows), sum: m.sum, counts: maps.Clone(m.counts), body: m.body, rng: m.rng}
	for _, q := range m.queues {
		k := *q
		k.bodies, k.headers = maps.Clone(q.bodies), maps.Clone(q.headers)
		c.queues = append(c.queues, &k)
	}
	return c
}

func (m *model) id() smp.ID {
	id := randomID(m.rng)
	id[0] = m.tag
	return id
}

// step does one random thing to the model and to a transaction.
func (m *model) step(t shard.Tx) {
	if len(m.queues) == 0 || m.rng.IntN(20) == 0 {
		m.create(t)
		return
	}
	i := m.rng.IntN(len(m.queues))
	q := m.queues[i]
	switch p := m.rng.IntN(100); {
	case p < 50:
		m.put(t, q)
	case p < 75:
		m.acknowledge(t, q)
	case p < 82:
		m.change(t, q)
	case p < 86:
		m.changeLink(t, q)
	case p < 91:
		m.notify(t, q)
	case p < 95:
		m.serve(t, q)
	default:
		m.delete(t, i)
	}
}

func (m *model) create(t shard.Tx) {
	q := &modelQueue{record: randomRecord(m.rng), bodies: map[uint64][]byte{}, headers: map[uint64]shard.MessageHeader{}}
	q.record.RecipientID, q.record.SenderID = m.id(), m.id()
	if m.rng.IntN(2) == 0 {
		link := m.id()
		q.record.LinkID = link[:]
	}
	m.queues = append(m.queues, q)
	m.putQueue(t, q)
}

func (m *model) putQueue(t shard.Tx, q *modelQueue) {
	r := &q.record
	t.PutQueue(r)
	m.set(spaceQueues, r.RecipientID[:], appendRecord(nil, r))
	m.set(spaceSenders, r.SenderID[:], r.RecipientID[:])
	if r.Notifier != nil {
		m.set(spaceNotifiers, r.Notifier.ID[:], r.RecipientID[:])
	}
	if r.LinkID != nil {
		m.set(spaceLinks, r.LinkID, r.RecipientID[:])
	}
}

func (m *model) set(space byte, id, value []byte) {
	m.setRow(string(appendKey(nil, space, id)), string(value))
}

func (m *model) unset(space byte, id []byte) { m.unsetRow(string(appendKey(nil, space, id))) }

func (m *model) setRow(key, value string) {
	m.unsetRow(key)
	m.rows[key] = value
	m.sum ^= rowHash(key, value)
}

func (m *model) unsetRow(key string) {
	if old, ok := m.rows[key]; ok {
		delete(m.rows, key)
		m.sum ^= rowHash(key, old)
	}
}

var rowSeed = maphash.MakeSeed()

func rowHash(key, value string) uint64 {
	return maphash.Comparable(rowSeed, [2]string{key, value})
}

// change gives a queue other credentials.
func (m *model) change(t shard.Tx, q *modelQueue) {
	r := &q.record
	if n := r.Notifier; n != nil {
		t.DeleteNotifier(&n.ID)
		m.unset(spaceNotifiers, n.ID[:])
		m.putNotifications(t, q, nil)
		r.Notifier = nil
	} else {
		r.Notifier = &shard.Notifier{ID: m.id(), Key: randomKey(m.rng, 1)}
	}
	r.Updated++
	m.putQueue(t, q)
}

// changeLink gives a queue data of its link, or takes the link away.
func (m *model) changeLink(t shard.Tx, q *modelQueue) {
	r := &q.record
	if q.link != nil {
		t.DeleteLink(&r.RecipientID, r.LinkID)
		m.unset(spaceLinks, r.LinkID)
		m.unset(spaceLinkData, r.RecipientID[:])
		q.link, r.LinkID = nil, nil
		m.putQueue(t, q)
		return
	}
	if r.LinkID == nil {
		link := m.id()
		r.LinkID = link[:]
		m.putQueue(t, q)
	}
	q.link = &shard.LinkData{Fixed: randomBytes(m.rng, 1+m.rng.IntN(100)), User: randomBytes(m.rng, 1+m.rng.IntN(100))}
	t.PutLink(&r.RecipientID, q.link)
	m.set(spaceLinkData, r.RecipientID[:], appendLinkData(nil, q.link))
}

// notify has one more notification wait, or has the notifier take them all.
func (m *model) notify(t shard.Tx, q *modelQueue) {
	switch {
	case q.record.Notifier == nil:
	case len(q.ntfs) > 0 && m.rng.IntN(2) == 0:
		m.putNotifications(t, q, nil)
	default:
		n := shard.Notification{MessageID: randomID(m.rng), Time: int64(m.rng.IntN(1000))}
		m.putNotifications(t, q, append(slices.Clone(q.ntfs), n))
	}
}

func (m *model) putNotifications(t shard.Tx, q *modelQueue, all []shard.Notification) {
	q.ntfs = all
	t.PutNotifications(&q.record.RecipientID, all)
	if len(all) == 0 {
		m.unset(spaceNotifications, q.record.RecipientID[:])
		return
	}
	m.set(spaceNotifications, q.record.RecipientID[:], appendNotifications(nil, all))
}

// service is that of the model, which has queues in a few partitions.
func (m *model) service() *smp.ID { return &smp.ID{m.tag} }

const modelPartitions = 4

// serve associates a queue with the service, or ends that.
func (m *model) serve(t shard.Tx, q *modelQueue) {
	id, partition := &q.record.RecipientID, q.record.RecipientID[1]%modelPartitions
	key := appendCountKey(nil, spaceAssociations, m.service(), partition)[1:]
	key = append(key, id[:]...)
	n := m.counts[partition]
	if q.served = !q.served; q.served {
		n.Count++
		t.PutAssociation(m.service(), partition, id)
		m.set(spaceAssociations, key, nil)
	} else {
		n.Count--
		t.DeleteAssociation(m.service(), partition, id)
		m.unset(spaceAssociations, key)
	}
	n.Hash.Toggle(id[:])
	m.counts[partition] = n
	t.PutServiceCount(m.service(), partition, n)
	key = appendCountKey(nil, spaceCounts, m.service(), partition)[1:]
	if n.Count == 0 {
		m.unset(spaceCounts, key)
		return
	}
	m.set(spaceCounts, key, appendCount(nil, &n))
}

// register makes a client service, which is a transaction of its own.
func (m *model) register(s *Store) error {
	fingerprint := [32]byte(randomBytes(m.rng, 32))
	fingerprint[0] = m.tag
	r := shard.ServiceRecord{ID: randomID(m.rng), Role: smp.ServiceRole(m.rng.IntN(2))}
	err := putService(s, &fingerprint, r)
	if _, found, _ := s.Service(&fingerprint); found || err == nil { // it is seen even if it was not synced
		m.set(spaceServices, fingerprint[:], append([]byte{byte(r.Role)}, r.ID[:]...))
	}
	return err
}

func (m *model) put(t shard.Tx, q *modelQueue) {
	h := shard.MessageHeader{Seq: q.next, ID: randomID(m.rng), Time: int64(m.rng.IntN(1000)), Notify: m.rng.IntN(2) == 0}
	size := m.rng.IntN(300)
	switch m.rng.IntN(8) {
	case 0:
		size = m.body
	case 1:
		h.Kind = shard.KindQuota
	}
	body := randomBytes(m.rng, size)
	t.PutMessage(&q.record.RecipientID, &h, body)
	q.headers[h.Seq] = h
	m.setRow(string(appendMessageKey(nil, spaceHeads, &q.record.RecipientID, h.Seq)), string(appendHeader(nil, &h)))
	if h.Kind == shard.KindMessage {
		q.bodies[h.Seq] = body
		m.setRow(string(appendMessageKey(nil, spaceBodies, &q.record.RecipientID, h.Seq)), string(body))
	}
	q.next++
}

func (m *model) acknowledge(t shard.Tx, q *modelQueue) {
	if q.first == q.next {
		return
	}
	t.DeleteMessage(&q.record.RecipientID, q.first)
	m.drop(q, q.first)
	if q.first++; q.first == q.next && m.rng.IntN(2) == 0 {
		q.first, q.next = 0, 0 // as after a reload of the empty queue
	}
}

func (m *model) drop(q *modelQueue, seq uint64) {
	m.unsetRow(string(appendMessageKey(nil, spaceHeads, &q.record.RecipientID, seq)))
	m.unsetRow(string(appendMessageKey(nil, spaceBodies, &q.record.RecipientID, seq)))
	delete(q.headers, seq)
	delete(q.bodies, seq)
}

func (m *model) delete(t shard.Tx, i int) {
	q := m.queues[i]
	m.queues = slices.Delete(m.queues, i, i+1)
	r := &q.record
	if q.served {
		m.serve(t, q)
	}
	t.DeleteQueue(r)
	m.unset(spaceQueues, r.RecipientID[:])
	m.unset(spaceSenders, r.SenderID[:])
	if r.Notifier != nil {
		m.unset(spaceNotifiers, r.Notifier.ID[:])
		m.unset(spaceNotifications, r.RecipientID[:])
	}
	if r.LinkID != nil {
		m.unset(spaceLinks, r.LinkID)
		m.unset(spaceLinkData, r.RecipientID[:])
	}
	for seq := q.first; seq < q.next; seq++ {
		m.drop(q, seq)
	}
}

// sumOf is the sum of a model with these rows.
func sumOf(rows map[string]string) (sum uint64) {
	for k, v := range rows {
		sum ^= rowHash(k, v)
	}
	return sum
}

// rowsOf reads all rows of a store that belong to the model with the given tag.
func rowsOf(t *testing.T, s *Store, tag byte) map[string]string {
	t.Helper()
	it, err := s.database().NewIter(nil)
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for ok := it.First(); ok; ok = it.Next() {
		if key := it.Key(); key[0] != spaceMeta && key[1] == tag {
			rows[string(it.Key())] = string(it.Value())
		}
	}
	if err := it.Close(); err != nil {
		t.Fatal(err)
	}
	return rows
}

// check reads everything that the model knows through the methods of the store.
func (m *model) check(t *testing.T, s *Store) {
	t.Helper()
	for _, q := range m.queues {
		q.check(t, s)
	}
	if !maps.Equal(rowsOf(t, s, m.tag), m.rows) || sumOf(m.rows) != m.sum {
		t.Error("the store holds other rows than the model")
	}
}

func (q *modelQueue) check(t *testing.T, s *Store) {
	t.Helper()
	r := &q.record
	lookups := []shard.Lookup{{Kind: shard.ByRecipient, ID: r.RecipientID[:]}, {Kind: shard.BySender, ID: r.SenderID[:]}}
	if r.Notifier != nil {
		lookups = append(lookups, shard.Lookup{Kind: shard.ByNotifier, ID: r.Notifier.ID[:]})
	}
	if r.LinkID != nil {
		lookups = append(lookups, shard.Lookup{Kind: shard.ByLink, ID: r.LinkID})
	}
	s.Load(lookups)
	for _, l := range lookups {
		q.checkFound(t, l)
	}
	if d, err := s.Link(&r.RecipientID); (q.link == nil) != (err == ErrMissing) || q.link != nil && !reflect.DeepEqual(d, *q.link) {
		t.Errorf("link data differ, error %v", err)
	}
	if all, err := s.Notifications(&r.RecipientID); err != nil || !slices.Equal(all, q.ntfs) {
		t.Errorf("notifications differ, error %v", err)
	}
	dst := make([]byte, bodySize)
	for seq := q.first; seq < q.next; seq++ {
		if h, err := s.Header(&r.RecipientID, seq); err != nil || h != q.headers[seq] {
			t.Errorf("header %d differs, error %v", seq, err)
		}
		n, err := s.Body(&r.RecipientID, seq, dst)
		if body, ok := q.bodies[seq]; ok != (err == nil) || !slices.Equal(dst[:n], body) || !ok && err != ErrMissing {
			t.Errorf("body %d: got %d bytes, %v, want %d bytes", seq, n, err, len(body))
		}
	}
}

func (q *modelQueue) checkFound(t *testing.T, l shard.Lookup) {
	t.Helper()
	if l.Err != nil || l.Found == nil {
		t.Errorf("kind %d: found %v, error %v", l.Kind, l.Found, l.Err)
		return
	}
	want := shard.Loaded{Record: q.record, Messages: int(q.next - q.first)}
	if want.Messages > 0 {
		want.First, want.Last = q.headers[q.first], q.headers[q.next-1]
	}
	if !reflect.DeepEqual(*l.Found, want) {
		t.Errorf("kind %d: got another record or other messages than the model", l.Kind)
	}
}

// someQueue is for messages whose queue does not matter: its ID begins with a tag that no model in use with it has.
var someQueue = smp.ID{0xFF, 1, 2, 3}
