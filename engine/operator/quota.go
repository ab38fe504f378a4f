package operator

import (
	"fmt"
	"sync"
	"time"
)

// Quota bounds how many queues are blocked in a day of UTC, whatever else happens at midnight.
type Quota struct {
	mu    sync.Mutex
	limit int // 0: none; negative: no queue at all
	now   func() time.Time
	day   int64 // since 1970
	count int   // of that day
}

// NewQuota makes a quota of which nothing is used.
func NewQuota(limit int) *Quota { return &Quota{limit: limit, now: time.Now} }

// SetLimit replaces the limit. What was blocked today counts.
func (q *Quota) SetLimit(limit int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.limit = limit
}

// SetCount says how many queues were blocked today, before the router was started.
func (q *Quota) SetCount(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.turn()
	q.count = n
}

// turn begins another day, if it is one. A clock that is set back begins none: what was blocked stays counted.
func (q *Quota) turn() {
	const secondsPerDay = 24 * 60 * 60
	if day := q.now().Unix() / secondsPerDay; day > q.day {
		q.day, q.count = day, 0
	}
}

// take has block block a queue, unless the quota is used up. One that was not active counts for nothing.
func (q *Quota) take(block func() (wasActive bool, err error)) error {
	q.mu.Lock()
	defer q.mu.Unlock() // so that two at a time do not take the last place both
	q.turn()
	if q.limit != 0 && q.count >= q.limit {
		return fmt.Errorf("reached limit of %d queues blocked daily", q.limit)
	}
	wasActive, err := block()
	if err == nil && wasActive {
		q.count++
	}
	return err
}
