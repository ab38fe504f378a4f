package shard

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"switchyard/shard/ring"
)

// coreFigures are what others may read of a core, as it was after the last drain.
type coreFigures struct {
	queues, parked atomic.Int64
	hits, misses   atomic.Uint64
}

// publish is the end of each drain.
func (c *core) publish() {
	f := &c.figures
	f.queues.Store(int64(len(c.cache.byRecipient)))
	f.parked.Store(int64(c.cache.parked.Len() + c.cache.parkedNotifiers.Len()))
	f.hits.Store(c.hits)
	f.misses.Store(c.misses)
}

// Figures are what an operator looks at of a shard.
type Figures struct {
	Ring, Hops   ring.Figures // from loops, and from other shards
	PutOff       int64        // commands in the fair queue
	Queues       int64        // in memory
	Parked       int64        // subscriptions to queues that are not
	Hits, Misses uint64       // lookups of queues that were in memory, and that were not
}

// Figures reads those of each shard. It takes no lock and costs the shards nothing.
func (s *Set) Figures() []Figures {
	all := make([]Figures, len(s.workers))
	for i, w := range s.workers {
		f := &w.core.figures
		all[i] = Figures{
			Ring: w.ring.Figures(), Hops: w.hops.Figures(), PutOff: int64(w.fair.commands.Load()),
			Queues: f.queues.Load(), Parked: f.parked.Load(), Hits: f.hits.Load(), Misses: f.misses.Load(),
		}
	}
	return all
}

// QueueCache is how many queues that nobody uses may be in memory, in all shards together.
func (s *Set) QueueCache() int { return s.cfg.QueueCache }

// Probe sends something through the ring of each shard, and returns when every shard has come to it and all that it had
// committed before is stored. The error names a shard that has not when ctx ends. Whether what was stored went well is not
// asked.
func (s *Set) Probe(ctx context.Context) error {
	probes := make([]*blockRequest, len(s.workers))
	for i := range s.workers {
		probes[i] = &blockRequest{done: make(chan error, 1)}
		b := NewBatch(batchProbe, nil)
		b.request = probes[i]
		for !s.Put(i, b) {
			select {
			case <-ctx.Done():
				b.release()
				return fmt.Errorf("the ring of shard %d is full", i)
			case <-s.closing:
				b.release()
				return errClosing
			case <-time.After(putPause):
			}
		}
	}
	for i, p := range probes {
		select {
		case <-p.done:
		case <-ctx.Done():
			return fmt.Errorf("shard %d does not answer", i)
		case <-s.closing:
			return errClosing
		}
	}
	return nil
}
