package engine

import "time"

// This file has the input of a session wait that is far ahead of the answers: what its commands take in the shards, and their
// answers on the way back, is bounded however fast it sends, and one connection leaves the shards to others. A client that
// does so notices nothing but that its socket takes no more for a moment.

// ask counts a command that goes to a shard. Input waits only where sockets can: elsewhere it would be in memory.
func (s *session) ask() {
	if s.asked++; s.asked >= askedLimit && s.loop.poller != noPoller {
		s.ahead = true
	}
}

// answered counts an answer of a shard. Every command has one, unless the connection has ended.
func (s *session) answered() {
	s.asked--
	if s.ahead && s.asked <= askedLimit/2 {
		s.ahead = false
		s.loop.caughtUp = append(s.loop.caughtUp, s)
	}
	if s.ended && s.asked == 0 {
		s.loop.caughtUp = append(s.loop.caughtUp, s)
	}
}

// endAnswered closes a connection whose peer has said close_notify when it has all answers: it may still read (RFC 8446
// section 6.1). Until then its socket is not read, so that the end of its stream is not seen before.
func (s *session) endAnswered() {
	if s.asked == 0 && s.forwards == 0 {
		s.close(CausePeer)
	}
}

// goOn takes the input that waited for answers. What is answered meanwhile has its input taken in the next turn.
func (l *loop) goOn() {
	l.caughtUp, l.goingOn = l.goingOn[:0], l.caughtUp
	for i, s := range l.goingOn {
		l.goingOn[i] = nil
		if s.phase == phaseOpen {
			s.traffic()
		}
	}
	if len(l.caughtUp) > 0 {
		l.wake()
	}
}

// traffic takes what the socket has received, as far as it may be taken now; while the rest waits, so does the socket.
func (s *session) traffic() {
	s.takeInput()
	s.settle()
}

func (s *session) takeInput() {
	limit, cause := s.heldLimit(), CauseUnread
	if s.phase == phaseTLS && s.loop.poller == noPoller {
		limit, cause = handshakeInput, CauseHandshakeFlood
	}
	switch {
	case s.phase == phaseClosed:
		if s.leaving {
			_, _ = s.conn.Discard(-1)
		}
	case s.ended:
		s.endAnswered()
	case s.throttled:
		s.throttledInput()
	case s.phase == phaseTLS && !s.busy && s.loop.input: // what is there may be more than a handshake
		s.continueTLS()
	case s.conn.InboundBuffered() > limit:
		s.close(cause)
	case s.busy || !s.loop.input:
	default:
		s.readRecords()
		s.notePart()
	}
}

// mustWait tells whether input of n bytes may not be taken now.
func (s *session) mustWait(n int) bool {
	switch {
	case s.busy:
		return n > handshakeInput // few clients say anything now, and fewer so much
	case !s.loop.input, s.throttled, s.ahead, s.ended, s.forwards >= s.loop.router.cfg.ForwardsPerClient:
		return true
	}
	return s.conn.OutboundBuffered() > outputPause
}

// paused tells whether input waits: for shards or other routers to answer, and then the answer goes on with it; or because the
// peer does not read what we send, and then the session is looked at again when its socket drains.
func (s *session) paused() bool {
	if s.throttled || s.ahead || s.forwards >= s.loop.router.cfg.ForwardsPerClient {
		return true
	}
	unsent := s.conn.OutboundBuffered()
	if unsent <= outputPause {
		return false
	}
	if s.phase != phaseOpen || s.conn.InboundBuffered() > s.heldLimit() {
		s.close(CauseUnread)
		return true
	}
	s.clog()
	return true
}

// waits tells that it is not the peer's fault that input is not taken.
func (s *session) waits() bool {
	return s.throttled || s.ahead || s.clogged || s.forwards >= s.loop.router.cfg.ForwardsPerClient
}

// throttlePause is the least time for which a session waits that was too fast.
const throttlePause = 20 * time.Millisecond

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
