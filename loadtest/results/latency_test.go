package results

import (
	"testing"
	"time"
)

func TestHistogram(t *testing.T) {
	h := NewHistogram()
	for ms := range 1000 {
		h.Record(time.Duration(ms+1) * time.Millisecond)
	}
	h.Record(0)
	h.Record(100 * time.Hour)
	l := h.Quantiles()
	near := func(got, want float64) bool { return got > want*0.998 && got < want*1.002 }
	if l.Count != 1002 || !near(l.P50, 500) || !near(l.P90, 900) || !near(l.P99, 991) || !near(l.Max, 3_600_000) {
		t.Errorf("%+v", l)
	}
}
