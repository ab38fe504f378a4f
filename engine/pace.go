package engine

import "time"

// pace is a token bucket in one number: the time at which the bucket is full again (GCRA, ITU-T I.371). What is taken
// moves that time on; how far it lies ahead is how much is missing. The zero value is full.
type pace struct {
	full int64 // Unix nanoseconds
}

// take takes n tokens, of which one comes back each interval, unless more than room would be missing then.
func (p *pace) take(now time.Time, n int, interval, room time.Duration) bool {
	full := max(p.full, now.UnixNano()) + int64(n)*int64(interval)
	if full-now.UnixNano() > int64(room) {
		return false
	}
	p.full = full
	return true
}

// spend takes n tokens whatever is missing then.
func (p *pace) spend(now time.Time, n int, interval time.Duration) {
	p.full = max(p.full, now.UnixNano()) + int64(n)*int64(interval)
}

// wait is how long it takes until no more than room is missing.
func (p *pace) wait(now time.Time, room time.Duration) time.Duration {
	return max(0, time.Duration(p.full-now.UnixNano())-room)
}
