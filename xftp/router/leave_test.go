package router

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// halved is a connection whose close_notify is a word of its own.
type halved struct {
	net.Conn
	ended bool
}

func (c *halved) CloseWrite() error {
	c.ended = true
	return nil
}

// TestGoAwayComesBetweenFrames: whatever pieces frames are written in, GOAWAY follows a whole one, and nothing follows it.
func TestGoAwayComesBetweenFrames(t *testing.T) {
	var stream bytes.Buffer
	f := http2.NewFramer(&stream, nil)
	check(t, f.WriteSettings(http2.Setting{ID: http2.SettingMaxFrameSize, Val: 16384}))
	ends := []int{0, stream.Len()}
	for _, n := range []int{0, 1, 100, 16384} {
		check(t, f.WriteData(1, false, make([]byte, n)))
		ends = append(ends, stream.Len())
		check(t, f.WriteSettingsAck())
		ends = append(ends, stream.Len())
	}
	goAway := appendGoAway(nil, http2.ErrCodeEnhanceYourCalm)
	for seed := range uint64(500) {
		random := rand.New(rand.NewPCG(seed, 0))
		w := &written{}
		socket := &halved{Conn: &willing{w}}
		c := &leaver{Conn: socket}
		left := random.IntN(stream.Len() + 1)
		for rest := stream.Bytes(); len(rest) > 0; {
			if stream.Len()-len(rest) >= left {
				c.leave(http2.ErrCodeEnhanceYourCalm)
			}
			n := min(1+random.IntN(1<<random.IntN(15)), len(rest))
			if m, err := c.Write(rest[:n]); m != n || err != nil {
				t.Fatal(m, err)
			}
			rest = rest[n:]
		}
		c.leave(http2.ErrCodeEnhanceYourCalm)
		got := bytes.Join(w.writes, nil)
		frames, found := bytes.CutSuffix(got, goAway)
		if !found || !socket.ended || !bytes.HasPrefix(stream.Bytes(), frames) || !slices.Contains(ends, len(frames)) {
			t.Fatalf("seed %d: %d bytes of frames, GOAWAY %v", seed, len(frames), found)
		}
	}
}

// willing takes all writes at once.
type willing struct{ *written }

func (*willing) SetWriteDeadline(time.Time) error { return nil }
func (*willing) Close() error                     { return nil }

// TestLeavingWhoTakesNothing: a client that reads nothing holds up nobody for long, and its connection closes.
func TestLeavingWhoTakesNothing(t *testing.T) {
	ours, theirs := net.Pipe()
	defer theirs.Close()
	c := &leaver{Conn: &halved{Conn: ours}}
	failed := make(chan error)
	go func() {
		_, err := c.Write(make([]byte, 100))
		failed <- err
	}()
	if _, err := theirs.Read(make([]byte, 1)); err != nil { // nothing more, so the Write is under way
		t.Fatal(err)
	}
	c.leave(http2.ErrCodeEnhanceYourCalm)
	if err := <-failed; err == nil {
		t.Error("what the client does not take is written")
	}
	if _, err := theirs.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the connection is still there: %v", err)
	}
}
