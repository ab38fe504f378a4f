package engine

import (
	"time"

	"switchyard/engine/socket"
)

// This file decides that a client's socket is not read. What is left in the kernel fills TCP's window, which holds the peer
// back: it is not cut off for sending more than is taken at the moment, and notices only that its socket takes no more.
//
//	reason           the input waits because                        set by                 cleared by
//	reasonHandshake  a worker or the shards have the handshake      work, findService      the loop, when they are done
//	reasonRate       commands came faster than CommandsPerSecond    spend                  rateOver, by a timer
//	reasonAnswers    shards owe the session askedLimit answers      ask                    answered, at half of them
//	reasonRelays     ForwardsPerClient commands wait for relays     askRelay               relayAnswered
//	reasonUnsent     the peer leaves more than outputPause unread   write                  gnet; unclog finds it
//	reasonClose      the peer has said close_notify                 failRecord             nobody: endAnswered closes
//	reasonStop       the router stops                               stopInput              nobody: leaveAll closes
//
// Whoever clears a reason calls traffic, which takes the input that has waited and has the socket read again. So the end of
// the peer's stream is found only then; but a connection that is reset is closed at once, as epoll tells errors unasked.
//
// A handshake lets handshakeInput come before the socket waits. How much may wait in all, and for how long, is in backlog.go;
// how a socket is left unread, in package socket.

// reasons is a set of reasons why the input of a session waits.
type reasons uint8

const (
	reasonRate reasons = 1 << iota
	reasonAnswers
	reasonRelays
	reasonClose

	// These are not in session.blocked: they follow from what the session, the loop and gnet have.
	reasonHandshake
	reasonStop
	reasonUnsent

	// reasonsOfOurs are those for which the peer has no fault that a block of it stays unfinished.
	reasonsOfOurs = reasonRate | reasonAnswers | reasonRelays
)

// reasons are all that there are at this moment.
func (s *session) reasons() reasons {
	all := s.blocked
	if s.busy {
		all |= reasonHandshake
	}
	if !s.loop.input {
		all |= reasonStop
	}
	if s.conn.OutboundBuffered() > outputPause {
		all |= reasonUnsent
	}
	return all
}

// mustWait tells whether input of n bytes may not be taken now.
func (s *session) mustWait(n int) bool {
	why := s.reasons()
	if why&reasonHandshake != 0 {
		return n > handshakeInput // few clients say anything now, and fewer so much
	}
	return why != 0
}

// ask counts a command that goes to a shard. The bound keeps small what a session has in the shards and on the way back, and
// one session from filling them. Input waits only where sockets can: elsewhere it would be in memory.
func (s *session) ask() {
	if s.asked++; s.asked >= askedLimit && s.conn.CanWait() {
		s.blocked |= reasonAnswers
	}
}

// answered counts an answer of a shard. Every command has one, unless the connection has ended.
func (s *session) answered() {
	s.asked--
	if s.blocked&reasonAnswers != 0 && s.asked <= askedLimit/2 {
		s.blocked &^= reasonAnswers
		s.loop.resumable = append(s.loop.resumable, s)
	}
	if s.blocked&reasonClose != 0 && s.asked == 0 {
		s.loop.resumable = append(s.loop.resumable, s)
	}
}

// askRelay counts a command that goes to another router.
func (s *session) askRelay() {
	if s.forwards++; s.forwards >= s.loop.router.cfg.ForwardsPerClient {
		s.blocked |= reasonRelays
	}
}

// relayAnswered counts what has come of it.
func (s *session) relayAnswered() {
	if s.forwards--; s.forwards < s.loop.router.cfg.ForwardsPerClient {
		s.blocked &^= reasonRelays
	}
}

// endAnswered closes a connection whose peer has said close_notify when it has all answers: it may still read (RFC 8446
// section 6.1). Until then its socket is not read, so that the end of its stream is not seen before.
func (s *session) endAnswered() {
	if s.asked == 0 && s.forwards == 0 {
		s.close(CausePeer)
	}
}

// resumeInput takes the input that waited for answers. What is answered meanwhile has its input taken in the next turn.
func (l *loop) resumeInput() {
	l.resumable, l.resuming = l.resuming[:0], l.resumable
	for i, s := range l.resuming {
		l.resuming[i] = nil
		if s.phase == phaseOpen {
			s.traffic()
		}
	}
	if len(l.resumable) > 0 {
		l.wake()
	}
}

// traffic takes what the socket has received, as far as it may be taken now; while the rest waits, so does the socket.
func (s *session) traffic() {
	s.takeInput()
	s.settle()
}

// settle leaves the socket unread while input waits, and has it read again behind that.
func (s *session) settle() {
	if s.phase != phaseClosed {
		s.conn.Want(s.wanted())
	}
}

// wanted is what the socket is to be watched for.
func (s *session) wanted() socket.Watch {
	n := s.conn.InboundBuffered()
	switch {
	case n == 0 || !s.mustWait(n):
		return socket.All
	case s.conn.OutboundBuffered() == 0, n > inputPeek && s.clogged:
		return socket.Nothing
	}
	return socket.Output
}

func (s *session) takeInput() {
	limit, cause := s.heldLimit(), CauseUnread
	if s.phase == phaseTLS && !s.conn.CanWait() {
		limit, cause = handshakeInput, CauseHandshakeFlood
	}
	switch {
	case s.phase == phaseClosed:
		if s.leaving {
			_, _ = s.conn.Discard(-1)
		}
	case s.blocked&reasonClose != 0:
		s.endAnswered()
	case s.blocked&reasonRate != 0:
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

// holdInput tells whether the next record has to wait. When the peer does not read what we send, the session is looked at
// again when its socket drains, or ends here; in the other cases the end of the reason goes on with it.
func (s *session) holdInput() bool {
	if s.blocked != 0 {
		return true
	}
	if s.conn.OutboundBuffered() <= outputPause {
		return false
	}
	if s.phase != phaseOpen || s.conn.InboundBuffered() > s.heldLimit() {
		s.close(CauseUnread)
		return true
	}
	s.clog()
	return true
}

// throttlePause is the least time for which a session waits that was too fast.
const throttlePause = 20 * time.Millisecond

// spend counts commands of a session, and has its further input wait when they came too fast: for what the last block's are
// over the limit, so at most smp.MaxBatch seconds, by a limit of one a second. A client that goes meanwhile is found
// when the wait is over, behind what it has sent, which is executed: it came before the end of the stream, and the commands
// of a client that is not held back are as well. Until then it has what a session costs, as a client that stays has.
func (s *session) spend(now time.Time, commands int) {
	l := s.loop
	wait := s.commands.Commands(now, commands, l.router.live.Load().Limits.CommandsPerSecond)
	if wait == 0 || s.blocked&reasonRate != 0 {
		return
	}
	s.blocked |= reasonRate
	l.router.gate.Refuse(RefusedCommands)
	time.AfterFunc(max(wait, throttlePause), func() { l.run(s.rateOver) })
}

// rateOver takes the input that waited because it came too fast.
func (s *session) rateOver() {
	s.blocked &^= reasonRate
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
