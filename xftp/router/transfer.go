package router

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"switchyard/xftp"
)

// transfer is the body of a request and that of its response: all that is read of the one and written of the other goes
// through it, piece by piece, and for each piece the client has Config.PieceTimeout.
//
// # The end of a stream
//
// A response ends when its request has ended, never before. HTTP/2 allows the latter (RFC 9113 section 8.1), and the
// server of golang.org/x/net then asks the client by RST_STREAM(NO_ERROR) to send no more, and answers the DATA that was
// on its way by another RST_STREAM. Clients of the reference (http2 4.2.2) take for a fault of the whole connection any
// RST_STREAM on a stream whose response has not ended, and any frame at all on one that both sides have. Whether a
// client's END_STREAM comes with its last DATA, later, or in a frame of its own is up to its HTTP/2; so every request is
// read to its end: one that is refused at its first block, one that has more than it needs, one that needs no body.
//
// The answer still goes out early: its block is sent before the rest of the request is read.
// A client whose request has no end, in bytes or in time, is told by GOAWAY, and its connection closed.
type transfer struct {
	http.ResponseWriter
	router  *Router
	session *session
	body    io.ReadCloser
	time    time.Duration // that may still be waited for the request
	left    int64         // bytes that it may still have
	ended   error         // why no more is read: io.EOF at the end of the request
	kept    bool          // a piece of the response was so small that it may go out only when the handler returns

	mu    sync.Mutex
	timer *time.Timer
	waits waiting
	began time.Time     // to wait
	limit time.Duration // how long
	late  bool          // longer
}

// waiting is what a client lets the router wait for.
type waiting uint8

const (
	forNothing waiting = iota
	forBody            // a piece of the request
	forCredit          // credit or room for a piece of the response
)

// maxBody is what a request may have: twice the largest packet, as one that is a little too long is answered by SIZE.
const maxBody = xftp.BlockSize + 2*xftp.Size4M

var (
	errLate    = errors.New("router: the client lets the router wait")
	errEndless = errors.New("router: a request without end")
)

func (r *Router) newTransfer(s *session, w http.ResponseWriter, q *http.Request) *transfer {
	return &transfer{ResponseWriter: w, router: r, session: s, body: q.Body, time: r.cfg.UploadTimeout, left: maxBody}
}

// await begins to wait. The clock is that of sockets, so never another.
func (t *transfer) await(what waiting, limit time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waits, t.began, t.limit = what, time.Now(), limit
	if t.timer == nil {
		t.timer = time.AfterFunc(limit, t.expire)
	} else {
		t.timer.Reset(limit)
	}
}

// done ends the wait, and tells how long it was and whether it was in time.
func (t *transfer) done() (waited time.Duration, inTime bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waits = forNothing
	t.timer.Stop()
	t.session.moved(t.router.cfg.Now())
	return time.Since(t.began), !t.late
}

// expire ends the wait: that for a body by an error of its reader, that for credit with the connection.
func (t *transfer) expire() {
	t.mu.Lock()
	waits := t.waits
	if waits == forNothing || time.Since(t.began) < t.limit {
		t.mu.Unlock()
		return // it was in time after all
	}
	t.late = true
	t.mu.Unlock()
	if waits == forBody {
		t.body.Close()
	} else {
		t.session.tooSlow()
	}
}

// fill reads until p is full or the request ends, which is io.EOF, also with the last bytes.
func (t *transfer) fill(p []byte) (n int, err error) {
	if t.ended != nil {
		return 0, t.ended
	}
	t.await(forBody, min(t.router.cfg.PieceTimeout, t.time))
	for n < len(p) && err == nil {
		var m int
		m, err = t.body.Read(p[n:])
		n += m
	}
	waited, inTime := t.done()
	t.router.traffic.received.Add(int64(n))
	t.time, t.left = t.time-waited, t.left-int64(n)
	switch {
	case errors.Is(err, io.EOF):
		err = io.EOF
	case !inTime:
		err = errLate
	case t.left < 0:
		err = errEndless
	}
	t.ended = err
	return n, err
}

// Write writes a piece of the response, or several.
func (t *transfer) Write(p []byte) (written int, err error) {
	for written < len(p) && err == nil {
		piece := p[written:]
		piece = piece[:min(len(piece), largeFrame)]
		t.kept = len(piece) < smallFrame
		t.await(forCredit, t.router.cfg.PieceTimeout)
		var n int
		n, err = t.ResponseWriter.Write(piece)
		t.done()
		t.router.traffic.sent.Add(int64(n))
		written += n
	}
	return written, err
}

// drain reads the request to its end. A client that does not end it is left.
func (t *transfer) drain() (ok bool) {
	if t.ended == nil {
		buffer := t.router.small.Get().(*[]byte)
		for t.ended == nil {
			t.fill(*buffer)
		}
		t.router.small.Put(buffer)
	}
	if t.ended == errLate || t.ended == errEndless {
		t.session.tooSlow()
	}
	return t.ended == io.EOF
}

// end ends the transfer, and with the return of the handler the stream. aborted says that the response is not whole,
// which the client must see.
func (t *transfer) end(aborted bool) {
	if !t.drain() || aborted {
		panic(http.ErrAbortHandler)
	}
	if t.kept { // what is left to write waits for credit, too
		http.NewResponseController(t.ResponseWriter).SetWriteDeadline(time.Now().Add(t.router.cfg.PieceTimeout))
	}
}
