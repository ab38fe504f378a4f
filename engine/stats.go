package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"

	"switchyard/engine/counts"
	"switchyard/engine/relay"
	"switchyard/server/listen"
	"switchyard/shard"
	"switchyard/shard/ring"
	"switchyard/smp"
	"switchyard/tls"
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
	sessions   atomic.Int64
	blocksIn   atomic.Int64
	blocksOut  atomic.Int64
	handshakes handshakes
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
	for _, p := range r.Ports() {
		l.Sockets = append(l.Sockets, counts.Sockets{Port: p.Port, Accepted: p.Accepted, Closed: p.Closed, Active: p.Accepted - p.Closed})
	}
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
	Outcomes   relay.Tally  // of what clients have asked of them
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
		f.Relays, f.Outcomes = &s, r.relays.Tally()
	}
	return f
}

// ProbeLoops has every event loop do something, and returns when all have, or tells of those that have not when ctx ends.
func (r *Router) ProbeLoops(ctx context.Context) error {
	asked, done := 0, make(chan struct{}, 1<<10)
	r.eachLoop(func(l *loop) {
		asked++
		l.run(func() {
			select {
			case done <- struct{}{}:
			default:
			}
		})
	})
	for answers := range asked {
		select {
		case <-done:
		case <-r.halted:
			return errors.New("the event loops have ended")
		case <-ctx.Done():
			return fmt.Errorf("%d of %d event loops do not answer", asked-answers, asked)
		}
	}
	return nil
}

// ProbeShards does the same with the shards, by way of their rings, and has them store what they had committed before.
func (r *Router) ProbeShards(ctx context.Context) error { return r.shards.Probe(ctx) }

// Listening tells why clients are not let in, nil when they are.
func (r *Router) Listening() error {
	select {
	case <-r.stopping:
		return errors.New("the router stops")
	default:
	}
	select {
	case <-r.ready:
		return nil
	default:
		return errors.New("the router does not listen yet")
	}
}
