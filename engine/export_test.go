package engine

import (
	"context"
	"sync"
	"time"
)

// LimitBacklog sets the limits of what waits of sockets that take nothing, before the router runs.
func (r *Router) LimitBacklog(total int64, stall time.Duration) {
	r.backlogTotal, r.stallLimit = total, stall
}

// LimitHalfRead sets how much half read input may take before there is less time for its rest, and that time.
func (r *Router) LimitHalfRead(total int, timeout time.Duration) {
	r.halfReadTotal, r.blockTimeout = total, timeout
}

// NeverPause has the router read sockets whatever their sessions can take, as where they cannot be told to wait.
func (r *Router) NeverPause() { r.neverPause = true }

// PeerChains counts the sessions that are open, and the bytes of certificates that their clients have shown.
func (r *Router) PeerChains() (open, bytes int) {
	var mu sync.Mutex
	_ = r.onLoops(context.Background(), func(l *loop) {
		mu.Lock()
		defer mu.Unlock()
		for s := range l.sessions {
			if s.phase != phaseOpen {
				continue
			}
			open++
			for _, cert := range s.tls.PeerChain() {
				bytes += len(cert)
			}
		}
	})
	return open, bytes
}
