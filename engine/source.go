package engine

import (
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Limits bound what strangers may ask of a router. A zero is no limit. A source is a prefix of source addresses: what one
// person or machine usually has for itself.
type Limits struct {
	SourceConnections  int            // connections at a time of one source
	SourceQueues       int            // queues that one source may create in a minute
	Queues             int            // queues that may be created in a minute, in all
	Services           int            // services that may be registered in a minute, in all
	CommandsPerSecond  int            // of one connection; what comes faster than that waits
	Subscriptions      int            // of one connection
	PrefixIPv4         int            // bits of an IPv4 address that make a source; 0: 32
	PrefixIPv6         int            // bits of an IPv6 address that make a source; 0: 64
	UnlimitedByAddress []netip.Prefix // sources of which the first two limits are not asked
}

func (l Limits) withDefaults() Limits {
	if l.PrefixIPv4 == 0 {
		l.PrefixIPv4 = 32
	}
	if l.PrefixIPv6 == 0 {
		l.PrefixIPv6 = 64
	}
	return l
}

// minute is the time in which a source may use all that it may have in a minute, and in which that comes back.
const minute = time.Minute

// restingSources is how many sources are remembered that have no connection, because they created queues a moment ago.
// Each takes some 100 bytes.
const restingSources = 1 << 16

// sources is what is known of the sources that have connections, as many as there are of these at most, and of some that
// had.
type sources struct {
	limits Limits

	mu       sync.Mutex
	known    map[netip.Prefix]*source
	resting  int  // of those, without connections
	queues   pace // of all sources
	services pace // of all sources
}

// source is what one of them has and has used up. sources.mu guards it.
type source struct {
	prefix netip.Prefix
	open   int // connections
	queues pace
}

// enter counts a connection. The source is nil when addresses are of no account; ok is false when it has as many
// connections as it may.
func (a *sources) enter(addr net.Addr) (s *source, ok bool) {
	if a.limits.SourceConnections == 0 && a.limits.SourceQueues == 0 {
		return nil, true
	}
	prefix, counted := a.prefix(addr)
	if !counted {
		return nil, true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	s = a.known[prefix]
	switch {
	case s == nil:
		s = &source{prefix: prefix}
		a.known[prefix] = s
	case s.open == 0:
		a.resting--
	}
	if limit := a.limits.SourceConnections; limit > 0 && s.open >= limit {
		return nil, false
	}
	s.open++
	return s, true
}

// leave is the end of a connection.
func (a *sources) leave(s *source) {
	if s == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if s.open--; s.open > 0 {
		return
	}
	now := time.Now()
	if s.queues.wait(now, 0) == 0 {
		delete(a.known, s.prefix)
		return
	}
	if a.resting++; a.resting > restingSources {
		a.forget(now)
	}
}

// forget drops the resting sources that have all back that they may have, and when these are few, others: whom this
// favours has to have many addresses.
func (a *sources) forget(now time.Time) {
	for _, all := range []bool{false, true} {
		for prefix, s := range a.known {
			if s.open == 0 && (all || s.queues.wait(now, 0) == 0) {
				delete(a.known, prefix)
				a.resting--
			}
			if all && a.resting <= restingSources/2 {
				return
			}
		}
		if a.resting <= restingSources/2 {
			return
		}
	}
}

// mayCreate takes a queue from what a source may create, and from what all may. The refusal is why not.
func (a *sources) mayCreate(s *source, now time.Time) (why Refusal, ok bool) {
	l := &a.limits
	if l.Queues == 0 && (l.SourceQueues == 0 || s == nil) {
		return 0, true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if s != nil && l.SourceQueues > 0 && !s.queues.take(now, 1, minute/time.Duration(l.SourceQueues), minute) {
		return RefusedSourceQueues, false
	}
	if l.Queues > 0 && !a.queues.take(now, 1, minute/time.Duration(l.Queues), minute) {
		return RefusedQueues, false
	}
	return 0, true
}

// mayRegister takes a service from what all sources may register. It is called by workers.
func (r *Router) mayRegister() bool {
	a, limit := &r.sources, r.cfg.Limits.Services
	if limit == 0 {
		return true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	ok := a.services.take(time.Now(), 1, minute/time.Duration(limit), minute)
	if !ok {
		r.counts.refused[RefusedServices].Add(1)
	}
	return ok
}

// prefix is the source of an address; counted is false for those without limits by address.
func (a *sources) prefix(addr net.Addr) (prefix netip.Prefix, counted bool) {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return prefix, false
	}
	ip, ok := netip.AddrFromSlice(tcp.IP)
	if !ok {
		return prefix, false
	}
	ip = ip.Unmap()
	if slices.ContainsFunc(a.limits.UnlimitedByAddress, func(p netip.Prefix) bool { return p.Contains(ip) }) {
		return prefix, false
	}
	bits := a.limits.PrefixIPv6
	if ip.Is4() {
		bits = a.limits.PrefixIPv4
	}
	prefix, err := ip.Prefix(bits)
	return prefix, err == nil
}
