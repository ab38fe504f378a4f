package engine

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"time"

	"github.com/gobwas/ws"

	"switchyard/smp"
)

// webSocket is the layer between TLS and blocks on the ports for WebSocket clients (RFC 6455): an HTTP upgrade on any
// path, then binary messages of exactly one block each, in one frame or several. It belongs to its session.
type webSocket struct {
	upgraded   bool
	fragmented bool   // more of a message is to come
	in         []byte // plaintext that is not yet a whole request or frame; nil when idle
	message    []byte // of a message what has come, which may be nothing; nil when idle
	ping       []byte // payload of the last ping
	pongDue    bool   // it is to be answered
	idle       int    // frames that are no block since the last look
	greeting   int    // such frames before the client's hello
}

// Limits of what a WebSocket peer may have us hold and do.
const (
	maxRequest = 8 << 10       // the HTTP request
	maxFrame   = smp.BlockSize // payload of a frame; control frames have at most 125 bytes
	// maxGreeting is how many frames that are no block may come before the client's hello, which may come byte by byte.
	maxGreeting = smp.BlockSize + 1000
	// framesOfBlock is how many of them are as much work as a block.
	framesOfBlock = 256
)

var errWebSocket = errors.New("engine: WebSocket message is not a block")

// takeFrames takes plaintext of the connection: the request first, then frames. What comes while a worker has the
// handshake waits, and nil plaintext goes on with it.
func (s *session) takeFrames(plain []byte) {
	w := s.web
	w.in = append(w.in, plain...)
	in := w.in
	if !w.upgraded {
		in = s.upgrade(in)
	}
	for w.upgraded && len(in) > 0 && s.phase != phaseClosed && !s.busy {
		n, err := s.takeFrame(in)
		if err != nil {
			s.close(CauseWebSocket)
			return
		}
		if n == 0 {
			break
		}
		in = in[n:]
	}
	if len(in) == 0 {
		w.in = nil
	} else {
		w.in = append(w.in[:0], in...)
	}
	s.countFrames()
	s.pongSoon()
}

// countFrames counts frames that are no block as commands, so that they wait as these do when they come too fast.
func (s *session) countFrames() {
	w := s.web
	n := w.idle
	if w.idle = 0; n == 0 || s.phase == phaseClosed {
		return
	}
	for range n / framesOfBlock {
		s.loop.work()
	}
	if s.phase == phaseOpen {
		s.spend(time.Now(), n)
		return
	}
	if w.greeting += n; w.greeting > maxGreeting {
		s.close(CauseHandshakeFlood)
	}
}

// pongSoon has the last ping answered: with what the session has to say when the loop turns, so that of many pings that come
// at once, one is (RFC 6455 section 5.5.3).
func (s *session) pongSoon() {
	switch {
	case !s.web.pongDue:
	case s.phase != phaseOpen:
		s.writePending()
	case !s.dirty:
		s.dirty = true
		s.loop.dirty = append(s.loop.dirty, s)
	}
}

// writePong answers the last ping, if that is due.
func (s *session) writePong() {
	w := s.web
	if !w.pongDue {
		return
	}
	w.pongDue = false
	pong, err := ws.CompileFrame(ws.NewPongFrame(w.ping))
	if err != nil {
		panic("engine: a pong that cannot be written: " + err.Error())
	}
	w.ping = nil
	s.write(s.tls.Seal(nil, pong))
}

// upgrade answers the HTTP request when it is complete, and sends our hello. It returns what follows the request.
func (s *session) upgrade(in []byte) []byte {
	end := bytes.Index(in, []byte("\r\n\r\n"))
	if end < 0 {
		if len(in) > maxRequest {
			s.close(CauseWebSocket)
		}
		return in
	}
	end += 4
	var response bytes.Buffer
	exchange := struct {
		io.Reader
		io.Writer
	}{bytes.NewReader(in[:end]), &response}
	_, err := ws.Upgrader{}.Upgrade(exchange)
	s.write(s.tls.Seal(nil, response.Bytes()))
	if err != nil {
		s.close(CauseWebSocket)
		return nil
	}
	s.web.upgraded = true
	s.sendHello()
	return in[end:]
}

