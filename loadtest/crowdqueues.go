package loadtest

import (
	"context"
	"sync"

	"switchyard/box"
	"switchyard/loadtest/seeded"
	"switchyard/smp"
	"switchyard/smp/client"
)

// newInFlight is how many NEW of a connection are without an answer at a time.
const newInFlight = 8

// share is how many of n queues the ith of so many connections has.
func share(n, conns, i int) int { return (n*(i+1))/conns - (n*i)/conns }

// create creates queues on all connections and is subscribed to them.
func (w *crowd) create(ctx context.Context, queues int) error {
	return inParallel(ctx, len(w.members), w.atOnce, func(ctx context.Context, i int) error {
		return w.createMember(ctx, i, share(queues, len(w.members), i))
	})
}

func (w *crowd) createMember(ctx context.Context, i, n int) error {
	m := &w.members[i]
	var mu sync.Mutex
	err := inParallel(ctx, n, newInFlight, func(ctx context.Context, _ int) error {
		p := client.QueueParams{Alg: box.Ed25519, Subscribe: true}
		if m.client.Version() >= smp.VersionSndAuthKey {
			p.Mode = smp.ModeMessaging
		}
		q, err := m.client.NewQueue(ctx, p)
		if err != nil {
			return err
		}
		mu.Lock()
		m.queues = append(m.queues, q)
		mu.Unlock()
		w.created.Add(1)
		w.subscribed.Add(1)
		return nil
	})
	return err
}

// adopt gives the connections queues of a store that was filled offline, beginning with the given one in the
// scattered order.
func (w *crowd) adopt(p seeded.Plan, first, queues int) error {
	stored := newStoredQueues(p)
	from := first
	for i := range w.members {
		m := &w.members[i]
		n := share(queues, len(w.members), i)
		var err error
		if m.queues, err = stored.queues(from, n); err != nil {
			return err
		}
		from += n
	}
	return nil
}

// storedQueues are the queues of a store that was filled offline, as recipients know them.
type storedQueues struct {
	plan seeded.Plan
	keys map[int]*client.Key // those that were asked for
}

func newStoredQueues(p seeded.Plan) *storedQueues {
	return &storedQueues{plan: p, keys: make(map[int]*client.Key)}
}

// queues are n of them, beginning with the given one in the scattered order.
func (s *storedQueues) queues(first, n int) ([]*client.RcvQueue, error) {
	all := make([]*client.RcvQueue, n)
	for j := range all {
		number := s.plan.Scattered(uint64(first + j))
		k := s.plan.KeyNumber(number)
		if s.keys[k] == nil {
			key, err := seededKey(s.plan, k)
			if err != nil {
				return nil, err
			}
			s.keys[k] = key
		}
		id := s.plan.RecipientID(number)
		all[j] = &client.RcvQueue{ID: id[:], Key: s.keys[k]}
	}
	return all, nil
}

func seededKey(p seeded.Plan, number int) (*client.Key, error) {
	private, err := p.Key(number)
	if err != nil {
		return nil, err
	}
	return client.ParseKey(private.AppendPKCS8(nil))
}
