package engine

import (
	"sync"
	"time"

	"switchyard/server/listen"
	"switchyard/smp"
)

// This file keeps a session to the limits of what one connection may ask for.

// Limits bound what strangers may ask of a router. A zero is no limit.
type Limits struct {
	listen.Limits         // of connections
	SourceQueues      int // queues that one source may create in a minute
	Queues            int // queues that may be created in a minute, in all
	Services          int // services that may be registered in a minute, in all
	CommandsPerSecond int // of one connection; what comes faster than that waits
	Subscriptions     int // of one connection
}

// creations is what all sources have made.
type creations struct {
	mu       sync.Mutex
	queues   listen.TokenBucket
	services listen.TokenBucket
}

// take takes one from what may be made in a minute.
func (c *creations) take(p *listen.TokenBucket, now time.Time, perMinute int) bool {
	if perMinute == 0 {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return p.Take(now, 1, listen.Minute/time.Duration(perMinute), listen.Minute)
}

// mayCreate takes a queue from what a source may create, and from what all may. The refusal is why not.
func (r *Router) mayCreate(s *listen.Source, now time.Time) (why Refusal, ok bool) {
	switch {
	case !r.gate.MayCreate(s, now):
		return RefusedSourceQueues, false
	case !r.made.take(&r.made.queues, now, r.live.Load().Limits.Queues):
		return RefusedQueues, false
	}
	return "", true
}

// mayRegister takes a service from what all sources may register. The goroutine that finds services calls it (shard/registry).
func (r *Router) mayRegister() bool {
	ok := r.made.take(&r.made.services, time.Now(), r.live.Load().Limits.Services)
	if !ok {
		r.gate.Refuse(RefusedServices)
	}
	return ok
}

// errLimit answers what a limit refuses. To clients of the reference a failure of the store is one that passes: they try
// again later, where other errors end what they were about to do.
var errLimit = smp.ErrStore("limit")

// limited answers a command that a limit refuses; it says whether it did.
func (s *session) limited(tag smp.CommandTag, t *smp.Transmission, params []byte) bool {
	r := s.loop.router
	why, ok := Refusal(""), true
	switch tag {
	case smp.CmdNew:
		if why, ok = RefusedSubscriptions, s.maySubscribe() || !s.newSubscribes(params); ok {
			why, ok = r.mayCreate(s.source, s.active)
		}
	case smp.CmdSub, smp.CmdNSub:
		why, ok = RefusedSubscriptions, s.maySubscribe()
	}
	if !ok {
		r.gate.Refuse(why)
		s.replyError(t.CorrID, t.EntityID, errLimit)
	}
	return !ok
}

// maySubscribe tells whether the connection has fewer subscriptions than it may have. GET counts, too; whether one names another
// queue the shards know, which judge it themselves.
func (s *session) maySubscribe() bool {
	limit := s.loop.router.live.Load().Limits.Subscriptions
	return limit == 0 || int(s.client.Subscriptions.Load()+s.client.Gets.Load()) < limit
}

// newSubscribes tells whether NEW subscribes the connection to the queue that it makes.
func (s *session) newSubscribes(params []byte) bool {
	p, ok := smp.ParseNew(s.version(), params)
	return ok && p.Subscribe && s.client.Service == nil
}
