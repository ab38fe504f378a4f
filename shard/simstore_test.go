//go:build simulate

package shard

import (
	"bytes"
	"fmt"
	"slices"
	"sync"

	"switchyard/internal/simulate"
	"switchyard/smp"
)

// simStore is the fake store of the other tests, with each operation as a point of interleaving. Its commits can be held, and
// its disk can fail: then it goes on to show what it has not kept, until a new epoch begins.
type simStore struct {
	*fakeStore
	observed func() // called with each lookup

	mu      sync.Mutex
	held    map[string]chan struct{} // by waiter; closed when it may go on
	damaged map[smp.ID]bool          // queues whose bodies cannot be read
	synced  map[uint64]int           // the last commit of each epoch that is
}

func newSimStore(observed func()) *simStore {
	s := &simStore{
		fakeStore: newFakeStore(),
		observed:  observed,
		held:      make(map[string]chan struct{}),
		damaged:   make(map[smp.ID]bool),
		synced:    make(map[uint64]int),
	}
	s.setFail(false) // from now on, what is lost can be lost
	return s
}

func (s *simStore) Load(l []Lookup) {
	simulate.Point("store: load")
	s.fakeStore.Load(l)
	s.observed()
}

func (s *simStore) Header(queue *smp.ID, seq uint64) (MessageHeader, error) {
	simulate.Point("store: header")
	return s.fakeStore.Header(queue, seq)
}

func (s *simStore) Body(queue *smp.ID, seq uint64, dst []byte) (int, error) {
	simulate.Point("store: body")
	if s.isDamaged(queue[:]) {
		return 0, errSimDamage
	}
	return s.fakeStore.Body(queue, seq, dst)
}

var errSimDamage = fmt.Errorf("checksum mismatch: %w", ErrDamaged)

func (s *simStore) Link(queue *smp.ID) (LinkData, error) {
	simulate.Point("store: link")
	return s.fakeStore.Link(queue)
}

func (s *simStore) Epoch() uint64 {
	simulate.Point("store: epoch")
	return s.fakeStore.Epoch()
}

func (s *simStore) Full() bool {
	simulate.Point("store: full")
	return s.fakeStore.Full()
}

// Expired visits in the order of IDs, as does ExpiredNotifications.
func (s *simStore) Expired(before int64, visit func(smp.ID) bool) error {
	return inOrder(visit, func(v func(smp.ID) bool) error { return s.fakeStore.Expired(before, v) })
}

func (s *simStore) ExpiredNotifications(before int64, visit func(smp.ID) bool) error {
	return inOrder(visit, func(v func(smp.ID) bool) error { return s.fakeStore.ExpiredNotifications(before, v) })
}

func inOrder(visit func(smp.ID) bool, walk func(func(smp.ID) bool) error) error {
	var all []smp.ID
	err := walk(func(id smp.ID) bool { all = append(all, id); return true })
	slices.SortFunc(all, func(a, b smp.ID) int { return bytes.Compare(a[:], b[:]) })
	for _, id := range all {
		if !visit(id) {
			break
		}
	}
	return err
}

func (s *simStore) Begin(epoch uint64) Tx {
	return &simTx{fakeTx: s.fakeStore.Begin(epoch).(*fakeTx), store: s, epoch: epoch}
}

// simTx is a transaction of an epoch, with which it ends. It is its own Commit.
type simTx struct {
	*fakeTx
	store *simStore
	epoch uint64
	place int // among all commits; the fake transaction is used again when it is stored
}

func (t *simTx) Commit() (Commit, error) {
	simulate.Point("store: commit")
	if t.epoch != t.store.fakeStore.Epoch() {
		return nil, errFake
	}
	if _, err := t.fakeTx.Commit(); err != nil {
		return nil, err
	}
	t.place = t.number
	simulate.Note("commit %d", t.place)
	return t, nil
}

// Wait implements Commit.
func (t *simTx) Wait() error {
	simulate.Point("store: wait")
	t.store.mu.Lock()
	gate := t.store.held[simulate.Current()]
	t.store.mu.Unlock()
	if gate != nil {
		simulate.Receive(gate)
	}
	err := t.wait()
	simulate.Note("commit %d: %v", t.place, err)
	return err
}

// wait is that of the fake store, but that what was written before something synced is synced, too.
func (t *simTx) wait() error {
	s := t.store
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case t.place <= s.synced[t.epoch]:
		return nil
	case t.epoch != s.fakeStore.Epoch():
		return errFake
	}
	err := t.fakeTx.Wait()
	if err == nil {
		s.synced[t.epoch] = t.place
	}
	return err
}

// hold has the commits of a waiter wait.
func (s *simStore) hold(waiter string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held[waiter] == nil {
		s.held[waiter] = make(chan struct{})
	}
}

// free has all go on.
func (s *simStore) free() {
	s.mu.Lock()
	held := s.held
	s.held = make(map[string]chan struct{})
	s.mu.Unlock()
	for _, gate := range held {
		simulate.Close(gate)
	}
}

// fail has the disk fail with the next commit that is waited for.
func (s *simStore) fail() { s.setFail(true, "freeze") }

// mend ends what the disk has failed with.
func (s *simStore) mend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fakeStore.mu.Lock()
	frozen := s.frozen != nil
	s.fakeStore.mu.Unlock()
	if frozen {
		s.thaw()
		return
	}
	s.setFail(false, "freeze")
}

// damage has the bodies of a queue not be read from now on.
func (s *simStore) damage(queue []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.damaged[smp.ID(queue)] = true
}

func (s *simStore) isDamaged(queue []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.damaged[smp.ID(queue)]
}
