package engine

import (
	"bytes"
	"testing"

	"switchyard/engine/websocket"

	"github.com/gobwas/ws"
)

// records are frames of a client, in records of at most 16 KiB.
func (m *memorySession) records(frame ws.Frame, n int) {
	b := bytes.Repeat(ws.MustCompileFrame(ws.MaskFrame(frame)), n)
	m.conn.in = m.peer.Seal(m.conn.in, b)
}

// upgraded is a WebSocket connection behind its request.
func upgraded(t *testing.T) *websocket.Stream {
	t.Helper()
	w := new(websocket.Stream)
	w.Feed([]byte("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"))
	if _, err := w.Upgrade(); err != nil {
		t.Fatal(err)
	}
	w.Trim()
	return w
}

// A session answers the last of many pings that come at once, in the write of its other answers.
func TestManyPingsAreOneWrite(t *testing.T) {
	m := newMemorySession(t)
	m.session.web = upgraded(t)
	m.records(ws.NewPingFrame(nil), 2000)
	m.records(ws.NewPingFrame([]byte("last")), 1)
	m.traffic()
	m.loop.flush()
	plain, err := m.answers()
	if err != nil || !bytes.Equal(plain, ws.MustCompileFrame(ws.NewPongFrame([]byte("last")))) || m.conn.writes != 1 {
		t.Errorf("%q in %d writes, error %v", plain, m.conn.writes, err)
	}
}

// What is no block counts as a command: pings, pongs, and fragments, of which a message may have any number.
func TestFramesCountAsCommands(t *testing.T) {
	for name, frame := range map[string]ws.Frame{
		"ping": ws.NewPingFrame(nil), "pong": ws.NewPongFrame(nil), "fragment": ws.NewFrame(ws.OpContinuation, false, nil),
	} {
		t.Run(name, func(t *testing.T) {
			m := newMemorySession(t)
			m.session.web = upgraded(t)
			m.session.web.Feed(ws.MustCompileFrame(ws.MaskFrame(ws.NewFrame(ws.OpBinary, false, nil))))
			if _, err := m.session.web.Next(); err != nil || m.session.web.Extra() != 1 {
				t.Fatal("a message is not begun", err)
			}
			m.session.web.Trim()
			m.loop.router.live.Store(&live{Settings: Settings{Limits: Limits{CommandsPerSecond: 10}}})
			m.records(frame, 90)
			if m.traffic(); m.blocked&reasonRate != 0 {
				t.Error("90 frames are too fast")
			}
			for range 10 {
				m.records(frame, 90)
			}
			m.traffic()
			if n := m.loop.router.Stats().Refused[string(RefusedCommands)]; m.blocked&reasonRate == 0 || n != 1 || len(m.conn.in) == 0 {
				t.Errorf("reasons %b, counted %d, %d bytes wait", m.blocked, n, len(m.conn.in))
			}
		})
	}
}
