// Package registry finds the client services of certificates, and makes those that are new. Strangers ask for that, and it
// takes reads and a sync; so it has a goroutine of its own, for all shards, which takes all that has been asked for meanwhile at
// once, and stores what is new of it in one transaction:
//
//	Ask ──asked──▶ run: read all ─▶ one commit ─▶ done of each
//
// registry imports smp and server/crash, and knows of the store what Store says.
package registry

import (
	"errors"
	"sync"

	"switchyard/server/crash"
	"switchyard/smp"
)

var (
	// ErrRole says that a certificate belongs to a service of another role.
	ErrRole = errors.New("shard: the service has another role")
	// ErrNotAllowed says that Config.Allowed lets no service be made now.
	ErrNotAllowed = errors.New("shard: no service may be made now")
	// ErrNoRoom says that the store takes no service.
	ErrNoRoom = errors.New("shard: the store has no room for a service")
	// ErrLost says that the service may be shown by the store, which has not kept it.
	ErrLost = errors.New("shard: an earlier commit failed")
)

// Record is what is stored of a service, under the fingerprint of its certificate.
type Record struct {
	ID   smp.ID
	Role smp.ServiceRole
}

// Store is what the registry needs of the store; shard.Store says more.
type Store interface {
	Service(fingerprint *[32]byte) (r Record, found bool, err error)
	Epoch() uint64
	Full() bool
}

// Config is what a registry works with.
type Config struct {
	Store   Store
	Put     func(epoch uint64, fresh []Fresh) error // stores services in one transaction, and waits until that is done
	Random  func([]byte)
	Allowed func() bool // asked before a service is made; nil: always
	Closing <-chan struct{}
}

// Fresh is a service to be stored.
type Fresh struct {
	Fingerprint *[32]byte
	Record      Record
}

// Registry is the registry of a router.
type Registry struct {
	// Immutable.
	Config
	asked chan *question
	ended sync.WaitGroup

	// Owned by run.
	epoch uint64            // of the store
	lost  map[[32]byte]bool // certificates whose service the store may show in this epoch, and has not kept
}

// question is one for a service.
type question struct {
	fingerprint [32]byte
	role        smp.ServiceRole
	done        func(Record, error)

	record Record
	err    error
	fresh  bool // stored by the transaction at hand
}

const (
	// AskedLimit is how many may wait to be found or made.
	AskedLimit = 1 << 12
	// GroupSize is how many are at a time.
	GroupSize = 256
)

// New starts a registry. It ends when Closing is closed and what was asked for until then is answered.
func New(cfg Config) *Registry {
	r := &Registry{Config: cfg, asked: make(chan *question, AskedLimit)}
	r.ended.Go(r.run)
	return r
}

// Wait returns when the registry has ended.
func (r *Registry) Wait() { r.ended.Wait() }

// Ask finds the service that has an identity certificate, or makes it with a random ID that stays. It does not wait: done is
// called once, from a goroutine that it must not keep for long, when what it is told is stored. Its error is one of this
// package, or a failure of the store. False means that too many wait, and that done is not called.
func (r *Registry) Ask(fingerprint *[32]byte, role smp.ServiceRole, done func(Record, error)) bool {
	select {
	case r.asked <- &question{fingerprint: *fingerprint, role: role, done: done}:
		return true
	default:
		return false
	}
}

// run is the registry's goroutine. What is asked for when the set closes is still answered.
func (r *Registry) run() {
	defer crash.Report()
	var group []*question
	for {
		group = group[:0]
		select {
		case q := <-r.asked:
			group = append(group, q)
		case <-r.Closing:
		}
		for more := true; more && len(group) < GroupSize; {
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
func (r *Registry) settle(group []*question) {
	if epoch := r.Store.Epoch(); epoch != r.epoch {
		r.epoch, r.lost = epoch, nil
	}
	made := make(map[[32]byte]*question)
	var fresh []Fresh
	for _, q := range group {
		if first := made[q.fingerprint]; first != nil {
			q.record, q.fresh = first.record, true
			continue
		}
		if r.find(q); q.fresh {
			made[q.fingerprint] = q
			fresh = append(fresh, Fresh{&q.fingerprint, q.record})
		}
	}
	if fresh == nil {
		return
	}
	err := r.Put(r.epoch, fresh)
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

// find reads a service, or makes one that is not stored yet.
func (r *Registry) find(q *question) {
	if r.lost[q.fingerprint] {
		q.err = ErrLost
		return
	}
	var found bool
	if q.record, found, q.err = r.Store.Service(&q.fingerprint); found || q.err != nil {
		return
	}
	switch {
	case r.Store.Full():
		q.err = ErrNoRoom
		return
	case r.Allowed != nil && !r.Allowed():
		q.err = ErrNotAllowed
		return
	}
	q.record.Role, q.fresh = q.role, true
	r.Random(q.record.ID[:])
}

func (r *Registry) answer(q *question) {
	if q.err == nil && q.record.Role != q.role {
		q.err = ErrRole
	}
	q.done(q.record, q.err)
}
