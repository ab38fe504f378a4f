package loadtest

import (
	"context"
	"testing"
	"time"
)

func crashConfig() CrashConfig {
	return CrashConfig{Queues: 24, Kills: 6, Seed: 3, Conns: 6, Size: 64, Auth: AuthEd25519, Stall: 30 * time.Second}
}

// quickPlan is a schedule for a router that starts at once and serves fast.
func quickPlan(c CrashConfig) []Kill {
	plan := Schedule(c.Seed, c.Kills)
	for i := range plan {
		plan[i].After /= 8
	}
	return plan
}

func TestCrashWithADurableRouter(t *testing.T) {
	t.Parallel()
	r, c := newFakeRouter(t), crashConfig()
	r.quota = 8
	c.Kills++ // ends in a life in which some queues hold their messages back
	report, err := crash(context.Background(), c, quickPlan(c), r, r.dial)
	if err != nil {
		t.Fatal(err)
	}
	if !report.Clean() || report.Crash.Kills != c.Kills || report.Accepted == 0 || report.Accepted > report.Delivered {
		t.Errorf("%+v\n%+v", report, report.Crash)
	}
	if report.Disconnects == 0 || report.Crash.Deleted < c.Queues {
		t.Errorf("not much happened: %+v", report)
	}
}

func TestCrashFindsWhatDoesNotSurvive(t *testing.T) {
	tests := []struct {
		name  string
		fault func(*fakeRouter)
		count func(*Report) int
	}{
		{"messages", func(r *fakeRouter) { r.forgetful = true }, func(r *Report) int { return r.Lost }},
		{"queues", func(r *fakeRouter) { r.amnesiac = true }, func(r *Report) int { return r.Missing }},
		{"deletions", func(r *fakeRouter) { r.revive = 3 }, func(r *Report) int { return r.Undeleted }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newFakeRouter(t)
			tt.fault(r)
			c := crashConfig()
			c.Stall = 2 * time.Second
			report, err := crash(context.Background(), c, quickPlan(c), r, r.dial)
			if report == nil || report.Clean() || tt.count(report) == 0 {
				t.Errorf("not found: %+v, %v", report, err)
			}
		})
	}
}
