package engine

import (
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"
)

func TestPace(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	var p pace
	const each = time.Second
	for i := range 5 {
		if !p.take(now, 1, each, 5*each) {
			t.Fatalf("token %d of 5 is refused", i)
		}
	}
	if p.take(now, 1, each, 5*each) || p.wait(now, 4*each) != each || p.wait(now, 5*each) != 0 {
		t.Errorf("an empty bucket has a token; to wait %v", p.wait(now, 0))
	}
	now = now.Add(2 * each)
	if !p.take(now, 2, each, 5*each) || p.take(now, 1, each, 5*each) {
		t.Error("in two seconds there are not two tokens")
	}
	if p.spend(now, 100, each); p.wait(now, 5*each) != 100*each {
		t.Errorf("to wait %v after spending 100", p.wait(now, 5*each))
	}
	if now = now.Add(time.Hour); !p.take(now, 5, each, 5*each) || p.take(now, 1, each, 5*each) {
		t.Error("after a long time the bucket is not just full")
	}
}

func tcpAddr(text string) net.Addr { return &net.TCPAddr{IP: net.ParseIP(text), Port: 1234} }

// Sources are told apart by prefix, and some are not counted.
func TestSourcePrefix(t *testing.T) {
	a := sources{limits: Limits{PrefixIPv4: 24, UnlimitedByAddress: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}.withDefaults()}
	for text, want := range map[string]string{
		"192.0.2.7": "192.0.2.0/24", "::ffff:192.0.2.9": "192.0.2.0/24", "2001:db8:1:2:3::4": "2001:db8:1:2::/64",
		"127.0.0.1": "", "::1": "::/64",
	} {
		got, counted := a.prefix(tcpAddr(text))
		if counted != (want != "") || counted && got.String() != want {
			t.Errorf("%s: source %v, counted %v", text, got, counted)
		}
	}
}

// A source keeps what it has used up when it has no connection any more, and however many there are, memory is bounded.
func TestSourcesAreBounded(t *testing.T) {
	a := sources{limits: Limits{SourceQueues: 2}.withDefaults(), known: make(map[netip.Prefix]*source)}
	first := tcpAddr("192.0.2.1")
	for range 2 {
		s, ok := a.enter(first)
		if _, may := a.mayCreate(s, time.Now()); !ok || !may {
			t.Fatal("refused")
		}
		a.leave(s)
	}
	s, _ := a.enter(first)
	if why, may := a.mayCreate(s, time.Now()); may || why != RefusedSourceQueues {
		t.Error("a source that comes back may create more queues")
	}
	for i := range 3 * restingSources {
		s, _ := a.enter(tcpAddr(fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255)))
		a.mayCreate(s, time.Now())
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
	a := sources{limits: Limits{SourceQueues: 1 << 30, Queues: 1 << 30, SourceConnections: 10}.withDefaults(), known: make(map[netip.Prefix]*source)}
	addr := tcpAddr("2001:db8::1")
	held, _ := a.enter(addr)
	now := time.Now()
	n := testing.AllocsPerRun(100, func() {
		s, _ := a.enter(addr)
		a.mayCreate(s, now)
		a.leave(s)
	})
	if n != 0 && !raceEnabled {
		t.Errorf("%v allocations", n)
	}
	a.leave(held)
}
