package engine

import (
	"sync/atomic"

	"switchyard/engine/relay"
	"switchyard/shard"
	"switchyard/shard/ring"
	"switchyard/tls"
)

// groupNames are the groups of the key exchange, by what they are called in figures. A handshake that ends before one is
// agreed on has groupless.
var groupNames = map[tls.Group]string{tls.X25519: "x25519", tls.X448: "x448"}

const groupless = "none"

// handshakeDone is the outcome of a handshake after which the session is open; that of another one is why it was closed.
const handshakeDone = Cause("ok")

// handshakes counts those that have ended.
type handshakes map[HandshakeEnd]*atomic.Int64 // not changed after newHandshakes

// HandshakeEnd is how a handshake ended: the group of the key exchange in TLS, and ok or the cause of the end.
type HandshakeEnd struct {
	Group   string
	Outcome Cause
}

func newHandshakes() handshakes {
	h := make(handshakes)
	outcomes := append([]Cause{handshakeDone, CausePeer, CauseStop, CauseTLS, CauseTLSTimeout, CauseIdle, CauseSlow}, ownCauses...)
	for _, outcome := range outcomes {
		h[HandshakeEnd{groupless, outcome}] = new(atomic.Int64)
		for _, group := range groupNames {
			h[HandshakeEnd{group, outcome}] = new(atomic.Int64)
		}
	}
	return h
}

// count counts the end of the handshake of a session. While a worker has the handshake, it has the group too.
func (h handshakes) count(s *session, outcome Cause) {
	end := HandshakeEnd{groupless, outcome}
	if !s.busy {
		if name, ok := groupNames[s.tls.Group()]; ok {
			end.Group = name
		}
	}
	if n := h[end]; n != nil { // none of a simulated router, which has no handshakes
		n.Add(1)
	}
}

// Figures are what an operator looks at of a router, beside its Stats.
type Figures struct {
	Handshakes map[HandshakeEnd]int64
	Loops      int
	Inbox      ring.Figures // of all loops together
	InboxBytes int64
	HeldBytes  int64 // input that waits for other routers
	LateBytes  int64 // what waits of clogged sessions
	Shards     []shard.Figures
	QueueCache int          // queues that nobody uses, and may be in memory
	Relays     *relay.Stats // nil: no proxy
}

// Figures reads them. They are read one after the other, while they change; no shard and no loop waits for it.
func (r *Router) Figures() Figures {
	f := Figures{
		Handshakes: make(map[HandshakeEnd]int64, len(r.counts.handshakes)),
		HeldBytes:  r.held.Load(),
		LateBytes:  r.backlog.Load(),
		Shards:     r.shards.Figures(),
		QueueCache: r.shards.QueueCache(),
	}
	for end, n := range r.counts.handshakes {
		f.Handshakes[end] = n.Load()
	}
	r.eachLoop(func(l *loop) {
		inbox := l.inbox.Figures()
		f.Loops++
		f.Inbox.Len += inbox.Len
		f.Inbox.Cap += inbox.Cap
		f.Inbox.Full += inbox.Full
		f.InboxBytes += max(0, l.waiting.Load())
	})
	if r.relays != nil {
		s := r.relays.Stats()
		f.Relays = &s
	}
	return f
}
