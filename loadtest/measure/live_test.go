package measure

import (
	"sync/atomic"
	"testing"
	"time"

	"switchyard/loadtest/results"
)

func TestLive(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	var done atomic.Int64
	done.Store(1000) // of before
	latency := results.NewHistogram()
	latency.Record(time.Hour)
	l := newLive("msg", &done, latency, func() time.Time { return now })
	if got := l.Note(); got != "" {
		t.Errorf("at once: %q", got)
	}
	for _, step := range []struct {
		passes time.Duration
		count  int64
		took   time.Duration // of each, 0: not known
		want   string
	}{
		{500 * time.Millisecond, 10, time.Millisecond, ""},
		{1500 * time.Millisecond, 90, 8 * time.Millisecond, "50 msg/s, p99 8.00 ms"},
		{100 * time.Millisecond, 5, time.Second, "50 msg/s, p99 8.00 ms"},
		{900 * time.Millisecond, 0, 0, "5 msg/s, p99 1000 ms"},
		{time.Second, 0, 0, "0 msg/s"},
	} {
		now = now.Add(step.passes)
		for range step.count {
			done.Add(1)
			latency.Record(step.took)
		}
		if got := l.Note(); got != step.want {
			t.Errorf("after %v: %q, want %q", step.passes, got, step.want)
		}
	}
	if n := latency.Quantiles().Count; n != 106 {
		t.Errorf("%d are left of 106 for the report", n)
	}
}
