package listen

import (
	"log/slog"
	"net"
	"net/netip"
	"sync/atomic"
)

// Limits bound the connections of a router. But for the first, a zero is no limit.
type Limits struct {
	MaxConnections     int            // at a time; 0: what the limit of open files allows
	SourceConnections  int            // at a time, of one source
	PrefixIPv4         int            // bits of an IPv4 address that make a source; 0: 32
	PrefixIPv6         int            // bits of an IPv6 address that make a source; 0: 64
	UnlimitedByAddress []netip.Prefix // sources that are not counted
	Proxies            []netip.Prefix // whose connections begin with a PROXY header, which names the address that counts
}

// Config of a Gate.
type Config struct {
	Limits    Limits
	Creations int          // that one source may make in a minute; what they are is the router's affair; 0: no limit
	Files     int          // that clients may take; 0: as Files says
	Requests  int          // of those, for what requests open beside their connections, each of which takes one
	Causes    []Cause      // the router's own
	Refusals  []Refusal    // the router's own
	Log       *slog.Logger // nil: discard
}

// Gate decides on connections and counts them.
type Gate struct {
	// Immutable.
	log      *slog.Logger
	possible int // connections, as files are left for them
	requests int64

	rules atomic.Pointer[rules]
	from  sources

	accepted, open, failures atomic.Int64
	borrowed                 atomic.Int64 // files that requests have open

	closed   tally[Cause]
	refused  tally[Refusal]
	failing  complaint // that connections cannot be accepted
	crowding complaint // that there are as many as there may be
}

// NewGate makes a gate without connections.
func NewGate(c Config) *Gate {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Files == 0 {
		c.Files = Files()
	}
	causes := []Cause{CausePeer, CauseStop, CauseTLS, CauseTLSTimeout, CauseIdle, CauseSlow, CauseFull, CauseSource, CauseServed,
		CauseProxyHeader, CauseProxyTimeout, CauseProxyBusy}
	g := &Gate{
		log:      c.Log,
		possible: c.Files - c.Requests,
		requests: int64(c.Requests),
		closed:   newTally(append(causes, c.Causes...)...),
		refused:  newTally(append([]Refusal{RefusedCommands, RefusedFiles}, c.Refusals...)...),
	}
	g.from.init(&g.rules)
	g.Change(c.Limits, c.Creations)
	return g
}

// rules are what a gate decides by. They do not change: there may be others in their place.
type rules struct {
	Limits
	creations int
}

// Change sets other limits. They are for what comes from now on: connections that are there stay, and those that were not
// counted for their source are not counted.
func (g *Gate) Change(l Limits, creations int) {
	if l.MaxConnections > g.possible {
		g.log.Warn("max_connections is more than the limit of open files leaves for connections", "max_connections", l.MaxConnections, "possible", g.possible)
	}
	if l.MaxConnections == 0 || l.MaxConnections > g.possible {
		l.MaxConnections = g.possible
	}
	if l.PrefixIPv4 == 0 {
		l.PrefixIPv4 = 32
	}
	if l.PrefixIPv6 == 0 {
		l.PrefixIPv6 = 64
	}
	g.rules.Store(&rules{l, creations})
}

// Enter counts a connection that was accepted, which Leave has to end. Without ok it may not come in, and is counted as
// closed. The source may be nil: that of an address that is not counted.
func (g *Gate) Enter(addr net.Addr) (s *Source, ok bool) {
	if !g.admit() {
		return nil, false
	}
	if s, ok = g.from.enter(addr); !ok {
		g.close(CauseSource)
	}
	return s, ok
}

// admit counts a connection that was accepted, which close has to end. Without ok it may not come in, and is counted as closed.
func (g *Gate) admit() (ok bool) {
	g.accepted.Add(1)
	limit := int64(g.Max())
	if g.open.Add(1) <= limit {
		return true
	}
	g.close(CauseFull)
	if n, due := g.crowding.due(); due {
		g.log.Warn("there are as many connections as there may be", "connections", limit, "refused", n)
	}
	return false
}

// refuse closes a connection that admit has counted.
func (g *Gate) refuse(c net.Conn, why Cause) {
	g.close(why)
	_ = c.Close()
}

// Leave is the end of a connection that has entered.
func (g *Gate) Leave(s *Source, why Cause) {
	g.from.leave(s)
	g.close(why)
}

func (g *Gate) close(why Cause) {
	g.open.Add(-1)
	g.closed.add(why)
}

// Borrow takes one of the files that requests may have open, which Return gives back; false when there is none left.
func (g *Gate) Borrow() bool {
	if g.borrowed.Add(1) > g.requests {
		g.borrowed.Add(-1)
		g.refused.add(RefusedFiles)
		return false
	}
	return true
}

// Return gives back a file that Borrow gave.
func (g *Gate) Return() { g.borrowed.Add(-1) }

// Refuse counts what was not done for a connection that stays.
func (g *Gate) Refuse(why Refusal) { g.refused.add(why) }

// Open is how many connections there are.
func (g *Gate) Open() int { return int(g.open.Load()) }

// Max is how many connections there may be.
func (g *Gate) Max() int { return g.rules.Load().MaxConnections }
