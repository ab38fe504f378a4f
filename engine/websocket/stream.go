// Package websocket carries blocks in the messages of WebSockets (RFC 6455).
package websocket

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"github.com/gobwas/ws"

	"switchyard/smp"
)

// Stream is the layer between TLS and blocks on the ports for WebSocket clients (RFC 6455): an HTTP upgrade on any
// path, then binary messages of exactly one block each, in one frame or several. It belongs to its session.
type Stream struct {
	Upgraded   bool
	fragmented bool   // more of a message is to come
	buffer     []byte // plaintext that is not yet a whole request or frame, behind what was taken; nil when idle
	taken      int    // bytes of it
	message    []byte // of a message what has come, which may be nothing; nil when idle
	ping       []byte // payload of the last ping
	PongDue    bool   // it is to be answered
	Goodbye    []byte // answers the peer's close
	control    int    // frames that are no message since the last look
}

// Limits of what a WebSocket peer may have us hold.
const (
	maxRequest = 8 << 10       // the HTTP request
	maxFrame   = smp.BlockSize // payload of a frame; control frames have at most 125 bytes
)

var (
	errWebSocket = errors.New("websocket: WebSocket message is not a block")
	ErrClosing   = errors.New("websocket: WebSocket peer closes")
)

// Feed takes plaintext of the connection.
func (w *Stream) Feed(plain []byte) { w.buffer = append(w.buffer, plain...) }

// Trim lets go of what was taken. No message of Next is valid behind that.
func (w *Stream) Trim() {
	rest := w.buffer[w.taken:]
	w.taken = 0
	if len(rest) == 0 {
		w.buffer = nil
	} else {
		w.buffer = append(w.buffer[:0], rest...)
	}
}

// Upgrade takes the HTTP request when it is complete. The response is to be sent, also with an error.
func (w *Stream) Upgrade() (response []byte, err error) {
	end := bytes.Index(w.buffer, []byte("\r\n\r\n"))
	if end < 0 {
		if len(w.buffer) > maxRequest {
			return nil, errWebSocket
		}
		return nil, nil
	}
	end += 4
	var answer bytes.Buffer
	exchange := struct {
		io.Reader
		io.Writer
	}{bytes.NewReader(w.buffer[:end]), &answer}
	w.taken = end
	_, err = ws.Upgrader{}.Upgrade(exchange)
	w.Upgraded = err == nil
	return answer.Bytes(), err
}

// Next is the next message, nil when none is complete. It is valid until Trim. The error is ErrClosing when the peer closes,
// which Goodbye answers.
func (w *Stream) Next() (message []byte, err error) {
	for message == nil && w.taken < len(w.buffer) {
		var n int
		if message, n, err = w.takeFrame(w.buffer[w.taken:]); err != nil || n == 0 {
			return nil, err
		}
		w.taken += n
	}
	return message, nil
}

// Extra counts the frames that were no message since it was last asked.
func (w *Stream) Extra() (n int) {
	n, w.control = w.control, 0
	return n
}

// Unfinished is about what memory is taken by what is not a whole message.
func (w *Stream) Unfinished() int {
	n := cap(w.buffer) + cap(w.message)
	if w.fragmented {
		n++ // of a message whose first fragment is empty
	}
	return n
}

// Pong is the frame that answers the last ping, nil when none is due.
func (w *Stream) Pong() []byte {
	if !w.PongDue {
		return nil
	}
	w.PongDue = false
	pong, err := ws.CompileFrame(ws.NewPongFrame(w.ping))
	if err != nil {
		panic("websocket: a pong that cannot be written: " + err.Error())
	}
	w.ping = nil
	return pong
}

// takeFrame takes one frame and returns its length, 0 when it is not complete, and the message that it completes.
func (w *Stream) takeFrame(in []byte) (message []byte, n int, err error) {
	h, start, err := parseFrameHeader(in)
	if err != nil || start == 0 {
		return nil, 0, err
	}
	state := ws.StateServerSide
	if w.fragmented {
		state |= ws.StateFragmented
	}
	if err := ws.CheckHeader(h, state); err != nil {
		return nil, 0, err
	}
	if h.Length > maxFrame {
		return nil, 0, errWebSocket
	}
	end := start + int(h.Length)
	if end > len(in) {
		return nil, 0, nil
	}
	payload := in[start:end]
	ws.Cipher(payload, h.Mask, 0)
	message, err = w.takePayload(h, payload)
	return message, end, err
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
func (w *Stream) takePayload(h ws.Header, payload []byte) (message []byte, err error) {
	if h.OpCode.IsControl() || !h.Fin {
		w.control++
	}
	switch h.OpCode {
	case ws.OpPing:
		w.ping, w.PongDue = append(w.ping[:0], payload...), true
		return nil, nil
	case ws.OpPong:
		return nil, nil
	case ws.OpClose:
		return nil, w.takeClose(payload)
	}
	if h.Fin && !w.fragmented {
		return whole(payload)
	}
	w.fragmented = !h.Fin
	w.message = append(w.message, payload...)
	if len(w.message) > smp.BlockSize {
		return nil, errWebSocket
	}
	if !h.Fin {
		return nil, nil
	}
	message, w.message = w.message, nil
	return whole(message)
}

// whole is a message, if it is a block.
func whole(message []byte) ([]byte, error) {
	if len(message) != smp.BlockSize {
		return nil, errWebSocket
	}
	return message, nil
}

// takeClose makes the answer to the peer's close.
func (w *Stream) takeClose(payload []byte) error {
	if len(payload) > 0 {
		if len(payload) < 2 {
			return errWebSocket // section 5.5.1
		}
		if err := ws.CheckCloseFrameData(ws.ParseCloseFrameData(payload)); err != nil {
			return err
		}
	}
	goodbye, err := ws.CompileFrame(ws.NewCloseFrame(payload))
	if err != nil {
		return err
	}
	w.Goodbye = goodbye
	return ErrClosing
}

// AppendFrame appends a block as a message of one frame.
func AppendFrame(b, block []byte) []byte {
	var header bytes.Buffer
	_ = ws.WriteHeader(&header, ws.Header{Fin: true, OpCode: ws.OpBinary, Length: int64(len(block))}) // a Buffer takes all
	return append(append(b, header.Bytes()...), block...)
}
