package engine

import (
	"sync/atomic"

	"switchyard/smp"
)

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
	CauseSource                      // as many connections of this source as there may be
	CauseCommands                    // commands come too fast, and what waits of them is too much
	CauseSlow                        // a block was begun and not finished
	causes
)

var causeNames = [causes]string{
	CausePeer: "peer", CauseStop: "stop", CauseTLS: "tls", CauseTLSTimeout: "tls_timeout", CauseHello: "hello",
	CauseHelloTimeout: "hello_timeout", CauseRecord: "record", CauseIdle: "idle",
	CauseHandshakeFlood: "handshake_flood", CauseUnread: "unread", CauseWebSocket: "websocket", CauseBusy: "busy",
	CauseFull: "full", CauseSource: "source", CauseCommands: "commands", CauseSlow: "slow",
}

func (c Cause) String() string { return causeNames[c] }

// Refusal says why something was not done for a connection that stays. Its text is the name of its counter.
type Refusal uint8

const (
	RefusedQueues        Refusal = iota // as many queues are created in all as there may be
	RefusedSourceQueues                 // as many queues are created by this source as it may
	RefusedServices                     // as many services are registered as there may be
	RefusedSubscriptions                // as many subscriptions of one connection as there may be
	RefusedCommands                     // not refused: a connection has to wait as it sends commands too fast
	refusals
)

var refusalNames = [refusals]string{
	RefusedQueues: "new_queues", RefusedSourceQueues: "source_new_queues", RefusedServices: "new_services",
	RefusedSubscriptions: "subscriptions", RefusedCommands: "commands",
}

func (r Refusal) String() string { return refusalNames[r] }

// counters are shared by all loops; each is changed at most once a block or connection.
type counters struct {
	accepted  atomic.Int64
	open      atomic.Int64
	sessions  atomic.Int64
	blocksIn  atomic.Int64
	blocksOut atomic.Int64

	acceptErrors atomic.Int64

	closed  [causes]atomic.Int64
	refused [refusals]atomic.Int64
}

// Stats is a reading of a router's counters.
type Stats struct {
	Accepted  int64            // connections, since the start
	Open      int64            // connections now
	Sessions  int64            // connections now whose SMP handshake is done
	BlocksIn  int64            // blocks received after the handshake
	BlocksOut int64            // blocks sent after the handshake
	Failed    int64            // connections that could not be accepted
	Unread    int64            // queues now whose next message cannot be read while somebody waits for it
	Commands  map[string]int64 // well-formed commands, by their tag
	Closed    map[string]int64 // connections closed, by the name of the cause
	Refused   map[string]int64 // what was refused on connections that stay, by the name of the cause; see also relay.Stats
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
		Unread:    int64(r.shards.Unread()),
		Commands:  make(map[string]int64, smp.CommandTags),
		Closed:    make(map[string]int64, causes),
		Refused:   make(map[string]int64, refusals),
	}
	r.eachLoop(func(l *loop) {
		for tag := smp.CmdNew; int(tag) < smp.CommandTags; tag++ {
			s.Commands[tag.String()] += l.commands[tag].Load()
		}
	})
	for c := range causes {
		s.Closed[c.String()] = r.counts.closed[c].Load()
	}
	for c := range refusals {
		s.Refused[c.String()] = r.counts.refused[c].Load()
	}
	if r.relays != nil {
		for name, n := range r.relays.Stats().Refused {
			s.Refused["relay_"+name] = n
		}
	}
	return s
}
