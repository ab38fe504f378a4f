package load

import (
	"sync/atomic"
	"time"
)

// After is the condition that a time has passed.
func After(d time.Duration) func() bool {
	end := time.Now().Add(d)
	return func() bool { return !time.Now().Before(end) }
}

// AnyOf is the condition that one of several is met.
func AnyOf(conditions ...func() bool) func() bool {
	return func() bool {
		for _, c := range conditions {
			if c() {
				return true
			}
		}
		return false
	}
}

// Reached is the condition that a counter has come to n.
func Reached(counter *atomic.Int64, n int) func() bool {
	return func() bool { return counter.Load() >= int64(n) }
}
