package shard

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"switchyard/smp"
)

// fakeStore is a Store in memory. It keeps what is committed, can fail on demand, and checks how it is used.
type fakeStore struct {
	mu       sync.Mutex
	state    fakeState
	commits  int             // transactions committed
	puts     int             // PutQueue calls
	loads    int             // lookups answered
	passes   int             // reads of counts of services
	largest  int             // of them at once
	fail     map[string]bool // operations that fail: load, header, body, commit, wait
	gate     chan struct{}   // when not nil, Wait receives from it first
	waiting  chan struct{}   // when not nil, Wait sends to it before it waits
	lost     int             // transactions up to this number are lost
	missed   int             // messages that were not there
	inFlight int             // commits that are not waited for yet
	most     int             // of inFlight so far
	previous map[int]fakeState
	frozen   *fakeState // what a failed store has kept, which is not what it shows
	epoch    atomic.Uint64
	full     atomic.Bool
	txs      []*fakeTx // free
	bodies   [][]byte  // free

	sought func() // when not nil, called once, by the next lookup of a link ID when it is done
}

// fakeState is what is stored. Queues are replaced, not changed, while copies of the state are kept for failures.
type fakeState struct {
	queues  map[smp.ID]*fakeQueue
	senders map[smp.ID]smp.ID
	ntfs    map[smp.ID]smp.ID
	links   map[string]smp.ID

	services fakeServices
}

type fakeQueue struct {
	record   Record
	messages []fakeMessage
	link     *LinkData
	ntfs     []Notification
}

type fakeMessage struct {
	header MessageHeader
	body   []byte
}

var errFake = errors.New("fake failure")

func newFakeStore() *fakeStore {
	return &fakeStore{
		state: fakeState{map[smp.ID]*fakeQueue{}, map[smp.ID]smp.ID{}, map[smp.ID]smp.ID{}, map[string]smp.ID{}, newFakeServices()},
		fail:  map[string]bool{},
	}
}

func (s *fakeState) clone() fakeState {
	c := fakeState{make(map[smp.ID]*fakeQueue), maps.Clone(s.senders), maps.Clone(s.ntfs), maps.Clone(s.links), s.services.clone()}
	for id, q := range s.queues {
		c.queues[id] = &fakeQueue{q.record, slices.Clone(q.messages), q.link, q.ntfs}
	}
	return c
}

// setFail makes operations fail, or work again.
func (s *fakeStore) setFail(on bool, operations ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, op := range operations {
		s.fail[op] = on
	}
	if s.previous == nil {
		s.previous = map[int]fakeState{}
	}
}

func (s *fakeStore) Load(lookups []Lookup) {
	s.load(lookups)
	if !slices.ContainsFunc(lookups, func(l Lookup) bool { return l.Kind == ByLink }) {
		return
	}
	s.mu.Lock()
	sought := s.sought
	s.sought = nil
	s.mu.Unlock()
	if sought != nil {
		sought()
	}
}

// onSought has the next lookup of a link ID call f when it is done.
func (s *fakeStore) onSought(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sought = f
}

func (s *fakeStore) load(lookups []Lookup) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.largest = max(s.largest, len(lookups))
	for i := range lookups {
		l := &lookups[i]
		s.loads++
		if s.fail["load"] {
			l.Err = errFake
			continue
		}
		var id smp.ID
		ok := true
		switch l.Kind {
		case ByRecipient:
			id = smp.ID(l.ID)
		case BySender:
			id, ok = s.state.senders[smp.ID(l.ID)]
		case ByNotifier:
			id, ok = s.state.ntfs[smp.ID(l.ID)]
		case ByLink:
			id, ok = s.state.links[string(l.ID)]
		}
		if l.Other = (smp.ID{}); ok && l.Kind != ByRecipient && l.Own != nil && !l.Own(&id) {
			l.Other = id
			continue
		}
		if q := s.state.queues[id]; ok && q != nil {
			l.Found = &Loaded{Record: cloneRecord(&q.record), Messages: len(q.messages)}
			if n := len(q.messages); n > 0 {
				l.Found.First, l.Found.Last = q.messages[0].header, q.messages[n-1].header
			}
		}
	}
}

func cloneRecord(r *Record) Record {
	c := *r
	c.RecipientKeys = nil
	for _, k := range r.RecipientKeys {
		c.RecipientKeys = append(c.RecipientKeys, bytes.Clone(k))
	}
	c.LinkID, c.Service = bytes.Clone(r.LinkID), bytes.Clone(r.Service)
	c.SenderKey, c.Blocked = bytes.Clone(r.SenderKey), bytes.Clone(r.Blocked)
	if r.Notifier != nil {
		n := *r.Notifier
		n.Key, n.Service = bytes.Clone(n.Key), bytes.Clone(n.Service)
		c.Notifier = &n
	}
	return c
}

