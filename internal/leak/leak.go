// Package leak tells whether the time that an operation takes depends on a secret, in the way of dudect (Reparaz,
// Balasch and Verbauwhede, "Dude, is my code constant time?", 2017): the operation runs many times, each time with an
// input of one of two classes that is drawn at random, and Welch's t-test says whether the times of the classes have
// the same mean. Only tests use it, `make timing`.
//
// It imports nothing of ours, and a measurement belongs to its caller's goroutine.
package leak

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Bounds of |t|. Without a difference, t is beyond Possible once in 10^6 measurements; a real difference lets it grow
// with the square root of the samples, so a doubt is settled by taking more of them.
const (
	Possible = 4.5
	Certain  = 10
)

// Result is what a measurement has found.
type Result struct {
	T       float64          // of the cut in which the classes differ most
	Samples [2]int           // of each class
	Median  [2]time.Duration // of each class
}

// cuts are the parts of the pooled times that are looked at, from the fastest on: what disturbs the machine makes the
// slowest samples slow, whatever their class, and hides small differences.
var cuts = []float64{1, 0.95, 0.8, 0.5}

// Measure takes samples of an operation. prepare makes ready one run of it for a class, 0 or 1, and returns it; only
// the run is timed. The seed decides the order of the classes.
func Measure(samples int, seed uint64, prepare func(class int) (run func())) Result {
	random := rand.New(rand.NewPCG(seed, 1))
	var times [2][]float64
	for i := range samples + samples/10 {
		class := int(random.Uint64() & 1)
		run := prepare(class)
		begin := time.Now()
		run()
		if took := time.Since(begin); i >= samples/10 { // the first tenth warms up
			times[class] = append(times[class], float64(took))
		}
	}
	return compare(times)
}

// compare judges the times of both classes, in nanoseconds.
func compare(times [2][]float64) (r Result) {
	pooled := slices.Sorted(slices.Values(append(slices.Clone(times[0]), times[1]...)))
	for class, all := range times {
		r.Samples[class] = len(all)
		if len(all) > 0 {
			r.Median[class] = time.Duration(slices.Sorted(slices.Values(all))[len(all)/2])
		}
	}
	for _, cut := range cuts {
		if len(pooled) == 0 {
			break
		}
		bound := pooled[min(int(cut*float64(len(pooled))), len(pooled)-1)]
		if t := welch(below(times[0], bound), below(times[1], bound)); math.Abs(t) > math.Abs(r.T) {
			r.T = t
		}
	}
	return r
}

func below(times []float64, bound float64) (kept []float64) {
	for _, x := range times {
		if x <= bound {
			kept = append(kept, x)
		}
	}
	return kept
}

// welch is the statistic of Welch's t-test; 0 for classes that are too small to tell.
func welch(a, b []float64) float64 {
	if len(a) < 2 || len(b) < 2 {
		return 0
	}
	meanA, varA := moments(a)
	meanB, varB := moments(b)
	spread := math.Sqrt(varA/float64(len(a)) + varB/float64(len(b)))
	switch {
	case meanA == meanB:
		return 0
	case spread == 0:
		return math.Inf(int(meanA - meanB))
	}
	return (meanA - meanB) / spread
}

// moments are the mean and the sample variance.
func moments(xs []float64) (mean, variance float64) {
	for _, x := range xs {
		mean += x
	}
	mean /= float64(len(xs))
	for _, x := range xs {
		variance += (x - mean) * (x - mean)
	}
	return mean, variance / float64(len(xs)-1)
}

// Leaks reports a difference beyond doubt.
func (r Result) Leaks() bool { return math.Abs(r.T) > Certain }

// String is the result in one line.
func (r Result) String() string {
	verdict := "no difference seen"
	switch {
	case r.Leaks():
		verdict = "DIFFERENT"
	case math.Abs(r.T) > Possible:
		verdict = "possibly different: take more samples"
	}
	return fmt.Sprintf("t = %6.2f, %d + %d samples, medians %v and %v: %s",
		r.T, r.Samples[0], r.Samples[1], r.Median[0], r.Median[1], verdict)
}
