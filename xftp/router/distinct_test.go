package router

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

// TestDistinctCounts: few are counted exactly, many with an error of less than 2 %, whatever comes again.
func TestDistinctCounts(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var d distinct
	var again []int64
	for n := int64(1); n <= 3_000_000; n++ {
		h := int64(random.Uint64())
		d.add(h)
		if n%1000 == 1 {
			again = append(again, h)
		}
		if n > exactly+10 && n&(n-1) != 0 {
			continue // not each time, as that takes long
		}
		if got := d.count(); n <= exactly && got != n || math.Abs(float64(got-n)) > 0.02*float64(n) {
			t.Fatalf("%d of %d", got, n)
		}
	}
	n := d.count()
	for _, h := range again {
		d.add(h)
	}
	if d.count() != n {
		t.Errorf("%d after the same again, %d before", d.count(), n)
	}
}

// TestDistinctTakesLittle: memory does not grow with what is counted.
func TestDistinctTakesLittle(t *testing.T) {
	const sets = 64
	for _, n := range []int{exactly, exactly + 1, 100_000} {
		heap := func() int64 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			return int64(m.HeapAlloc)
		}
		random := rand.New(rand.NewPCG(3, uint64(n)))
		before := heap()
		all := make([]distinct, sets)
		for i := range all {
			for range n {
				all[i].add(int64(random.Uint64()))
			}
		}
		if each := (heap() - before) / sets; each > 24<<10 {
			t.Errorf("a set of %d takes %d bytes", n, each)
		}
		runtime.KeepAlive(all)
	}
}

// TestDistinctLists: what a set lists makes the same set again, which goes on as the first would.
func TestDistinctLists(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{0, 1, exactly, exactly + 1, 2200, 5000, 50_000, 500_000} {
		var first, second distinct
		for range n {
			first.add(int64(random.Uint64()))
		}
		list := slices.Clone(first.list())
		if !slices.IsSorted(list) || len(slices.Compact(slices.Clone(list))) != len(list) || len(list) > registers ||
			n <= exactly && len(list) != n || n > exactly && len(list) < min(n*98/100, registers*98/100) {
			t.Errorf("%d: a list of %d for %d", n, len(list), first.count())
		}
		for _, h := range list {
			second.add(h)
		}
		for range 100 {
			if first.count() != second.count() {
				t.Fatalf("%d: %d and %d", n, first.count(), second.count())
			}
			h := int64(random.Uint64())
			first.add(h)
			second.add(h)
		}
		if !slices.Equal(first.list(), second.list()) {
			t.Errorf("%d: another list", n)
		}
	}
}