func (s *fakeStore) message(queue *smp.ID, seq uint64) (*fakeMessage, error) {
	if q := s.state.queues[*queue]; q != nil && len(q.messages) > 0 {
		if i := seq - q.messages[0].header.Seq; i < uint64(len(q.messages)) {
			return &q.messages[i], nil
		}
	}
	s.missed++
	return nil, fmt.Errorf("no message at %d", seq)
}

func (s *fakeStore) Header(queue *smp.ID, seq uint64) (MessageHeader, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail["header"] {
		return MessageHeader{}, errFake
	}
	m, err := s.message(queue, seq)
	if err != nil {
		return MessageHeader{}, err
	}
	return m.header, nil
}

func (s *fakeStore) Body(queue *smp.ID, seq uint64, dst []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail["body"] {
		return 0, errFake
	}
	m, err := s.message(queue, seq)
	if err != nil {
		return 0, err
	}
	return copy(dst, m.body), nil
}

func (s *fakeStore) Link(queue *smp.ID) (LinkData, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail["link"] {
		return LinkData{}, errFake
	}
	if q := s.state.queues[*queue]; q != nil && q.link != nil {
		return *q.link, nil
	}
	return LinkData{}, errors.New("no link data")
}

func (s *fakeStore) Notifications(queue *smp.ID) ([]Notification, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail["notifications"] {
		return nil, errFake
	}
	if q := s.state.queues[*queue]; q != nil {
		return slices.Clone(q.ntfs), nil
	}
	return nil, nil
}

func (s *fakeStore) ExpiredNotifications(before int64, visit func(smp.ID) bool) error {
	return s.visitQueues(visit, func(q *fakeQueue) bool { return len(q.ntfs) > 0 && q.ntfs[0].Time < before })
}

func (s *fakeStore) Expired(before int64, visit func(smp.ID) bool) error {
	return s.visitQueues(visit, func(q *fakeQueue) bool {
		return len(q.messages) > 0 && q.messages[0].header.Time < before && q.messages[0].header.Kind == KindMessage
	})
}

func (s *fakeStore) visitQueues(visit func(smp.ID) bool, which func(*fakeQueue) bool) error {
	s.mu.Lock()
	var ids []smp.ID
	for id, q := range s.state.queues {
		if which(q) {
			ids = append(ids, id)
		}
	}
	s.mu.Unlock()
	for _, id := range ids {
		if !visit(id) {
			break
		}
	}
	return nil
}

// thaw ends the epoch of a store that failed by "freeze": it showed what failed commits had written.
func (s *fakeStore) thaw() {
	s.setFail(false, "freeze")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state, s.frozen = *s.frozen, nil
	s.epoch.Add(1)
}

// kept is what the store has at this moment, for goBack.
func (s *fakeStore) kept() fakeState {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.clone()
}

// goBack ends the epoch of a store that has not kept all that it said was stored, as one that does not sync each commit.
func (s *fakeStore) goBack(to fakeState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = to
	s.epoch.Add(1)
}

func (s *fakeStore) Epoch() uint64 { return s.epoch.Load() }

func (s *fakeStore) Full() bool { return s.full.Load() }

func (s *fakeStore) Begin(uint64) Tx {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.txs); n > 0 {
		tx := s.txs[n-1]
		s.txs = s.txs[:n-1]
		return tx
	}
	return &fakeTx{store: s}
}

// fakeTx is a list of writes. It is its own Commit.
type fakeTx struct {
	store  *fakeStore
	writes []fakeWrite
	number int
}

type fakeWrite struct {
	op     fakeOp
	id     smp.ID
	record Record
	header MessageHeader
	body   []byte
	link   LinkData
	ntfs   []Notification
	row    fakeRow
	count  ServiceCount

	fingerprint [32]byte
	service     ServiceRecord
}

type fakeOp int

const (
	opPutQueue fakeOp = iota
	opDeleteQueue
	opDeleteNotifier
	opPutLink
	opDeleteLink
	opPutNotifications
	opPutMessage
	opDeleteMessage
	opPutAssociation
	opDeleteAssociation
	opPutServiceCount
	opPutService
)

func (t *fakeTx) add(w fakeWrite) { t.writes = append(t.writes, w) }

func (t *fakeTx) PutQueue(r *Record) {
	t.add(fakeWrite{op: opPutQueue, id: r.RecipientID, record: cloneRecord(r)})
}

func (t *fakeTx) DeleteQueue(r *Record) {
	t.add(fakeWrite{op: opDeleteQueue, id: r.RecipientID, record: cloneRecord(r)})
}

func (t *fakeTx) DeleteNotifier(id *smp.ID) { t.add(fakeWrite{op: opDeleteNotifier, id: *id}) }

func (t *fakeTx) PutLink(queue *smp.ID, d *LinkData) {
	t.add(fakeWrite{op: opPutLink, id: *queue, link: LinkData{bytes.Clone(d.Fixed), bytes.Clone(d.User)}})
}

