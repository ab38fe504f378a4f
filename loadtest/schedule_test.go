package loadtest

import (
	"reflect"
	"testing"
)

func TestScheduleComesFromTheSeed(t *testing.T) {
	if !reflect.DeepEqual(Schedule(1, 30, allVictims), Schedule(1, 30, allVictims)) {
		t.Error("one seed gives two schedules")
	}
	if reflect.DeepEqual(Schedule(1, 30, allVictims), Schedule(2, 30, allVictims)) {
		t.Error("two seeds give one schedule")
	}
	if !reflect.DeepEqual(Schedule(1, 30, allVictims)[:10], Schedule(1, 10, allVictims)) {
		t.Error("a longer schedule begins differently")
	}
}

func TestScheduleKeepsItsBounds(t *testing.T) {
	starting := 0
	for i, k := range Schedule(3, 4000, VictimRouter) {
		limit := maxKillAfter
		if k.Starting {
			limit = maxKillAfterStarting
			starting++
		}
		if k.After < 0 || k.After > limit {
			t.Errorf("kill %d after %v", i, k.After)
		}
		if k.Victims != VictimRouter {
			t.Errorf("kill %d of %b", i, k.Victims)
		}
	}
	if starting < 300 || starting > 700 {
		t.Errorf("%d of 4000 kills while starting", starting)
	}
	if Schedule(3, 1, VictimRouter)[0].Starting {
		t.Error("the first kill must meet load")
	}
}

func TestScheduleDrawsEveryCombination(t *testing.T) {
	drawn := map[Victims]int{}
	plan := Schedule(4, 4000, allVictims)
	for i, k := range plan {
		if k.Starting && (k.Victims&VictimClients != 0 || k.Victims&^plan[i-1].Victims != 0) {
			t.Errorf("kill %d of %b, which do not start after that of %b", i, k.Victims, plan[i-1].Victims)
		}
		if !k.Starting {
			drawn[k.Victims]++
		}
	}
	for v := range allVictims {
		if n := drawn[v+1]; n < 300 {
			t.Errorf("%b was drawn %d times of 4000", v+1, n)
		}
	}
	if len(drawn) != int(allVictims) {
		t.Errorf("%d combinations", len(drawn))
	}
}
