package wal

import (
	"crypto/sha256"
	"fmt"
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
	queues []*modelQueue // those that exist
	rng    *rand.Rand
}

type modelQueue struct {
	record      shard.Record
	first, next uint64 // positions of its messages
	bodies      map[uint64][]byte
	headers     map[uint64]shard.MessageHeader
}

func newModel(seed uint64) *model {
	return &model{tag: byte(seed), rows: map[string]string{}, rng: rand.New(rand.NewPCG(seed, 1))}
}

// clone copies the model as far as step changes it.
func (m *model) clone() *model {
	c := &model{tag: m.tag, rows: maps.Clone(m.rows), rng: m.rng}
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
	case p < 80:
		m.acknowledge(t, q)
	case p < 92:
		m.change(t, q)
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
	m.rows[string(appendKey(nil, space, id))] = string(value)
}

func (m *model) unset(space byte, id []byte) { delete(m.rows, string(appendKey(nil, space, id))) }

// change gives a queue other credentials.
func (m *model) change(t shard.Tx, q *modelQueue) {
	r := &q.record
	if n := r.Notifier; n != nil {
		t.DeleteNotifier(&n.ID)
		m.unset(spaceNotifiers, n.ID[:])
		r.Notifier = nil
	} else {
		r.Notifier = &shard.Notifier{ID: m.id(), Key: randomKey(m.rng, 1)}
	}
	r.Updated++
	m.putQueue(t, q)
}

func (m *model) put(t shard.Tx, q *modelQueue) {
	h := shard.MessageHeader{Seq: q.next, ID: randomID(m.rng), Time: int64(m.rng.IntN(1000)), Notify: m.rng.IntN(2) == 0}
	size := m.rng.IntN(300)
	switch m.rng.IntN(8) {
	case 0:
		size = bodySize
	case 1:
		h.Kind = shard.KindQuota
	}
	body := randomBytes(m.rng, size)
	t.PutMessage(&q.record.RecipientID, &h, body)
	q.headers[h.Seq] = h
	m.rows[string(appendMessageKey(nil, spaceHeads, &q.record.RecipientID, h.Seq))] = string(appendHeader(nil, &h))
	if h.Kind == shard.KindMessage {
		q.bodies[h.Seq] = body
		m.rows[string(appendMessageKey(nil, spaceBodies, &q.record.RecipientID, h.Seq))] = string(body)
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
	delete(m.rows, string(appendMessageKey(nil, spaceHeads, &q.record.RecipientID, seq)))
	delete(m.rows, string(appendMessageKey(nil, spaceBodies, &q.record.RecipientID, seq)))
	delete(q.headers, seq)
	delete(q.bodies, seq)
}

func (m *model) delete(t shard.Tx, i int) {
	q := m.queues[i]
	m.queues = slices.Delete(m.queues, i, i+1)
	r := &q.record
	t.DeleteQueue(r)
	m.unset(spaceQueues, r.RecipientID[:])
	m.unset(spaceSenders, r.SenderID[:])
	if r.Notifier != nil {
		m.unset(spaceNotifiers, r.Notifier.ID[:])
	}
	if r.LinkID != nil {
		m.unset(spaceLinks, r.LinkID)
	}
	for seq := q.first; seq < q.next; seq++ {
		m.drop(q, seq)
	}
}

// digest stands for all rows of the model.
func (m *model) digest() [32]byte { return digestRows(m.rows) }

func digestRows(rows map[string]string) [32]byte {
	keys := make([]string, 0, len(rows))
	for k := range rows {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	h := sha256.New()
	for _, k := range keys {
		fmt.Fprintf(h, "%d %d %s%s", len(k), len(rows[k]), k, rows[k])
	}
	return [32]byte(h.Sum(nil))
}

// rowsOf reads all rows of a store that belong to the model with the given tag.
func rowsOf(t *testing.T, s *Store, tag byte) map[string]string {
	t.Helper()
	it, err := s.now().db.NewIter(nil)
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
	if digestRows(rowsOf(t, s, m.tag)) != m.digest() {
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

// someQueue is for messages whose queue does not matter.
var someQueue = smp.ID{1, 2, 3}
