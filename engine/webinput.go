package engine

import (
	"errors"
	"time"

	"switchyard/engine/websocket"
	"switchyard/smp"
)

// This file has sessions on ports for WebSocket clients take blocks from messages.

const (
	// maxGreeting is how many frames that are no block may come before the client's hello, which may come byte by byte.
	maxGreeting = smp.BlockSize + 1000
	// framesOfBlock is how many of them are as much work as a block.
	framesOfBlock = 256
)

// takeFrames takes plaintext of the connection: the request first, then frames. What comes while a worker has the
// handshake waits, and nil plaintext goes on with it.
func (s *session) takeFrames(plain []byte) {
	w := s.web
	w.Feed(plain)
	if !w.Upgraded() {
		s.upgrade()
	}
	for w.Upgraded() && s.phase != phaseClosed && !s.busy {
		block, err := w.Next()
		if errors.Is(err, websocket.ErrClosing) {
			s.takeClose()
			break
		}
		if err != nil {
			s.close(CauseWebSocket)
			return
		}
		if block == nil {
			break
		}
		s.takeBlock(block)
	}
	w.Trim()
	s.countFrames()
	s.pongSoon()
}

// upgrade answers the HTTP request when it is complete, and sends our hello.
func (s *session) upgrade() {
	response, err := s.web.Upgrade()
	if len(response) > 0 {
		s.write(s.tls.Seal(nil, response))
	}
	if err != nil {
		s.close(CauseWebSocket)
		return
	}
	if s.web.Upgraded() {
		s.sendHello()
	}
}

// countFrames counts frames that are no block as commands, so that they wait as these do when they come too fast.
func (s *session) countFrames() {
	n := s.web.Extra()
	if n == 0 || s.phase == phaseClosed {
		return
	}
	for range n / framesOfBlock {
		s.loop.work()
	}
	if s.phase == phaseOpen {
		s.spend(time.Now(), n)
		return
	}
	if s.handshake.frames += n; s.handshake.frames > maxGreeting {
		s.close(CauseHandshakeFlood)
	}
}

// pongSoon has the last ping answered: with what the session has to say when the loop turns, so that of many pings that come
// at once, one is (RFC 6455 section 5.5.3).
func (s *session) pongSoon() {
	switch {
	case !s.web.PongDue():
	case s.phase != phaseOpen:
		s.writePending()
	default:
		s.touch()
	}
}

// writePong answers the last ping, if that is due.
func (s *session) writePong() {
	if pong := s.web.Pong(); pong != nil {
		s.write(s.tls.Seal(nil, pong))
	}
}

// takeClose answers the peer's close, and ends the connection.
func (s *session) takeClose() {
	s.flush() // records go out in the order in which they are sealed
	s.writePending()
	s.write(s.tls.Seal(nil, s.web.Goodbye()))
	s.close(CausePeer)
}
