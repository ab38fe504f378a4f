package listen

import (
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Minute is the time in which a source may make all that it may in a minute, and in which that comes back.
const Minute = time.Minute

// restingSources is how many sources are remembered that have no connection, because they made something a moment ago.
// Each takes some 100 bytes.
const restingSources = 1 << 16

// sources is what is known of the sources that have connections, as many as there are of these at most, and of some that
// had.
type sources struct {
	rules *atomic.Pointer[rules] // immutable, of the gate

	mu      sync.Mutex
	known   map[netip.Prefix]*Source
	resting int // of those, without connections
}

// Source is a prefix of source addresses, what one person or machine usually has for itself, with what it has and has used
// up. sources.mu guards it.
type Source struct {
	prefix netip.Prefix
	open   int // connections
	made   TokenBucket
}

func (a *sources) init(r *atomic.Pointer[rules]) {
	a.rules, a.known = r, make(map[netip.Prefix]*Source)
}

// enter counts a connection. The source is nil when addresses are of no account; ok is false when it has as many
// connections as it may.
func (a *sources) enter(addr net.Addr) (s *Source, ok bool) {
	r := a.rules.Load()
	if r.SourceConnections == 0 && r.creations == 0 {
		return nil, true
	}
	prefix, counted := r.source(addr)
	if !counted {
		return nil, true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	s = a.known[prefix]
	switch {
	case s == nil:
		s = &Source{prefix: prefix}
		a.known[prefix] = s
	case s.open == 0:
		a.resting--
	}
	if limit := r.SourceConnections; limit > 0 && s.open >= limit {
		return nil, false
	}
	s.open++
	return s, true
}

// leave is the end of a connection.
func (a *sources) leave(s *Source) {
	if s == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if s.open--; s.open > 0 {
		return
	}
	now := time.Now()
	if s.made.Wait(now, 0) == 0 {
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
			if s.open == 0 && (all || s.made.Wait(now, 0) == 0) {
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

// MayCreate takes one from what a source may make in a minute, if that is limited.
func (g *Gate) MayCreate(s *Source, now time.Time) bool {
	creations := g.rules.Load().creations
	if s == nil || creations == 0 {
		return true
	}
	g.from.mu.Lock()
	defer g.from.mu.Unlock()
	return s.made.Take(now, 1, Minute/time.Duration(creations), Minute)
}

// source is the prefix of an address; counted is false for those without limits by address.
func (r *rules) source(addr net.Addr) (prefix netip.Prefix, counted bool) {
	ip, ok := addressOf(addr)
	if !ok || slices.ContainsFunc(r.UnlimitedByAddress, func(p netip.Prefix) bool { return p.Contains(ip) }) {
		return prefix, false
	}
	bits := r.PrefixIPv6
	if ip.Is4() {
		bits = r.PrefixIPv4
	}
	prefix, err := ip.Prefix(bits)
	return prefix, err == nil
}

// addressOf is the IP address of a connection, that of IPv4 as such also where a socket of IPv6 has taken it.
func addressOf(addr net.Addr) (ip netip.Addr, ok bool) {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return ip, false
	}
	ip, ok = netip.AddrFromSlice(tcp.IP)
	return ip.Unmap(), ok
}
