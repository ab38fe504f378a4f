package engine

import "time"

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
