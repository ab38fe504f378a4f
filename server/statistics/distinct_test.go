package statistics

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

// TestDistinctCounts: few are counted exactly, many with an error of less than 2 %, whatever comes again.
func TestDistinctCounts(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var d Distinct
	var again []uint64
	for n := int64(1); n <= 3_000_000; n++ {
		h := random.Uint64()
		d.Add(h)
		if n%1000 == 1 {
			again = append(again, h)
		}
		if n > exactly+10 && n&(n-1) != 0 {
			continue // not each time, as that takes long
		}
		if got := d.Count(); n <= exactly && got != n || math.Abs(float64(got-n)) > 0.02*float64(n) {
			t.Fatalf("%d of %d", got, n)
		}
	}
	n := d.Count()
	for _, h := range again {
		d.Add(h)
	}
	if d.Count() != n {
		t.Errorf("%d after the same again, %d before", d.Count(), n)
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
		all := make([]Distinct, sets)
		for i := range all {
			for range n {
				all[i].Add(random.Uint64())
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
		var first, second Distinct
		for range n {
			first.Add(random.Uint64())
		}
		list := slices.Clone(first.list())
		if !slices.IsSorted(list) || len(slices.Compact(slices.Clone(list))) != len(list) || len(list) > registers ||
			n <= exactly && len(list) != n || n > exactly && len(list) < min(n*98/100, registers*98/100) {
			t.Errorf("%d: a list of %d for %d", n, len(list), first.Count())
		}
		for _, h := range list {
			second.Add(uint64(h))
		}
		for range 100 {
			if first.Count() != second.Count() {
				t.Fatalf("%d: %d and %d", n, first.Count(), second.Count())
			}
			h := random.Uint64()
			first.Add(h)
			second.Add(h)
		}
		if !slices.Equal(first.list(), second.list()) {
			t.Errorf("%d: another list", n)
		}
	}
}

// TestDistinctMerges: merged sets count what is in any of them, with an error of less than 1 % on the average of many sets.
func TestDistinctMerges(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for _, n := range []int{10, exactly / 2, exactly, 5000, 200_000} {
		const rounds, shards = 20, 4
		squares := 0.0
		for range rounds {
			var parts [shards]Distinct
			for range n {
				h := random.Uint64()
				parts[h%shards].Add(h)
				if h>>8%2 == 0 {
					parts[(h+1)%shards].Add(h) // known to two of them
				}
			}
			var all Distinct
			for i := range parts {
				all.Merge(&parts[i])
			}
			off := float64(all.Count()-int64(n)) / float64(n)
			squares += off * off
		}
		if off := math.Sqrt(squares / rounds); off > 0.01 || n <= exactly && off > 0 {
			t.Errorf("%d: off by %.2f %%", n, 100*off)
		}
	}
}

// TestDistinctBinary: a set comes back from its binary form; others are refused.
func TestDistinctBinary(t *testing.T) {
	for _, n := range []int{0, 1, exactly, exactly + 1, 100_000} {
		random := rand.New(rand.NewPCG(9, uint64(n)))
		var d, back Distinct
		for range n {
			d.Add(random.Uint64())
		}
		b, err := d.MarshalBinary()
		if err != nil || back.UnmarshalBinary(b) != nil || !slices.Equal(d.list(), back.list()) {
			t.Errorf("%d: %v", n, err)
		}
		if len(b) > 8 && back.UnmarshalBinary(b[:len(b)-1]) == nil {
			t.Errorf("%d: a part is read", n)
		}
	}
	var d Distinct
	if d.UnmarshalBinary(nil) == nil || d.UnmarshalBinary([]byte{1}) == nil || d.UnmarshalText([]byte("!")) == nil {
		t.Error("nonsense is read")
	}
}

// BenchmarkDistinct is an ID that is there, of few and of many.
func BenchmarkDistinct(b *testing.B) {
	for _, n := range []int{500, 100_000} {
		random := rand.New(rand.NewPCG(10, 11))
		var d Distinct
		var known []uint64
		for range n {
			h := random.Uint64()
			d.Add(h)
			known = append(known, h)
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for i := range b.N {
				d.Add(known[i%len(known)])
			}
		})
	}
}
