package fleet

import (
	"context"
	"sync"

	"switchyard/box"
	"switchyard/loadtest/load"
	"switchyard/loadtest/measure"
	"switchyard/loadtest/process"
	"switchyard/loadtest/seeded"
	"switchyard/smp"
	"switchyard/smp/client"
)

// newInFlight is how many NEW of a connection are without an answer at a time.
const newInFlight = 8

// create creates queues on all connections and is subscribed to them.
func (w *fleet) create(ctx context.Context, queues int) error {
	return measure.InParallel(ctx, len(w.members), w.atOnce, func(ctx context.Context, i int) error {
		return w.createMember(ctx, i, process.Share(queues, len(w.members), i))
	})
}

func (w *fleet) createMember(ctx context.Context, i, n int) error {
	m := &w.members[i]
	var mu sync.Mutex
	err := measure.InParallel(ctx, n, newInFlight, func(ctx context.Context, _ int) error {
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
func (w *fleet) adopt(p seeded.Plan, first, queues int) error {
	stored := load.NewStoredQueues(p)
	from := first
	for i := range w.members {
		m := &w.members[i]
		n := process.Share(queues, len(w.members), i)
		var err error
		if m.queues, err = stored.Queues(from, n); err != nil {
			return err
		}
		from += n
	}
	return nil
}
