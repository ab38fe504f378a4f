package engine

import (
	"time"

	"switchyard/smp"
)

// This file keeps a session to the limits of what one connection may ask for.

// throttlePause is the least time for which a session waits that was too fast.
const throttlePause = 20 * time.Millisecond

// errLimit answers what a limit refuses. To clients of the reference a failure of the store is one that passes: they try
// again later, where other errors end what they were about to do.
var errLimit = smp.ErrStore("limit")

// spend counts commands of a session, and has its further input wait when they came too fast: for what the last block's are
// over the limit, so at most smp.MaxBatch seconds, by a limit of one a second. A client that goes meanwhile is found
// when the wait is over, behind what it has sent, which is executed: it came before the end of the stream, and the commands
// of a client that is not held back are as well. Until then it has what a session costs, as a client that stays has.
func (s *session) spend(now time.Time, commands int) {
	l := s.loop
	wait := s.commands.Commands(now, commands, l.router.cfg.Limits.CommandsPerSecond)
	if wait == 0 || s.throttled {
		return
	}
	s.throttled = true
	l.router.gate.Refuse(RefusedCommands)
	time.AfterFunc(max(wait, throttlePause), func() { l.run(s.resume) })
}

// resume takes the input that waited because it came too fast.
func (s *session) resume() {
	s.throttled = false
	if s.phase != phaseOpen {
		return
	}
	if !s.clogged {
		s.weigh(0)
	}
	if s.conn.InboundBuffered() > 0 {
		s.traffic()
	}
}

// throttledInput bounds what waits of a throttled session. Its own limit is met only where sockets cannot be told to wait.
func (s *session) throttledInput() {
	s.weigh(s.conn.OutboundBuffered() + s.conn.InboundBuffered())
	if s.conn.InboundBuffered() > inputLimit || s.overweight() {
		s.close(CauseCommands)
	}
}

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
	limit := s.loop.router.cfg.Limits.Subscriptions
	return limit == 0 || int(s.client.Subscriptions.Load()+s.client.Gets.Load()) < limit
}

// newSubscribes tells whether NEW subscribes the connection to the queue that it makes.
func (s *session) newSubscribes(params []byte) bool {
	p, ok := smp.ParseNew(s.version(), params)
	return ok && p.Subscribe && s.client.Service == nil
}
