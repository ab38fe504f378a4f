package router

import (
	"log/slog"
	"net/http"
	"time"

	"switchyard/server/listen"
)

// This file keeps connections that do nothing from keeping others out. Each costs a file, goroutines and some buffers, and
// there are no more than a number; while few come, there is time for all of them. When it is crowded there is less: for TLS
// handshakes that do not go on, and for connections that ask for nothing. Their clients come back when they have something
// to ask.

const (
	// hurriedHandshake is how long a TLS handshake may take in a crowd.
	hurriedHandshake = 5 * time.Second
	// hurriedIdle is how long nothing may move on a connection in a crowd.
	hurriedIdle = time.Minute
	// handshakesAtEase is how many handshakes may be under way before there is a crowd of these: each may hold 50 KB.
	handshakesAtEase = 2048
	// lookInterval is how often the router looks whether there is one.
	lookInterval = time.Second
)

// NewGate makes what decides on the connections of a router, and on those of servers of its site. Half of the files for
// clients are for requests, as a connection may have many of these and each has a packet open.
func NewGate(l listen.Limits, log *slog.Logger) *listen.Gate {
	files := listen.Files()
	return listen.NewGate(listen.Config{Limits: l, Files: files, Requests: files / 2, Log: log})
}

// crowd is the numbers above, which are smaller in tests.
type crowd struct {
	every, handshake, idle time.Duration
	atEase                 int32
}

// lookAfter looks after connections that are late.
func (r *Router) lookAfter() {
	every, nextIdle := r.crowd.every, r.cfg.Now().Add(r.cfg.InactiveCheck)
	if r.cfg.InactiveTTL > 0 {
		every = min(every, r.cfg.InactiveCheck)
	}
	for r.pause(every) {
		now, ttl := r.cfg.Now(), time.Duration(0)
		if r.cfg.InactiveTTL > 0 && !now.Before(nextIdle) {
			nextIdle, ttl = now.Add(r.cfg.InactiveCheck), r.cfg.InactiveTTL
		}
		full := r.cfg.Gate.Open() > r.cfg.Gate.Max()*3/4
		if hurry := full || r.handshakes.Load() > r.crowd.atEase; hurry || ttl > 0 {
			r.leaveLate(now, ttl, hurry, full)
		}
	}
}

// leaveLate leaves the connections on which nothing has moved for ttl, if that is not 0, with requests under way or without;
// and of a crowd the handshakes that take long, and if it is full the connections that ask for nothing.
func (r *Router) leaveLate(now time.Time, ttl time.Duration, hurry, full bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for s := range r.sessions {
		unmoved := s.unmoved(now)
		switch {
		case !s.established.Load():
			if hurry && unmoved > r.crowd.handshake {
				s.leave(listen.CauseSlow)
			}
		case ttl > 0 && unmoved > ttl, full && unmoved > r.crowd.idle && s.active.Load() == 0:
			s.leave(listen.CauseIdle)
		}
	}
}

// throttle has a request wait that comes too fast for its connection, while its body waits at the client; false when it need
// not go on.
func (r *Router) throttle(s *session, q *http.Request) bool {
	limit := r.settings.Load().CommandsPerSecond
	if limit == 0 {
		return true
	}
	s.mu.Lock()
	wait := s.commands.Commands(r.cfg.Now(), 1, limit)
	s.mu.Unlock()
	if wait == 0 {
		return true
	}
	r.cfg.Gate.Refuse(listen.RefusedCommands)
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-q.Context().Done():
	case <-r.ctx.Done():
	}
	return false
}
