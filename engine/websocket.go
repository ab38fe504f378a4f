package engine

import (
	"bytes"
	"errors"
	"io"

	"github.com/gobwas/ws"

	"switchyard/smp"
)

// webSocket is the layer between TLS and blocks on the ports for WebSocket clients (RFC 6455): an HTTP upgrade on any
// path, then binary messages of exactly one block each, in one frame or several. It belongs to its session.
type webSocket struct {
	upgraded bool
	in       []byte // plaintext that is not yet a whole request or frame; nil when idle
	message  []byte // frames of a message of which more is to come
}

// Limits of what a WebSocket peer may have us hold.
const (
	maxRequest = 8 << 10       // the HTTP request
	maxFrame   = smp.BlockSize // payload of a frame; control frames have at most 125 bytes
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
		return
	}
	w.in = append(w.in[:0], in...)
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
	r := bytes.NewReader(in)
	h, err := ws.ReadHeader(r)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	state := ws.StateServerSide
	if s.web.message != nil {
		state |= ws.StateFragmented
	}
	if err := ws.CheckHeader(h, state); err != nil {
		return 0, err
	}
	if h.Length > maxFrame {
		return 0, errWebSocket
	}
	start := len(in) - r.Len()
	end := start + int(h.Length)
	if end > len(in) {
		return 0, nil
	}
	payload := in[start:end]
	ws.Cipher(payload, h.Mask, 0)
	return end, s.takePayload(h, payload)
}

// takePayload takes the payload of a frame: part of a message, or control.
func (s *session) takePayload(h ws.Header, payload []byte) error {
	w := s.web
	switch h.OpCode {
	case ws.OpPing:
		s.flush() // records go out in the order in which they are sealed
		pong, err := ws.CompileFrame(ws.NewPongFrame(payload))
		s.write(s.tls.Seal(nil, pong))
		return err
	case ws.OpPong:
		return nil
	case ws.OpClose:
		closing, err := ws.CompileFrame(ws.NewCloseFrame(payload))
		s.flush()
		s.write(s.tls.Seal(nil, closing))
		s.close(CausePeer)
		return err
	}
	if h.Fin && w.message == nil {
		return s.takeMessage(payload)
	}
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
