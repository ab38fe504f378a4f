package leak

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestWelch is an example that is worked out by hand: means 3 and 5, variances 2.5 and 10.
func TestWelch(t *testing.T) {
	got := welch([]float64{1, 2, 3, 4, 5}, []float64{1, 3, 5, 7, 9})
	if want := -2 / math.Sqrt(2.5/5+10.0/5); math.Abs(got-want) > 1e-12 {
		t.Errorf("t = %v, want %v", got, want)
	}
	if got := welch([]float64{1, 1}, []float64{2, 2}); !math.IsInf(got, -1) {
		t.Errorf("t = %v without variance", got)
	}
	if welch([]float64{1}, []float64{2, 3}) != 0 || welch([]float64{1, 1}, []float64{1, 1}) != 0 {
		t.Error("t of nothing")
	}
}

// TestCompare finds a hundredth of the mean under noise that is ten times as large, and nothing in noise alone.
func TestCompare(t *testing.T) {
	for _, test := range []struct {
		shift float64
		leaks bool
	}{{0, false}, {10, true}} {
		random := rand.New(rand.NewPCG(1, 2))
		var times [2][]float64
		for range 100_000 {
			class := int(random.Uint64() & 1)
			x := 1000 + 100*random.NormFloat64() + test.shift*float64(class)
			if random.IntN(100) == 0 {
				x += 1e6 * random.Float64() // somebody else had the processor
			}
			times[class] = append(times[class], x)
		}
		if r := compare(times); r.Leaks() != test.leaks || !test.leaks && math.Abs(r.T) > Possible {
			t.Errorf("shift %v: %v", test.shift, r)
		}
	}
}

// TestMeasure counts the runs, and that both classes have them.
func TestMeasure(t *testing.T) {
	var prepared, run [2]int
	r := Measure(1000, 7, func(class int) func() {
		prepared[class]++
		return func() { run[class]++ }
	})
	if prepared != run || run[0]+run[1] != 1100 || r.Samples[0]+r.Samples[1] != 1000 || min(r.Samples[0], r.Samples[1]) < 400 {
		t.Errorf("prepared %v, run %v, %v", prepared, run, r)
	}
	if text := (Result{T: 12}).String(); !strings.Contains(text, "DIFFERENT") {
		t.Error(text)
	}
}
