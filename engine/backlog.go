package engine

import (
	"time"

	"switchyard/engine/socket"
)

// This file bounds what waits: output that a socket has not taken, and input that is not taken for one of the reasons in
// backpressure.go.
//
//	what                     one session                    all sessions      patience     counted by  seen by
//	output                   outputLimit                    backlogTotal      stallLimit   weigh       drained, clog, moved
//	input                    inputLimit                     with the output                weigh       clog, throttledInput
//	input behind forwarding  heldInput                      heldTotal                      hold        heldLimit
//
// Limits of input are met only where sockets cannot be left unread. A session that meets a limit is closed. gnet does not
// tell when a socket has drained: so sessions with unsent output stand on the loop's list, clogged, and unclog looks at them.

// drained looks at how much of the output the socket has taken: all of it, and the shards may send the messages that
// wait for room; or not all, and it will be looked at again.
func (s *session) drained() {
	if s.phase != phaseOpen {
		return
	}
	unsent := s.conn.OutboundBuffered()
	switch {
	case unsent > outputLimit:
		s.close(CauseUnread)
		return
	case unsent > 0:
		s.clog()
		return
	}
	s.weigh(0)
	s.left = 0
	s.client.Window.Clog(false)
	s.returnWindow()
}

// clog puts the session on the list of those to look at again, unless too much waits.
func (s *session) clog() {
	if s.left == 0 {
		s.progress = time.Now()
	}
	s.left = s.conn.OutboundBuffered()
	s.weigh(s.left + s.conn.InboundBuffered())
	if s.overweight() {
		s.close(CauseUnread)
		return
	}
	if s.clogged {
		s.loop.drainLater()
		return
	}
	s.clogged = true
	s.client.Window.Clog(true)
	s.loop.clogged = append(s.loop.clogged, s)
	s.loop.drainSoon()
}

// weigh counts what waits of the session.
func (s *session) weigh(n int) {
	if n != s.backlog {
		s.loop.router.backlog.Add(int64(n - s.backlog))
		s.backlog = n
	}
}

// overweight tells that of all sessions together more waits than may, and that this one has to end for it.
func (s *session) overweight() bool {
	r := s.loop.router
	total := r.backlog.Load()
	return total > r.backlogTotal && s.backlog > outputPause || total > 2*r.backlogTotal
}

// moved tells whether the socket has taken something since the last look, or will not be looked at again: one that has
// taken nothing for long is closed.
func (s *session) moved(now time.Time) bool {
	if s.conn.OutboundBuffered() < s.left {
		s.progress = now
		return true
	}
	if now.Sub(s.progress) > s.loop.router.stallLimit {
		s.close(CauseUnread)
		return true
	}
	return false
}

// heldLimit is how much input may wait unread. When it waits for other routers, or did and is being worked off, the peer
// has done nothing wrong, so it may be more where sockets cannot be told to wait, as long as all such input together is not
// too much.
func (s *session) heldLimit() int {
	r, n := s.loop.router, s.conn.InboundBuffered()
	if s.blocked&reasonRelays == 0 && (s.held == 0 || n <= inputLimit) {
		s.hold(0)
		return inputLimit
	}
	s.hold(n)
	switch held := r.held.Load(); {
	case held > 2*r.heldTotal:
		return 0
	case held > r.heldTotal:
		return inputPeek
	}
	return heldInput
}

// hold counts the input that waits.
func (s *session) hold(n int) {
	if n != s.held {
		s.loop.router.held.Add(int64(n - s.held))
		s.held = n
	}
}

// drainLater arranges a look at clogged sockets and full rings, as nobody tells when they have drained.
func (l *loop) drainLater() {
	if l.draining == nil {
		l.draining = time.AfterFunc(drainTick, func() { l.run(l.unclog) })
		l.drainIn = drainTick
	}
}

// drainSoon is drainLater for what has not waited before.
func (l *loop) drainSoon() {
	l.drainLater()
	if l.drainIn > drainTick {
		l.drainIn = drainTick
		l.draining.Reset(drainTick)
	}
}

// unclog returns the windows of sessions whose socket has drained and lets them go on. While nothing moves the next look
// comes later than the last.
func (l *loop) unclog() {
	now, moves := time.Now(), len(l.deferred) > 0
	next := min(2*l.drainIn, drainTickMax)
	l.draining = nil
	waiting := l.clogged
	l.clogged = nil
	write := !now.Before(l.writeAt)
	if write {
		l.writeAt = now.Add(drainTickMax)
	}
	for _, s := range waiting {
		if write && s.phase == phaseOpen {
			s.writeWaiting()
		}
		s.clogged = false
		if s.phase != phaseOpen {
			continue
		}
		moves = s.moved(now) || moves
		s.drained()
		if s.phase == phaseOpen && s.conn.InboundBuffered() > 0 && s.conn.OutboundBuffered() <= outputPause {
			s.traffic()
		}
	}
	if !moves && l.draining != nil {
		l.draining.Reset(next)
		l.drainIn = next
	}
}

// writeWaiting writes what waits of a session whose socket is not watched even for that.
func (s *session) writeWaiting() {
	if s.conn.Watched() != socket.Nothing {
		return
	}
	_ = s.conn.Flush() // gnet closes the connection when it fails
	if s.phase != phaseClosed && s.conn.OutboundBuffered() == 0 {
		s.conn.Changed()
		s.settle()
	}
}
