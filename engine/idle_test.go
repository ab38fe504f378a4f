package engine

import (
	"net"
	"testing"
	"time"

	"github.com/panjf2000/gnet/v2"

	"switchyard/engine/socket"
	"switchyard/server/listen"
	"switchyard/shard"
	"switchyard/tls"
)

// closingEvents is an event loop that closes connections without sockets.
type closingEvents struct {
	idleEvents
	closed int
}

func (e *closingEvents) Close(gnet.Conn) error {
	e.closed++
	return nil
}

// TestIdleConnectionsAreClosedInSteps has more connections idle than a loop closes in a tick, and others that stay.
func TestIdleConnectionsAreClosedInSteps(t *testing.T) {
	const idle, other = 2*idleCloses + 10, 100
	events := &closingEvents{}
	r := &Router{gate: listen.NewGate(listen.Config{})}
	r.cfg.InactiveTTL, r.cfg.InactiveCheck = time.Hour, time.Minute
	l := &loop{router: r, events: events, poller: socket.NoPoller, sessions: make(map[*session]struct{})}
	now := time.Now()
	for i := range idle + 2*other {
		source, ok := r.gate.Enter(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if !ok {
			t.Fatal("the gate is shut")
		}
		s := &session{loop: l, source: source, phase: phaseOpen, tls: tls.NewServer(&tls.Config{}), client: shard.NewClient(1), active: now.Add(-2 * time.Hour)}
		switch {
		case i < other:
			s.client.Subscriptions.Add(1)
		case i < 2*other:
			s.active = now
		}
		l.sessions[s] = struct{}{}
	}
	for _, closed := range []int{idleCloses, 2 * idleCloses, idle} {
		if l.closeIdle(now); events.closed > closed {
			t.Fatalf("%d are closed, where no more than %d should be", events.closed, closed)
		}
	}
	if events.closed != idle || len(l.sessions) != 2*other {
		t.Errorf("%d are closed, %d are left", events.closed, len(l.sessions))
	}
	for s := range l.sessions {
		s.client.Subscriptions.Store(0)
	}
	if l.closeIdle(now); events.closed != idle {
		t.Error("the next look comes before its time")
	}
	if l.closeIdle(now.Add(2 * time.Minute)); events.closed != idle+other {
		t.Errorf("%d are closed in the next look", events.closed-idle)
	}
}
