package engine

import (
	"net"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"switchyard/engine/counts"
	"switchyard/server/listen"
	"switchyard/smp"
)

// Cause says why a connection was closed.
type Cause = listen.Cause

// The causes of all routers, and this one's own.
const (
	CausePeer           = listen.CausePeer
	CauseStop           = listen.CauseStop
	CauseTLS            = listen.CauseTLS
	CauseTLSTimeout     = listen.CauseTLSTimeout
	CauseIdle           = listen.CauseIdle // without a subscription
	CauseSlow           = listen.CauseSlow // a block was begun and not finished
	CauseFull           = listen.CauseFull
	CauseSource         = listen.CauseSource
	CauseHello          = Cause("hello")           // the SMP hello was malformed, for another router, or of no common version
	CauseHelloTimeout   = Cause("hello_timeout")   // the SMP hello took too long
	CauseRecord         = Cause("record")          // a TLS record could not be opened
	CauseHandshakeFlood = Cause("handshake_flood") // too much input before the handshake was done
	CauseUnread         = Cause("unread")          // the peer sends and does not read
	CauseWebSocket      = Cause("websocket")       // not the WebSocket protocol, or a message that is no block
	CauseBusy           = Cause("busy")            // the queue of handshakes is full
	CauseCommands       = Cause("commands")        // commands come too fast, and what waits of them is too much
)

var ownCauses = []Cause{CauseHello, CauseHelloTimeout, CauseRecord, CauseHandshakeFlood, CauseUnread, CauseWebSocket, CauseBusy, CauseCommands}

// Refusal says why something was not done for a connection that stays.
type Refusal = listen.Refusal

// The refusals.
const (
	RefusedCommands      = listen.RefusedCommands
	RefusedQueues        = Refusal("new_queues")        // as many queues are created in all as there may be
	RefusedSourceQueues  = Refusal("source_new_queues") // as many queues are created by this source as it may
	RefusedServices      = Refusal("new_services")      // as many services are registered as there may be
	RefusedSubscriptions = Refusal("subscriptions")     // as many subscriptions of one connection as there may be
)

var ownRefusals = []Refusal{RefusedQueues, RefusedSourceQueues, RefusedServices, RefusedSubscriptions}

// counters are shared by all loops; each is changed at most once a block. Those of connections are the gate's.
type counters struct {
	sessions  atomic.Int64
	blocksIn  atomic.Int64
	blocksOut atomic.Int64
}

// Stats is a reading of a router's counters. What the relays refuse is among the refusals, as relay_….
type Stats struct {
	listen.Stats
	Sessions  int64            // connections now whose SMP handshake is done
	BlocksIn  int64            // blocks received after the handshake
	BlocksOut int64            // blocks sent after the handshake
	Unread    int64            // queues now whose next message cannot be read while somebody waits for it
	Commands  map[string]int64 // well-formed commands, by their tag
}

// Stats reads the counters. They are read one after the other, so sums may be off by what happens meanwhile.
func (r *Router) Stats() Stats {
	s := Stats{
		Stats:     r.gate.Stats(),
		Sessions:  r.counts.sessions.Load(),
		BlocksIn:  r.counts.blocksIn.Load(),
		BlocksOut: r.counts.blocksOut.Load(),
		Unread:    int64(r.shards.Unread()),
		Commands:  make(map[string]int64, smp.CommandTags),
	}
	r.eachLoop(func(l *loop) {
		for tag := smp.CmdNew; int(tag) < smp.CommandTags; tag++ {
			s.Commands[tag.String()] += l.commands[tag].Load()
		}
	})
	if r.relays != nil {
		for name, n := range r.relays.Stats().Refused {
			s.Refused["relay_"+name] = n
		}
	}
	return s
}

// Count fills in what the router has counted for the statistics of the reference, and takes the queues in use.
func (r *Router) Count(l *counts.Live) {
	r.shards.Tally(&l.Shards)
	r.eachLoop(func(one *loop) {
		for tag := range one.tally.batches {
			l.Blocks[tag] += one.tally.batches[tag].Load()
		}
		l.Forwarded += one.tally.forwarded.Load()
	})
	if r.relays != nil {
		l.Relays = r.relays.Tally()
	}
	l.Sessions, l.Goroutines = r.counts.sessions.Load(), int64(runtime.NumGoroutine())
	s := r.gate.Stats()
	l.Sockets = []counts.Sockets{{Port: r.ports(), Accepted: s.Accepted, Closed: s.Accepted - s.Open, Active: s.Open}}
}

// ports are those that are listened on, each once.
func (r *Router) ports() string {
	var all []string
	for _, address := range r.cfg.Listen {
		if _, port, err := net.SplitHostPort(address); err == nil && !slices.Contains(all, port) {
			all = append(all, port)
		}
	}
	return strings.Join(all, ",")
}

// loopTally is what a loop counts for the statistics of the reference. The counters are read by everybody.
type loopTally struct {
	block     blockOf                       // at hand
	batches   [smp.CommandTags]atomic.Int64 // blocks of several commands, by the first of them
	forwarded atomic.Int64                  // responses to RFWD
}

// blockOf is what is known of the commands of a block.
type blockOf struct {
	first    smp.CommandTag
	commands int
	mixed    bool // of several parties
}

func (b *blockOf) add(tag smp.CommandTag) {
	if b.commands == 0 {
		b.first = tag
	}
	b.mixed = b.mixed || tag.Party() != b.first.Party()
	b.commands++
}

// countBlock counts a block with several commands, all of the same party.
func (t *loopTally) countBlock() {
	if t.block.commands > 1 && !t.block.mixed {
		t.batches[t.block.first].Add(1)
	}
}
