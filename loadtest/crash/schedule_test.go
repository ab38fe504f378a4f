package crash

import (
	"reflect"
	"testing"
)

func TestScheduleComesFromTheSeed(t *testing.T) {
	if !reflect.DeepEqual(Schedule(1, 30, allTargets), Schedule(1, 30, allTargets)) {
		t.Error("one seed gives two schedules")
	}
	if reflect.DeepEqual(Schedule(1, 30, allTargets), Schedule(2, 30, allTargets)) {
		t.Error("two seeds give one schedule")
	}
	if !reflect.DeepEqual(Schedule(1, 30, allTargets)[:10], Schedule(1, 10, allTargets)) {
		t.Error("a longer schedule begins differently")
	}
}

func TestScheduleKeepsItsBounds(t *testing.T) {
	starting := 0
	for i, k := range Schedule(3, 4000, TargetRouter) {
		limit := maxKillAfter
		if k.Starting {
			limit = maxKillAfterStarting
			starting++
		}
		if k.After < 0 || k.After > limit {
			t.Errorf("kill %d after %v", i, k.After)
		}
		if k.Targets != TargetRouter {
			t.Errorf("kill %d of %b", i, k.Targets)
		}
	}
	if starting < 300 || starting > 700 {
		t.Errorf("%d of 4000 kills while starting", starting)
	}
	if Schedule(3, 1, TargetRouter)[0].Starting {
		t.Error("the first kill must meet load")
	}
}

func TestScheduleDrawsEveryCombination(t *testing.T) {
	drawn := map[Targets]int{}
	plan := Schedule(4, 4000, allTargets)
	for i, k := range plan {
		if k.Starting && (k.Targets&TargetClients != 0 || k.Targets&^plan[i-1].Targets != 0) {
			t.Errorf("kill %d of %b, which do not start after that of %b", i, k.Targets, plan[i-1].Targets)
		}
		if !k.Starting {
			drawn[k.Targets]++
		}
	}
	for v := range allTargets {
		if n := drawn[v+1]; n < 300 {
			t.Errorf("%b was drawn %d times of 4000", v+1, n)
		}
	}
	if len(drawn) != int(allTargets) {
		t.Errorf("%d combinations", len(drawn))
	}
}
