package engine

import "github.com/panjf2000/gnet/v2"

// This file has a socket wait while the input of its session has to (backpressure.go). What the peer sends costs this process
// about one read of gnet then, 64 KiB.
//
// gnet changes what a socket is watched for as well, when its buffer of output is filled and when it is emptied, and reads
// again from then on. The first is seen in flush. The second is wanted when output was all that input waited for; otherwise
// the one read that comes of it ends in traffic, and the socket waits again. So that this cannot go on for ever, a session
// that has got much input in that way is written to by the loop's look at clogged sockets instead.

// watch is what gnet's loop waits for at a socket.
type watch uint8

const (
	watchAll     watch = iota // what gnet wants, which always includes input
	watchOutput               // room for output that waits
	watchNothing              // only errors
	watchUnknown              // gnet has changed it since, or may have
)

// pollerOf is what an event loop of the router waits with.
func (r *Router) pollerOf(e gnet.EventLoop) poller {
	if r.neverPause {
		return noPoller
	}
	return pollerOf(e)
}

// wanted is what the socket is to be watched for.
func (s *session) wanted() watch {
	n := s.conn.InboundBuffered()
	switch {
	case n == 0 || !s.mustWait(n):
		return watchAll
	case s.conn.OutboundBuffered() == 0, n > inputPeek && s.clogged:
		return watchNothing
	}
	return watchOutput
}

// settle has the socket wait, or not any longer. It costs a system call only when that changes.
func (s *session) settle() {
	if s.phase == phaseClosed {
		return
	}
	if w := s.wanted(); w != s.watch {
		s.setWatch(w)
	}
}

// setWatch changes what the socket is watched for. Where that cannot be done it is read all the time, and inputLimit and
// heldInput bound what waits.
func (s *session) setWatch(w watch) {
	if s.loop.poller.set(s.conn, w) {
		s.watch = w
	}
}

// changed is told that gnet has changed what the socket is watched for, or may have.
func (s *session) changed() {
	if s.watch != watchAll {
		s.watch = watchUnknown
	}
}
