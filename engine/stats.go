package engine

import "sync/atomic"

// Cause says why a connection was closed. Its text is the name of its counter.
type Cause uint8

const (
	CausePeer           Cause = iota // the peer closed it, or the network did
	CauseStop                        // the router stops
	CauseTLS                         // the TLS handshake failed
	CauseTLSTimeout                  // the TLS handshake took too long
	CauseHello                       // the SMP hello was malformed, for another router, or of no common version
	CauseHelloTimeout                // the SMP hello took too long
	CauseRecord                      // a TLS record could not be opened
	CauseIdle                        // idle for long, without a subscription
	CauseHandshakeFlood              // too much input before the handshake was done
	CauseUnread                      // the peer sends and does not read
	CauseWebSocket                   // not the WebSocket protocol, or a message that is no block
	CauseBusy                        // the queue of handshakes is full
	CauseFull                        // as many connections as there may be
	causes
)

var causeNames = [causes]string{
	CausePeer: "peer", CauseStop: "stop", CauseTLS: "tls", CauseTLSTimeout: "tls_timeout", CauseHello: "hello",
	CauseHelloTimeout: "hello_timeout", CauseRecord: "record", CauseIdle: "idle",
	CauseHandshakeFlood: "handshake_flood", CauseUnread: "unread", CauseWebSocket: "websocket", CauseBusy: "busy",
	CauseFull: "full",
}

func (c Cause) String() string { return causeNames[c] }

// counters are shared by all loops; each is changed at most once a block or connection.
type counters struct {
	accepted  atomic.Int64
	open      atomic.Int64
	sessions  atomic.Int64
	blocksIn  atomic.Int64
	blocksOut atomic.Int64

	acceptErrors atomic.Int64

	closed [causes]atomic.Int64
}

// Stats is a reading of a router's counters.
type Stats struct {
	Accepted  int64            // connections, since the start
	Open      int64            // connections now
	Sessions  int64            // connections now whose SMP handshake is done
	BlocksIn  int64            // blocks received after the handshake
	BlocksOut int64            // blocks sent after the handshake
	Failed    int64            // connections that could not be accepted
	Closed    map[string]int64 // connections closed, by the name of the cause
}

// Stats reads the counters. They are read one after the other, so sums may be off by what happens meanwhile.
func (r *Router) Stats() Stats {
	s := Stats{
		Accepted:  r.counts.accepted.Load(),
		Open:      r.counts.open.Load(),
		Sessions:  r.counts.sessions.Load(),
		BlocksIn:  r.counts.blocksIn.Load(),
		BlocksOut: r.counts.blocksOut.Load(),
		Failed:    r.counts.acceptErrors.Load(),
		Closed:    make(map[string]int64, causes),
	}
	for c := range causes {
		s.Closed[c.String()] = r.counts.closed[c].Load()
	}
	return s
}
