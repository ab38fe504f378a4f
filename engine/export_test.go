package engine

import "time"

// LimitBacklog sets the limits of what waits of sockets that take nothing, before the router runs.
func (r *Router) LimitBacklog(total int64, stall time.Duration) {
	r.backlogTotal, r.stallLimit = total, stall
}
