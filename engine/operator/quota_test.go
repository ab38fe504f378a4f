package operator

import (
	"errors"
	"testing"
	"time"
)

// The quota is of a day of UTC, counts active queues alone, and is not won by setting the clock back.
func TestQuota(t *testing.T) {
	now := time.Date(2026, 11, 30, 23, 0, 0, 0, time.UTC)
	q := NewQuota(2)
	q.now = func() time.Time { return now }
	active := func() (bool, error) { return true, nil }
	const used = "reached limit of 2 queues blocked daily"
	for i, step := range []struct {
		later time.Duration
		block func() (bool, error)
		want  string
	}{
		{0, active, ""},
		{0, func() (bool, error) { return false, nil }, ""},
		{0, func() (bool, error) { return true, errors.New("no queue") }, "no queue"},
		{0, active, ""},
		{0, active, used},
		{59 * time.Minute, active, used},
		{time.Minute, active, ""}, // the first of December
		{0, active, ""},
		{0, active, used},
		{-2 * time.Hour, active, used},
		{24 * time.Hour, active, used}, // the first of December again
		{2 * time.Hour, active, ""},
	} {
		now = now.Add(step.later)
		if err := q.take(step.block); (err == nil) != (step.want == "") || err != nil && err.Error() != step.want {
			t.Errorf("step %d, %v: %v", i, now, err)
		}
	}
	q.SetLimit(-1)
	if err := q.take(active); err == nil || err.Error() != "reached limit of -1 queues blocked daily" {
		t.Error(err)
	}
	q.SetLimit(0)
	for range 100 {
		if err := q.take(active); err != nil {
			t.Fatal(err)
		}
	}
}
