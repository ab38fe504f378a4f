package websocket

import (
	"bytes"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/gobwas/ws"

	"switchyard/smp"
)

// FuzzFrames gives a connection its request and frames in two pieces: what it holds is bounded, and it
// does not matter where the input was cut.
func FuzzFrames(f *testing.F) {
	request := "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
	f.Add([]byte(request), []byte{0x89, 0x81, 1, 2, 3, 4, 'x'})                         // ping
	f.Add([]byte(request), []byte{0x88, 0x80, 0, 0, 0, 0})                              // close
	f.Add([]byte(request), []byte{0x02, 0x81, 0, 0, 0, 0, 'a', 0x80, 0x80, 0, 0, 0, 0}) // a message of two frames
	f.Add([]byte(request), append([]byte{0x82, 0xfe, 0x40, 0x00, 0, 0, 0, 0}, make([]byte, smp.BlockSize)...))
	f.Add([]byte("GET / HTTP/1.1\r\nUpgrade: web"), []byte("socket\r\n\r\n"))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		var whole, cut Stream
		messages, err := feedAll(&whole, append(bytes.Clone(first), second...))
		some, cutErr := feedAll(&cut, bytes.Clone(first))
		if cutErr == nil {
			var more []byte
			more, cutErr = feedAll(&cut, bytes.Clone(second))
			some = append(some, more...)
		}
		for w, err := range map[*Stream]error{&whole: err, &cut: cutErr} {
			if err == nil && (len(w.buffer) > maxFrame+14 || len(w.message) > smp.BlockSize) {
				t.Fatalf("%d bytes of input and %d of a message are held", len(w.buffer), len(w.message))
			}
		}
		if len(first)+len(second) <= maxRequest && ((err == nil) != (cutErr == nil) || whole.upgraded != cut.upgraded ||
			!bytes.Equal(messages, some) || err == nil && !bytes.Equal(whole.message, cut.message)) {
			t.Fatalf("whole: %v, %x, %x; cut: %v, %x, %x", err, messages, whole.message, cutErr, some, cut.message)
		}
	})
}

// FeedAll gives a connection its request and frames, and is the messages in them.
func feedAll(w *Stream, plain []byte) (messages []byte, err error) {
	w.Feed(plain)
	if !w.upgraded {
		_, err = w.Upgrade()
	}
	for w.upgraded && err == nil {
		var message []byte
		if message, err = w.Next(); message == nil {
			break
		}
		messages = append(messages, message...)
	}
	w.Trim()
	return messages, err
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
	w := &Stream{upgraded: true}
	ping := ws.MustCompileFrame(ws.MaskFrame(ws.NewPingFrame([]byte("x"))))
	if n := testing.AllocsPerRun(100, func() { _, _, _ = w.takeFrame(ping) }); n != 0 {
		t.Errorf("a ping costs %v allocations", n)
	}
}

func BenchmarkPing(b *testing.B) {
	ping := ws.MustCompileFrame(ws.MaskFrame(ws.NewPingFrame(nil)))
	w := &Stream{upgraded: true}
	b.ReportAllocs()
	for b.Loop() {
		_, _, _ = w.takeFrame(ping)
	}
}
