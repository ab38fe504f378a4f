package loadtest

import (
	"context"
	"sync"

	"switchyard/agent"
	"switchyard/box"
	"switchyard/loadtest/seeded"
	"switchyard/smp"
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
		p := agent.QueueParams{Alg: box.Ed25519, Subscribe: true}
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
	keys := make(map[int]*agent.Key)
	n := uint64(first)
	for i := range w.members {
		m := &w.members[i]
		m.queues = make([]*agent.RcvQueue, share(queues, len(w.members), i))
		for j := range m.queues {
			number := p.Scattered(n)
			k := p.KeyNumber(number)
			if keys[k] == nil {
				key, err := seededKey(p, k)
				if err != nil {
					return err
				}
				keys[k] = key
			}
			id := p.RecipientID(number)
			m.queues[j] = &agent.RcvQueue{ID: id[:], Key: keys[k]}
			n++
		}
	}
	return nil
}

func seededKey(p seeded.Plan, number int) (*agent.Key, error) {
	private, err := p.Key(number)
	if err != nil {
		return nil, err
	}
	return agent.ParseKey(private.AppendPKCS8(nil))
}
