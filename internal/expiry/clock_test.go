package expiry

import (
	"testing"
	"time"

	"switchyard/internal/clockstep"
)

const day = 24 * time.Hour

// look is what the clock says when so much time has passed and the system's clock was set by so much meanwhile.
func look(c *Clock, start time.Time, passed, set time.Duration) (behind time.Duration) {
	now := clockstep.Set(start.Add(passed), set)
	return now.Sub(c.Now(now))
}

// A jump forward counts when it has lasted for a day, a jump back at once.
func TestJumps(t *testing.T) {
	for name, looks := range map[string][]struct{ passed, set, behind time.Duration }{
		"none":               {{0, 0, 0}, {time.Hour, 0, 0}, {100 * day, 0, 0}},
		"slow gain":          {{0, 0, 0}, {time.Hour, 50 * time.Second, 0}, {2 * time.Hour, 100 * time.Second, 0}},
		"forward, corrected": {{0, 0, 0}, {day, 30 * day, 30 * day}, {day + 23*time.Hour, 30 * day, 30 * day}, {2 * day, 0, 0}},
		"forward for good":   {{0, 0, 0}, {day, 30 * day, 30 * day}, {2 * day, 30 * day, 0}, {3 * day, 30 * day, 0}},
		"forward twice": {
			{0, 0, 0}, {day, 30 * day, 30 * day}, {day + 20*time.Hour, 60 * day, 60 * day}, {2 * day, 60 * day, 60 * day},
			{2*day + 20*time.Hour, 60 * day, 0},
		},
		"forward, part of it corrected": {{0, 0, 0}, {day, 30 * day, 30 * day}, {day + time.Hour, time.Hour, time.Hour}, {2*day + time.Hour, time.Hour, 0}},
		"back":                          {{0, 0, 0}, {day, -30 * day, 0}, {2 * day, -30 * day, 0}},
		"back, corrected":               {{0, 0, 0}, {day, -30 * day, 0}, {day + time.Hour, 0, 30 * day}, {2*day + time.Hour, 0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			var c Clock
			start := time.Now()
			for i, l := range looks {
				if behind := look(&c, start, l.passed, l.set); behind != l.behind {
					t.Errorf("look %d: %v behind, want %v", i, behind, l.behind)
				}
			}
		})
	}
}

// Times without a monotonic reading, as other clocks have, are taken as they are.
func TestOtherClocks(t *testing.T) {
	var c Clock
	for _, now := range []time.Time{time.Unix(1e9, 0), time.Unix(2e9, 0), time.Unix(1e9, 0)} {
		if !c.Now(now).Equal(now) {
			t.Errorf("%v is %v", now, c.Now(now))
		}
	}
}
