package engine

import "time"

// This file ends connections that begin and do not finish, as slow-loris attacks do. A connection costs little while it is
// silent, and up to two blocks of memory while a block of it is on its way. So the handshakes have to end within their own
// times, and a block within blockTimeout. When what is half read takes much memory in all, there is less patience with each.

const (
	// blockTimeout is the time for the rest of a block. A client of the reference gives up on an answer sooner.
	blockTimeout = 2 * time.Minute
	// halfReadTotal is how much memory half read input may take before there is less time for its rest: 4,000 blocks.
	halfReadTotal = 64 << 20
	// hurriedTimeout is that time.
	hurriedTimeout = 5 * time.Second
)

// notePart sees whether the input ends within a block, after as much of it was taken as there is.
func (s *session) notePart() {
	if s.phase != phaseOpen || s.unfinished() == 0 {
		s.begun = time.Time{}
		return
	}
	if s.begun.IsZero() {
		s.begun = time.Now()
	}
	if !s.halfRead {
		s.halfRead = true
		s.loop.halfRead = append(s.loop.halfRead, s)
	}
}

// memory is about what half read input takes, and what of it is kept until the handshake is done.
func (s *session) memory() int {
	n := s.unfinished()
	if s.handshake != nil {
		n += s.handshake.chain
	}
	return n
}

// unfinished is about what input takes that ends within a block, or within a frame or message of WebSockets.
func (s *session) unfinished() int {
	n := s.conn.InboundBuffered()
	if s.part != nil {
		n += cap(s.part.Data)
	}
	if s.web != nil {
		n += s.web.Unfinished()
	}
	return n
}

// hurry closes connections that have begun a handshake or a block and do not finish it.
func (l *loop) hurry(now time.Time) {
	total := 0
	for s := range l.greeting {
		total += s.memory()
	}
	kept := l.halfRead[:0]
	for _, s := range l.halfRead {
		switch {
		case s.phase != phaseOpen || s.begun.IsZero():
			s.halfRead = false
			continue
		case s.blocked&reasonsOfOurs != 0, s.clogged:
			s.begun = now
		}
		total += s.memory()
		kept = append(kept, s)
	}
	clear(l.halfRead[len(kept):])
	l.halfRead = kept
	patience := l.router.blockTimeout
	if total > l.router.halfReadTotal/l.router.cfg.Loops {
		patience = min(patience, hurriedTimeout)
		for s := range l.greeting {
			if s.memory() > 0 && now.Sub(s.active) > patience {
				s.close(CauseSlow)
			}
		}
	}
	for _, s := range kept {
		if now.Sub(s.begun) > patience {
			s.close(CauseSlow)
		}
	}
}
