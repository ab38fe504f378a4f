package engine

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
