package listen

import (
	"log/slog"
	"maps"
	"slices"
	"sync/atomic"
)

// Cause says why a connection was closed. It is the name of its counter.
type Cause string

// The causes of all routers; each adds its own.
const (
	CausePeer       Cause = "peer"        // the peer closed it, or the network did
	CauseStop       Cause = "stop"        // the router stops
	CauseTLS        Cause = "tls"         // the TLS handshake failed
	CauseTLSTimeout Cause = "tls_timeout" // the TLS handshake took too long
	CauseIdle       Cause = "idle"        // idle for long
	CauseSlow       Cause = "slow"        // something was begun and not finished
	CauseFull       Cause = "full"        // as many connections as there may be
	CauseSource     Cause = "source"      // as many connections of this source as there may be

	CauseProxyHeader  Cause = "proxy_header"  // from a proxy, without a PROXY header or with half a one
	CauseProxyTimeout Cause = "proxy_timeout" // from a proxy, whose header took too long
	CauseProxyBusy    Cause = "proxy_busy"    // from a proxy, while too many headers are awaited
)

// Refusal says why something was not done for a connection that stays. It is the name of its counter.
type Refusal string

// The refusals of all routers; each adds its own.
const (
	RefusedCommands Refusal = "commands" // none: a connection has to wait as it sends commands too fast
	RefusedFiles    Refusal = "files"    // as many files are open for requests as may be
)

// tally counts events by name.
type tally[N ~string] map[N]*atomic.Int64 // not changed after newTally

func newTally[N ~string](names ...N) tally[N] {
	t := make(tally[N])
	for _, name := range names {
		t[name] = new(atomic.Int64)
	}
	return t
}

// add counts an event; one that the tally was not made for is a fault of the program.
func (t tally[N]) add(name N) { t[name].Add(1) }

func (t tally[N]) read() map[string]int64 {
	all := make(map[string]int64, len(t))
	for name, n := range t {
		all[string(name)] = n.Load()
	}
	return all
}

// Stats is a reading of a gate's counters.
type Stats struct {
	Accepted int64            // connections, since the start
	Open     int64            // connections now
	Failed   int64            // connections that could not be accepted
	Closed   map[string]int64 // connections closed, by cause
	Refused  map[string]int64 // what was refused on connections that stay, by refusal
}

// Stats reads the counters. They are read one after the other, so sums may be off by what happens meanwhile.
func (g *Gate) Stats() Stats {
	return Stats{
		Accepted: g.accepted.Load(),
		Open:     g.open.Load(),
		Failed:   g.failures.Load(),
		Closed:   g.closed.read(),
		Refused:  g.refused.read(),
	}
}

// Log says why connections were closed and what was refused, since the start.
func (s *Stats) Log(log *slog.Logger) {
	group := func(name string, counts map[string]int64) slog.Attr {
		var all []any
		for _, cause := range slices.Sorted(maps.Keys(counts)) {
			if n := counts[cause]; n > 0 {
				all = append(all, slog.Int64(cause, n))
			}
		}
		return slog.Group(name, all...)
	}
	log.Info("since the start", "accepted", s.Accepted, "failed", s.Failed, group("closed", s.Closed), group("refused", s.Refused))
}

// CauseServed is why connections of a Listener end: the server that has them does not tell.
const CauseServed Cause = "served"
