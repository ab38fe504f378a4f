package router

import (
	"sync/atomic"

	"switchyard/server/listen"
	"switchyard/xftp/packets"
)

// traffic is what the router counts for who watches it, beside Stats.
type traffic struct {
	received, sent atomic.Int64                   // bytes of requests and of responses, without their headers
	uploads        atomic.Int64                   // under way
	handshakes     map[HandshakeEnd]*atomic.Int64 // that have ended; not changed after newHandshakes
}

// HandshakeEnd is how a handshake ended: whose it was, native, browser, or none when that is not known; and ok, or the
// cause of the end.
type HandshakeEnd struct {
	Client  string
	Outcome listen.Cause
}

const handshakeDone = listen.Cause("ok")

func newHandshakes() map[HandshakeEnd]*atomic.Int64 {
	h := make(map[HandshakeEnd]*atomic.Int64)
	for _, outcome := range []listen.Cause{listen.CausePeer, listen.CauseStop, listen.CauseTLS, listen.CauseTLSTimeout} {
		h[HandshakeEnd{"none", outcome}] = new(atomic.Int64)
	}
	h[HandshakeEnd{"native", handshakeDone}] = new(atomic.Int64)
	h[HandshakeEnd{"browser", handshakeDone}] = new(atomic.Int64)
	return h
}

// shaken counts the end of a handshake.
func (t *traffic) shaken(s *session, err error) {
	end := HandshakeEnd{"native", handshakeDone}
	switch {
	case err != nil:
		end = HandshakeEnd{"none", causeOfHandshake(err)}
	case s.web:
		end.Client = "browser"
	}
	t.handshakes[end].Add(1)
}

// Figures are what an operator looks at of a router, beside its Stats.
type Figures struct {
	Handshakes     map[HandshakeEnd]int64
	Handshaking    int64 // handshakes under way
	Sessions       int64 // connections, those in their handshake too
	Uploads        int64 // under way
	Downloads      int64 // the same
	Received, Sent int64 // bytes of requests and responses
	Stored         packets.Usage
	Reserved       int64 // bytes of uploads under way
	Quota          int64 // bytes
}

// Figures reads them, one after the other while they change.
func (r *Router) Figures() Figures {
	f := Figures{
		Handshakes:  make(map[HandshakeEnd]int64, len(r.traffic.handshakes)),
		Handshaking: int64(r.handshakes.Load()),
		Uploads:     r.traffic.uploads.Load(),
		Downloads:   int64(r.downloads.Load()),
		Received:    r.traffic.received.Load(),
		Sent:        r.traffic.sent.Load(),
		Stored:      r.store.Usage(),
		Reserved:    r.store.Reserved(),
		Quota:       r.store.Quota(),
	}
	for end, n := range r.traffic.handshakes {
		f.Handshakes[end] = n.Load()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	f.Sessions = int64(len(r.sessions))
	return f
}