func (t *fakeTx) DeleteLink(queue *smp.ID, linkID []byte) {
	t.add(fakeWrite{op: opDeleteLink, id: *queue, body: bytes.Clone(linkID)})
}

func (t *fakeTx) PutNotifications(queue *smp.ID, all []Notification) {
	t.add(fakeWrite{op: opPutNotifications, id: *queue, ntfs: slices.Clone(all)})
}

func (t *fakeTx) PutMessage(queue *smp.ID, h *MessageHeader, body []byte) {
	t.add(fakeWrite{op: opPutMessage, id: *queue, header: *h, body: t.store.copyBody(body)})
}

func (t *fakeTx) DeleteMessage(queue *smp.ID, seq uint64) {
	t.add(fakeWrite{op: opDeleteMessage, id: *queue, header: MessageHeader{Seq: seq}})
}

func (t *fakeTx) Empty() bool { return len(t.writes) == 0 }

// copyBody copies a body into memory that was used before, so that the fake allocates nothing in steady state.
func (s *fakeStore) copyBody(body []byte) []byte {
	if body == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.bodies); n > 0 {
		b := s.bodies[n-1]
		s.bodies = s.bodies[:n-1]
		return append(b[:0], body...)
	}
	return bytes.Clone(body)
}

func (t *fakeTx) Commit() (Commit, error) {
	s := t.store
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commits++
	t.number = s.commits
	if s.fail["commit"] || s.frozen != nil || s.fail["wait"] && s.lost > 0 {
		return nil, errFake
	}
	s.inFlight++
	s.most = max(s.most, s.inFlight)
	if s.previous != nil {
		s.previous[t.number] = s.state.clone()
	}
	for i := range t.writes {
		s.apply(&t.writes[i])
	}
	return t, nil
}

// Wait fails when this commit is to be lost, and then takes it back with all that came after it.
func (t *fakeTx) Wait() error {
	s := t.store
	s.mu.Lock()
	gate, waiting := s.gate, s.waiting
	s.mu.Unlock()
	if waiting != nil {
		waiting <- struct{}{}
	}
	if gate != nil {
		<-gate
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight--
	if t.number <= s.lost {
		return errFake
	}
	if s.frozen != nil {
		return errFake
	}
	if s.fail["freeze"] {
		kept := s.previous[t.number]
		s.frozen = &kept
		return errFake
	}
	if s.fail["wait"] {
		s.state, s.lost = s.previous[t.number], s.commits
		return errFake
	}
	clear(t.writes)
	t.writes = t.writes[:0]
	s.txs = append(s.txs, t)
	return nil
}

func (s *fakeStore) apply(w *fakeWrite) {
	q := s.state.queues[w.id]
	s.state.services.apply(w)
	switch w.op {
	case opPutQueue:
		s.puts++
		if q == nil {
			q = &fakeQueue{}
			s.state.queues[w.id] = q
		}
		q.record = w.record
		s.state.senders[w.record.SenderID] = w.id
		if n := w.record.Notifier; n != nil {
			s.state.ntfs[n.ID] = w.id
		}
		if id := w.record.LinkID; id != nil {
			s.state.links[string(id)] = w.id
		}
	case opDeleteQueue:
		delete(s.state.queues, w.id)
		delete(s.state.senders, w.record.SenderID)
		if n := w.record.Notifier; n != nil {
			delete(s.state.ntfs, n.ID)
		}
		delete(s.state.links, string(w.record.LinkID))
	case opPutLink:
		if q == nil { // the record of a new queue comes behind
			q = &fakeQueue{}
			s.state.queues[w.id] = q
		}
		d := w.link
		q.link = &d
	case opDeleteLink:
		delete(s.state.links, string(w.body))
		q.link = nil
	case opPutNotifications:
		q.ntfs = w.ntfs
	case opDeleteNotifier:
		delete(s.state.ntfs, w.id)
	case opPutMessage:
		if n := len(q.messages); n > 0 && q.messages[n-1].header.Seq+1 != w.header.Seq {
			panic("positions of messages are not contiguous")
		}
		q.messages = append(q.messages, fakeMessage{w.header, w.body})
	case opDeleteMessage:
		if len(q.messages) == 0 || q.messages[0].header.Seq != w.header.Seq {
			panic("deleted message is not the first one")
		}
		if b := q.messages[0].body; b != nil && s.previous == nil {
			s.bodies = append(s.bodies, b)
		}
		q.messages = q.messages[:copy(q.messages, q.messages[1:])]
	}
}

// hold makes Wait wait, until the returned function is called. It tells of each Wait that has begun.
func (s *fakeStore) hold() (begun <-chan struct{}, release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gate, s.waiting = make(chan struct{}), make(chan struct{}, 100)
	return s.waiting, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		close(s.gate)
		s.gate, s.waiting = nil, nil
	}
}

// queue returns what is stored of a queue, nil when nothing is.
func (s *fakeStore) queue(recipientID []byte) *fakeQueue {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.queues[smp.ID(recipientID)]
}
