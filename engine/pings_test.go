package engine

import (
	"bytes"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/gobwas/ws"
)

// records are frames of a client, in records of at most 16 KiB.
func (m *memorySession) records(frame ws.Frame, n int) {
	b := bytes.Repeat(ws.MustCompileFrame(ws.MaskFrame(frame)), n)
	m.conn.in = m.peer.Seal(m.conn.in, b)
}

// A session answers the last of many pings that come at once, in the write of its other answers.
func TestManyPingsAreOneWrite(t *testing.T) {
	m := newMemorySession(t)
	m.session.web = &webSocket{upgraded: true}
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
			m.session.web = &webSocket{upgraded: true, fragmented: true}
			m.loop.router.cfg.Limits.CommandsPerSecond = 10
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

// Headers of frames are read as the library reads them, without an allocation.
func TestFrameHeaders(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 100_000 {
		in := make([]byte, random.IntN(20))
		for i := range in {
			in[i] = byte(random.Uint32())
		}
		r := bytes.NewReader(in)
		want, wantErr := ws.ReadHeader(r)
		got, n, err := parseFrameHeader(in)
		switch {
		case wantErr == io.EOF || wantErr == io.ErrUnexpectedEOF:
			if n != 0 || err != nil && err != ws.ErrHeaderLengthMSB {
				t.Fatalf("%x: incomplete, but %d bytes, error %v", in, n, err)
			}
		case wantErr != nil:
			if n != 0 || err == nil {
				t.Fatalf("%x: %v, but %d bytes", in, wantErr, n)
			}
		case got != want || n != len(in)-r.Len() || err != nil:
			t.Fatalf("%x: %+v of %d bytes, error %v; want %+v of %d", in, got, n, err, want, len(in)-r.Len())
		}
	}
	m := newMemorySession(t)
	m.session.web = &webSocket{upgraded: true}
	ping := ws.MustCompileFrame(ws.MaskFrame(ws.NewPingFrame([]byte("x"))))
	if n := testing.AllocsPerRun(100, func() { _, _ = m.takeFrame(ping) }); n != 0 && !raceEnabled {
		t.Errorf("a ping costs %v allocations", n)
	}
}

func BenchmarkPing(b *testing.B) {
	ping := ws.MustCompileFrame(ws.MaskFrame(ws.NewPingFrame(nil)))
	s := &session{web: &webSocket{upgraded: true}}
	b.ReportAllocs()
	for b.Loop() {
		_, _ = s.takeFrame(ping)
	}
}
