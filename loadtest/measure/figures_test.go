package measure

import (
	"testing"

	dto "github.com/prometheus/client_model/go"
)

// A quantile of a histogram is within the bucket that has it, of what was counted between two readings.
func TestQuantile(t *testing.T) {
	histogram := func(counts ...uint64) *dto.Histogram {
		h := &dto.Histogram{SampleCount: new(counts[len(counts)-1])}
		for i, n := range counts[:len(counts)-1] {
			h.Bucket = append(h.Bucket, &dto.Bucket{UpperBound: new(float64(int(1) << i)), CumulativeCount: new(n)})
		}
		return h
	}
	none := &dto.Histogram{}
	for _, c := range []struct {
		before, after *dto.Histogram
		q, want       float64
	}{
		{none, histogram(10, 10, 20, 20), 0.5, 1},
		{none, histogram(10, 10, 20, 20), 0.75, 3},
		{histogram(10, 10, 20, 20), histogram(10, 10, 30, 30), 0.5, 3},
		{none, histogram(0, 0, 0, 5), 0.5, 4}, // above all buckets
		{none, none, 0.5, 0},
	} {
		if len(c.after.Bucket) == 0 {
			c.after = histogram(0)
		}
		if got := quantile(c.before, c.after, c.q); got != c.want {
			t.Errorf("%v of %v since %v: %v, want %v", c.q, c.after, c.before, got, c.want)
		}
	}
}