// takeFrame takes one frame and returns its length, 0 when it is not complete.
func (s *session) takeFrame(in []byte) (int, error) {
	h, start, err := parseFrameHeader(in)
	if err != nil || start == 0 {
		return 0, err
	}
	state := ws.StateServerSide
	if s.web.fragmented {
		state |= ws.StateFragmented
	}
	if err := ws.CheckHeader(h, state); err != nil {
		return 0, err
	}
	if h.Length > maxFrame {
		return 0, errWebSocket
	}
	end := start + int(h.Length)
	if end > len(in) {
		return 0, nil
	}
	payload := in[start:end]
	ws.Cipher(payload, h.Mask, 0)
	return end, s.takePayload(h, payload)
}

// parseFrameHeader reads the header of a frame (section 5.2) and returns its length, 0 when it is not complete. That of
// package ws costs several allocations, which a peer can have for six bytes each.
func parseFrameHeader(in []byte) (h ws.Header, n int, err error) {
	if len(in) < 2 {
		return h, 0, nil
	}
	h.Fin, h.Rsv, h.OpCode = in[0]&0x80 != 0, in[0]&0x70>>4, ws.OpCode(in[0]&0x0f)
	h.Masked, h.Length, n = in[1]&0x80 != 0, int64(in[1]&0x7f), 2
	switch wide := in[2:]; {
	case h.Length == 126 && len(wide) >= 2:
		h.Length, n = int64(binary.BigEndian.Uint16(wide)), 4
	case h.Length == 127 && len(wide) >= 8:
		if h.Length, n = int64(binary.BigEndian.Uint64(wide)), 10; h.Length < 0 {
			return h, 0, ws.ErrHeaderLengthMSB
		}
	case h.Length >= 126:
		return h, 0, nil
	}
	if h.Masked {
		if len(in) < n+len(h.Mask) {
			return h, 0, nil
		}
		n += copy(h.Mask[:], in[n:])
	}
	return h, n, nil
}

// takePayload takes the payload of a frame: part of a message, or control.
func (s *session) takePayload(h ws.Header, payload []byte) error {
	w := s.web
	if h.OpCode.IsControl() || !h.Fin {
		w.idle++
	}
	switch h.OpCode {
	case ws.OpPing:
		w.ping, w.pongDue = append(w.ping[:0], payload...), true
		return nil
	case ws.OpPong:
		return nil
	case ws.OpClose:
		return s.takeClose(payload)
	}
	if h.Fin && !w.fragmented {
		return s.takeMessage(payload)
	}
	w.fragmented = !h.Fin
	w.message = append(w.message, payload...)
	if len(w.message) > smp.BlockSize {
		return errWebSocket
	}
	if !h.Fin {
		return nil
	}
	message := w.message
	w.message = nil
	return s.takeMessage(message)
}

// takeClose answers the peer's close, and ends the connection.
func (s *session) takeClose(payload []byte) error {
	if len(payload) > 0 {
		if len(payload) < 2 {
			return errWebSocket // section 5.5.1
		}
		if err := ws.CheckCloseFrameData(ws.ParseCloseFrameData(payload)); err != nil {
			return err
		}
	}
	closing, err := ws.CompileFrame(ws.NewCloseFrame(payload))
	if err != nil {
		return err
	}
	s.flush() // records go out in the order in which they are sealed
	s.writePending()
	s.write(s.tls.Seal(nil, closing))
	s.close(CausePeer)
	return nil
}

// takeMessage takes a whole message, which has to be a block.
func (s *session) takeMessage(message []byte) error {
	if len(message) != smp.BlockSize {
		return errWebSocket
	}
	s.takeBlock(message)
	return nil
}

// appendFrame appends a block as a message of one frame.
func appendFrame(b, block []byte) []byte {
	var header bytes.Buffer
	_ = ws.WriteHeader(&header, ws.Header{Fin: true, OpCode: ws.OpBinary, Length: int64(len(block))}) // a Buffer takes all
	return append(append(b, header.Bytes()...), block...)
}
