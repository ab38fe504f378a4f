package main

import (
	"testing"
	"time"

	"switchyard/internal/clockstep"
)

// Each midnight passes once, and soon, whatever is done to the system's clock.
func TestMidnight(t *testing.T) {
	now := clockstep.At(time.Date(2026, 11, 30, 23, 0, 0, 0, time.UTC))
	m := newMidnight(now)
	for i, step := range []struct {
		passes, set time.Duration
		passed      bool
	}{
		{59 * time.Minute, 0, false},
		{time.Minute, 0, true},
		{time.Minute, 0, false},
		{time.Hour, -2 * time.Hour, false}, // 23:01 again
		{time.Hour, 0, true},
		{time.Minute, 48 * time.Hour, true},
		{time.Minute, -72 * time.Hour, false}, // a day too far
		{24 * time.Hour, 0, true},
		{time.Minute, 0, false},
	} {
		if wait := m.wait(now); wait <= 0 || wait > time.Minute {
			t.Errorf("step %d: waits for %v", i, wait)
		}
		now = clockstep.Set(now.Add(step.passes), step.set)
		if passed := m.passed(now); passed != step.passed {
			t.Errorf("step %d: %v: passed %v", i, now, passed)
		}
	}
}
