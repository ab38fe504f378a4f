package loadtest

import (
	"reflect"
	"testing"
)

func TestScheduleComesFromTheSeed(t *testing.T) {
	if !reflect.DeepEqual(Schedule(1, 30), Schedule(1, 30)) {
		t.Error("one seed gives two schedules")
	}
	if reflect.DeepEqual(Schedule(1, 30), Schedule(2, 30)) {
		t.Error("two seeds give one schedule")
	}
	if !reflect.DeepEqual(Schedule(1, 30)[:10], Schedule(1, 10)) {
		t.Error("a longer schedule begins differently")
	}
}

func TestScheduleKeepsItsBounds(t *testing.T) {
	starting := 0
	for i, k := range Schedule(3, 4000) {
		limit := maxKillAfter
		if k.Starting {
			limit = maxKillAfterStarting
			starting++
		}
		if k.After < 0 || k.After > limit {
			t.Errorf("kill %d after %v", i, k.After)
		}
	}
	if starting < 300 || starting > 700 {
		t.Errorf("%d of 4000 kills while starting", starting)
	}
	if Schedule(3, 1)[0].Starting {
		t.Error("the first kill must meet load")
	}
}
