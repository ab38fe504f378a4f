// Package expiry tells the time by which old data is judged, so that a clock that is wrong for a while deletes nothing.
//
// Data that expires has the wall time at which it was made, and is compared with the wall time of now. When the clock is set
// back, data looks younger and stays longer, which does no harm. When it is set forward, everything would be too old at once,
// and what is deleted then does not come back when the clock is corrected. So a jump forward counts only when it has lasted
// for a day, by the monotonic clock, which nobody sets. A process believes the clock that it starts with.
//
// expiry imports nothing of ours. A Clock may be used by several goroutines at a time.
package expiry

import (
	"sync"
	"time"
)

const (
	// trust is how long a jump forward has to last.
	trust = 24 * time.Hour
	// slack is what the clock may gain between two looks without a jump.
	slack = time.Minute
)

// Clock follows the system's clock. Its zero value begins with the first look; a nil one believes every clock.
type Clock struct {
	mu      sync.Mutex
	start   time.Time
	ahead   time.Duration // of the wall clock since start against the monotonic one, as far as it is believed
	claimed time.Duration // the same after a jump that is not believed yet
	since   time.Duration // monotonic time since start at which that was seen first
	jumped  bool          // there is such a jump
}

// Now is now, which has to be of time.Now, or the time that it was without a jump forward that is not believed yet.
func (c *Clock) Now(now time.Time) time.Time {
	if c == nil {
		return now
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.start.IsZero() {
		c.start = now
	}
	passed := now.Sub(c.start)
	ahead := now.Round(0).Sub(c.start.Round(0)) - passed
	jump := ahead - c.ahead
	if jump > slack && !c.believe(ahead, passed) {
		return now.Add(-jump)
	}
	c.ahead, c.jumped = ahead, false
	return now
}

// believe tells whether the wall clock has been so far ahead for long enough.
func (c *Clock) believe(ahead, passed time.Duration) bool {
	if !c.jumped || (ahead-c.claimed).Abs() > slack {
		c.jumped, c.claimed, c.since = true, ahead, passed
	}
	return passed-c.since >= trust
}
