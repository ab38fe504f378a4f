package results

import (
	"reflect"
	"testing"
)

// The phases of a run are parts of the time axis of its charts, but for those in which it rests.
func TestSpans(t *testing.T) {
	h := NewHistogram()
	h.Take()
	tick := func(at float64, phase string) Tick {
		h.Record(1000)
		return Tick{At: at, Phase: phase, Latency: map[string][]byte{"delivery": h.Take()}}
	}
	r := &Recording{Ticks: []Tick{tick(1, ""), tick(2, "quiet"), tick(3, "quiet"), tick(4, RestPhase), tick(5, "burst"), tick(6, "burst")}}
	if got, want := r.spans(), []span{{"quiet", 1, 3}, {"burst", 4, 6}}; !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	r.Ticks = r.Ticks[:3]
	if got := r.spans(); got != nil {
		t.Error("one phase: ", got)
	}
}
