package results

import (
	"slices"
	"testing"
)

// What was counted before the measuring began is no rate of its first interval.
func TestRatesLeaveOutTheWarmUp(t *testing.T) {
	tick := func(at float64, n int64) Tick { return Tick{At: at, Counts: map[string]int64{"sent": n}} }
	for name, ticks := range map[string][]Tick{
		"warmed up":            {tick(0.001, 5000), tick(1, 5100), tick(2, 5300)},
		"from cold":            {tick(0.001, 0), tick(1, 100), tick(2, 300)},
		"no tick at the start": {tick(1, 100), tick(2, 300)},
	} {
		r := &Recording{Ticks: ticks}
		if got, want := r.rates("sent"), []point{{1, 100}, {2, 200}}; !slices.Equal(got, want) {
			t.Errorf("%s: rates %v, want %v", name, got, want)
		}
	}
}
