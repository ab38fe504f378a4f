package engine

import (
	"maps"
	"slices"
	"time"
)

// Connections that came together may be idle together, and closing one takes some 20 µs. So a loop looks at a part of its
// connections in each tick, until it has looked at all, and closes no more than a few at a time: others would wait for it.

const (
	// idleStep is how many connections a loop looks at in a tick: less than a millisecond of work.
	idleStep = 1 << 12
	// idleCloses is how many of them it closes: some milliseconds.
	idleCloses = 1 << 8
)

// closeIdle closes connections that are idle, now and then.
func (l *loop) closeIdle(now time.Time) {
	if len(l.idle) == 0 && l.router.cfg.InactiveTTL > 0 && now.After(l.nextIdle) {
		l.nextIdle = now.Add(l.router.cfg.InactiveCheck)
		l.idle = slices.AppendSeq(l.idle, maps.Keys(l.sessions))
	}
	for looked, closed := 0, 0; len(l.idle) > 0 && looked < idleStep && closed < idleCloses; looked++ {
		last := len(l.idle) - 1
		s := l.idle[last]
		l.idle[last] = nil
		l.idle = l.idle[:last]
		if s.idle(now) {
			s.close(CauseIdle)
			closed++
		}
	}
	if len(l.idle) == 0 {
		l.idle = nil
	}
}

// idle tells that nothing has come or gone for long, and nothing is expected to.
func (s *session) idle(now time.Time) bool {
	ttl := s.loop.router.cfg.InactiveTTL
	return s.phase == phaseOpen && ttl > 0 && now.Sub(s.active) > ttl && s.client.Subscriptions.Load() == 0
}
