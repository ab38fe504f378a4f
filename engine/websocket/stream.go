// Package websocket carries blocks in the messages of WebSockets (RFC 6455), on the server's side:
//
//	Feed ─▶ Upgrade: the HTTP request, on any path ─▶ response, to be sent
//	     ─▶ Next:    binary messages of exactly one block each, in one frame or several ─▶ the block
//	                 pings ─▶ Pong answers the last; close ─▶ ErrClosing, and Goodbye answers it
//	Trim: what was taken goes, and an idle stream holds no buffer
//
// It neither reads nor writes, and knows nothing of TLS and sessions. It imports smp and gobwas/ws. A Stream belongs to its
// session, and borrows nothing of what it is fed.
package websocket

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"github.com/gobwas/ws"

	"switchyard/smp"
)

// Stream is what a client sends.
type Stream struct {
	upgraded   bool   // the request was answered, and frames follow
	fragmented bool   // more of a message is to come
	buffer     []byte // plaintext that is not yet a whole request or frame, behind what was taken; nil when idle
	taken      int    // bytes of it
	message    []byte // of a message what has come, which may be nothing; nil when idle
	ping       []byte // payload of the last ping
	pongDue    bool   // it is to be answered
	goodbye    []byte // answers the peer's close
	control    int    // frames that are no message since the last look
}

// Limits of what a WebSocket peer may have us hold.
const (
	maxRequest = 8 << 10       // the HTTP request
	maxFrame   = smp.BlockSize // payload of a frame; control frames have at most 125 bytes
)

// ErrClosing is that the peer closes the connection.
var ErrClosing = errors.New("websocket: the peer closes the connection")

var errMessage = errors.New("websocket: a message is not a block")

// Upgraded tells that frames follow: the request was answered.
func (w *Stream) Upgraded() bool { return w.upgraded }

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
			return nil, errMessage
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
	w.upgraded = err == nil
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

// PongDue tells that a ping is to be answered.
func (w *Stream) PongDue() bool { return w.pongDue }

// Goodbye is the frame that answers the peer's close.
func (w *Stream) Goodbye() []byte { return w.goodbye }

// Pong is the frame that answers the last ping, nil when none is due.
func (w *Stream) Pong() []byte {
	if !w.pongDue {
		return nil
	}
	w.pongDue = false
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
		return nil, 0, errMessage
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
		w.ping, w.pongDue = append(w.ping[:0], payload...), true
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
		return nil, errMessage
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
		return nil, errMessage
	}
	return message, nil
}

// takeClose makes the answer to the peer's close.
func (w *Stream) takeClose(payload []byte) error {
	if len(payload) > 0 {
		if len(payload) < 2 {
			return errMessage // section 5.5.1
		}
		if err := ws.CheckCloseFrameData(ws.ParseCloseFrameData(payload)); err != nil {
			return err
		}
	}
	goodbye, err := ws.CompileFrame(ws.NewCloseFrame(payload))
	if err != nil {
		return err
	}
	w.goodbye = goodbye
	return ErrClosing
}

// AppendFrame appends a block as a message of one frame.
func AppendFrame(b, block []byte) []byte {
	var header bytes.Buffer
	_ = ws.WriteHeader(&header, ws.Header{Fin: true, OpCode: ws.OpBinary, Length: int64(len(block))}) // a Buffer takes all
	return append(append(b, header.Bytes()...), block...)
}
