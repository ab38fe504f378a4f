package listen

import (
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"
)

func tcpAddr(text string) net.Addr { return &net.TCPAddr{IP: net.ParseIP(text), Port: 1234} }

// Sources are told apart by prefix, and some are not counted.
func TestSourcePrefix(t *testing.T) {
	g := NewGate(Config{Limits: Limits{PrefixIPv4: 24, UnlimitedByAddress: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}})
	for text, want := range map[string]string{
		"192.0.2.7": "192.0.2.0/24", "::ffff:192.0.2.9": "192.0.2.0/24", "2001:db8:1:2:3::4": "2001:db8:1:2::/64",
		"127.0.0.1": "", "::1": "::/64",
	} {
		got, counted := g.rules.Load().source(tcpAddr(text))
		if counted != (want != "") || counted && got.String() != want {
			t.Errorf("%s: source %v, counted %v", text, got, counted)
		}
	}
}

// A source keeps what it has used up when it has no connection any more, and however many there are, memory is bounded.
func TestSourcesAreBounded(t *testing.T) {
	g := NewGate(Config{Creations: 2})
	a := &g.from
	first := tcpAddr("192.0.2.1")
	for range 2 {
		s, ok := a.enter(first)
		if !ok || !g.MayCreate(s, time.Now()) {
			t.Fatal("refused")
		}
		a.leave(s)
	}
	s, _ := a.enter(first)
	if g.MayCreate(s, time.Now()) {
		t.Error("a source that comes back may create more")
	}
	for i := range 3 * restingSources {
		s, _ := a.enter(tcpAddr(fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255)))
		g.MayCreate(s, time.Now())
		a.leave(s)
		if len(a.known) > restingSources+1 || a.resting != len(a.known)-1 {
			t.Fatalf("%d sources are known, %d resting", len(a.known), a.resting)
		}
	}
	if a.known[s.prefix] != s {
		t.Error("a source that has a connection is forgotten")
	}
}

// Asking the limits costs no memory once a source is known.
func TestLimitsDoNotAllocate(t *testing.T) {
	g := NewGate(Config{Creations: 1 << 30, Limits: Limits{SourceConnections: 10}})
	a := &g.from
	addr := tcpAddr("2001:db8::1")
	held, _ := a.enter(addr)
	now := time.Now()
	n := testing.AllocsPerRun(100, func() {
		s, _ := a.enter(addr)
		g.MayCreate(s, now)
		a.leave(s)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
	a.leave(held)
}
