package listen

import (
	"sync"
	"time"
)

// complaintInterval is how often the log says that something is wrong still.
const complaintInterval = time.Minute

// complaint is a line of the log about what may happen very often.
type complaint struct {
	mu   sync.Mutex
	next time.Time // not before; zero at first
	kept int       // times since the last line
}

// due counts another time, and tells whether a line is due and for how many times.
func (c *complaint) due() (times int, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept++
	now := time.Now()
	if now.Before(c.next) {
		return 0, false
	}
	times, c.kept, c.next = c.kept, 0, now.Add(complaintInterval)
	return times, true
}
