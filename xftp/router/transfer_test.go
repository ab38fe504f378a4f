package router

import (
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// paced is a body and a response writer that take their time for each piece.
type paced struct {
	http.ResponseWriter
	pauses []time.Duration // before each piece; then the body ends
	size   int
	broken chan struct{}
}

func (p *paced) Read(b []byte) (int, error) {
	if len(p.pauses) == 0 {
		return 0, io.EOF
	}
	pause := p.pauses[0]
	p.pauses = p.pauses[1:]
	select {
	case <-time.After(pause):
		return min(p.size, len(b)), nil
	case <-p.broken:
		return 0, errors.New("closed")
	}
}

func (p *paced) Close() error {
	close(p.broken)
	return nil
}

func (p *paced) Write(b []byte) (int, error) {
	n, err := p.Read(b)
	return n, err
}

// pacedTransfer is a transfer without a connection of HTTP/2.
func pacedTransfer(p *paced) *transfer {
	socket, _ := net.Pipe()
	p.broken = make(chan struct{})
	r := &Router{cfg: Config{PieceTimeout: time.Minute, UploadTimeout: 5 * time.Minute, Now: time.Now}}
	r.small.New = func() any { b := make([]byte, smallFrame); return &b }
	s := &session{conn: &leaver{Conn: &halved{Conn: socket}}}
	return r.newTransfer(s, p, &http.Request{Body: p})
}

// TestPaceOfARequest: each piece has its time, and all of them together.
func TestPaceOfARequest(t *testing.T) {
	const second = time.Second
	for name, test := range map[string]struct {
		pauses []time.Duration // before each half of a block
		want   error           // at the end of the last block
		at     time.Duration
	}{
		"at once":             {[]time.Duration{0, 0}, nil, 0},
		"slow":                {[]time.Duration{29 * second, 30 * second}, nil, 59 * second},
		"slower":              {[]time.Duration{29 * second, 32 * second}, errLate, 60 * second},
		"slow again":          {[]time.Duration{50 * second, second, 50 * second, second, 50 * second, second}, nil, 153 * second},
		"slow for too long":   {[]time.Duration{50 * second, 0, 50 * second, 0, 50 * second, 0, 50 * second, 0, 50 * second, 0, 50*second + 1, 0}, errLate, 300 * second},
		"just in time":        {[]time.Duration{50 * second, 0, 50 * second, 0, 50 * second, 0, 50 * second, 0, 50 * second, 0, 49 * second, 0}, nil, 299 * second},
		"too slow at the end": {[]time.Duration{0, 0, 0, 0, 0, 0, 61 * second}, errLate, 60 * second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tr := pacedTransfer(&paced{pauses: test.pauses, size: 8192})
				began, blocks := time.Now(), (len(test.pauses)+1)/2
				var err error
				for range blocks {
					_, err = tr.fill(make([]byte, 16384))
				}
				if err != test.want || time.Since(began) != test.at {
					t.Errorf("%v after %v, want %v after %v", err, time.Since(began), test.want, test.at)
				}
				if ok := tr.drain(); ok != (test.want == nil) || tr.session.conn.leaving.Load() == ok {
					t.Errorf("drained: %v, left: %v", ok, tr.session.conn.leaving.Load())
				}
			})
		})
	}
}

// TestPaceOfAResponse: a client may take its time for each piece, and any time for all of them.
func TestPaceOfAResponse(t *testing.T) {
	for pause, want := range map[time.Duration]bool{59 * time.Second: false, 61 * time.Second: true} {
		synctest.Test(t, func(t *testing.T) {
			pauses := make([]time.Duration, 200)
			pauses[len(pauses)-1] = pause
			for i := range pauses[1:] {
				pauses[i] = 59 * time.Second
			}
			tr := pacedTransfer(&paced{pauses: pauses, size: 1 << 20})
			if n, err := tr.Write(make([]byte, 200*largeFrame)); n != 200*largeFrame || err != nil {
				t.Errorf("%d %v", n, err)
			}
			if got := tr.session.conn.leaving.Load(); got != want {
				t.Errorf("after %v: left is %v", pause, got)
			}
			if !want && !tr.drain() { // the request has ended long ago
				t.Error("what took longer than a request may counts as its time")
			}
		})
	}
}
