package loadtest

import (
	"sync/atomic"
	"time"
)

// after is the condition that a time has passed.
func after(d time.Duration) func() bool {
	end := time.Now().Add(d)
	return func() bool { return !time.Now().Before(end) }
}

func anyOf(conditions ...func() bool) func() bool {
	return func() bool {
		for _, c := range conditions {
			if c() {
				return true
			}
		}
		return false
	}
}

// reached is the condition that a counter has come to n.
func reached(counter *atomic.Int64, n int) func() bool {
	return func() bool { return counter.Load() >= int64(n) }
}
