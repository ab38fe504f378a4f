package shard

import (
	"errors"
	"sync"

	"switchyard/box"
	"switchyard/server/crash"
	"switchyard/smp"
)

var (
	// ErrServiceRole says that a certificate belongs to a service of another role.
	ErrServiceRole = errors.New("shard: the service has another role")
	// ErrNoService says that Config.NewService lets no service be made now.
	ErrNoService = errors.New("shard: no service may be made now")

	errNoRoom = errors.New("shard: the store has no room for a service")
)

// registry finds the services of certificates, and makes those that are new. Strangers ask for that, and it takes reads and a
// sync; so it has a goroutine of its own, which takes all that has been asked for meanwhile at once, and stores what is new of
// it in one transaction:
//
//	Service ──asked──▶ run: read all ─▶ one commit ─▶ Wait ─▶ done of each
type registry struct {
	// Immutable.
	store    Store
	services *services
	random   func([]byte)
	allowed  func() bool // Config.NewService
	closing  <-chan struct{}
	asked    chan *registration
	ended    sync.WaitGroup

	// Owned by run.
	epoch uint64            // of the store
	lost  map[[32]byte]bool // certificates whose service the store may show in this epoch, and has not kept
}

// registration is a question for a service.
type registration struct {
	fingerprint [32]byte
	role        smp.ServiceRole
	key         box.PublicKey
	done        func(*Service, error)

	record ServiceRecord
	err    error
	fresh  bool // stored by the transaction at hand
}

const (
	// askedLimit is how many may wait to be found or made.
	askedLimit = 1 << 12
	// registryGroup is how many are at a time.
	registryGroup = 256
)

// Service finds the service that has an identity certificate, or makes it with a random ID that stays; key is that of the
// session at hand. It does not wait: done is called once, from a goroutine that it must not keep for long, when what it is
// told is stored. Its error is ErrServiceRole, ErrNoService or a failure of the store. False means that too many wait, and
// that done is not called.
func (s *Set) Service(fingerprint *[32]byte, role smp.ServiceRole, key *box.PublicKey, done func(*Service, error)) bool {
	select {
	case s.registry.asked <- &registration{fingerprint: *fingerprint, role: role, key: *key, done: done}:
		return true
	default:
		return false
	}
}

func newRegistry(s *Set) *registry {
	r := &registry{store: s.store, services: s.services, random: s.random, allowed: s.cfg.NewService, closing: s.closing,
		asked: make(chan *registration, askedLimit)}
	r.ended.Go(r.run)
	return r
}

// run is the registry's goroutine. What is asked for when the set closes is still answered.
func (r *registry) run() {
	defer crash.Report()
	var group []*registration
	for {
		group = group[:0]
		select {
		case q := <-r.asked:
			group = append(group, q)
		case <-r.closing:
		}
		for more := true; more && len(group) < registryGroup; {
			select {
			case q := <-r.asked:
				group = append(group, q)
			default:
				more = false
			}
		}
		if len(group) == 0 {
			return
		}
		r.settle(group)
		for i, q := range group {
			group[i] = nil
			r.answer(q)
		}
	}
}

// settle finds or makes the services of a group.
func (r *registry) settle(group []*registration) {
	if epoch := r.store.Epoch(); epoch != r.epoch {
		r.epoch, r.lost = epoch, nil
	}
	made := make(map[[32]byte]*registration)
	var tx Tx
	for _, q := range group {
		if first := made[q.fingerprint]; first != nil {
			q.record, q.fresh = first.record, true
			continue
		}
		if r.find(q); q.fresh {
			made[q.fingerprint] = q
			if tx == nil {
				tx = r.store.Begin(r.epoch)
			}
			tx.PutService(&q.fingerprint, q.record)
		}
	}
	if tx == nil {
		return
	}
	err := store(tx)
	for _, q := range group {
		if q.fresh && err != nil {
			q.err = err
			if r.lost == nil {
				r.lost = make(map[[32]byte]bool)
			}
			r.lost[q.fingerprint] = true
		}
	}
}

// store commits a transaction and waits for it.
func store(tx Tx) error {
	c, err := tx.Commit()
	if err != nil {
		return err
	}
	return c.Wait()
}

// find reads a service, or makes one that is not stored yet.
func (r *registry) find(q *registration) {
	if r.lost[q.fingerprint] {
		q.err = errLost
		return
	}
	var found bool
	if q.record, found, q.err = r.store.Service(&q.fingerprint); found || q.err != nil {
		return
	}
	switch {
	case r.store.Full():
		q.err = errNoRoom
		return
	case r.allowed != nil && !r.allowed():
		q.err = ErrNoService
		return
	}
	q.record.Role, q.fresh = q.role, true
	r.random(q.record.ID[:])
}

func (r *registry) answer(q *registration) {
	switch {
	case q.err != nil:
		q.done(nil, q.err)
	case q.record.Role != q.role:
		q.done(nil, ErrServiceRole)
	default:
		q.done(&Service{ID: q.record.ID, Role: q.role, Fingerprint: q.fingerprint, Key: q.key, shared: r.services.of(q.record.ID[:])}, nil)
	}
}
