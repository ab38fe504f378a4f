package foreign

import (
	"math/rand/v2"
	"testing"

	"switchyard/smp"
)

// TestTable compares a table with a map: what it finds is what was learnt last and not forgotten, and what was learnt just now
// it finds.
func TestTable(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	table := Table{Places: 8}
	id := func(n int) *smp.ID { return &smp.ID{byte(n), 7} }
	hash := func(n int) uint64 { return uint64(n) * 0x9E3779B97F4A7C15 }
	if _, ok := table.Find(hash(1), id(1)); ok || !table.Empty() {
		t.Error("an empty table knows an ID")
	}
	table.Forget(hash(1), id(1))
	known := map[int]int{}
	found := 0
	for range 10_000 {
		switch n := r.IntN(40); r.IntN(4) {
		case 0:
			known[n] = r.IntN(64)
			table.Learn(hash(n), id(n), known[n])
			if shard, ok := table.Find(hash(n), id(n)); !ok || shard != known[n] {
				t.Fatalf("learnt %d, found %d, %v", known[n], shard, ok)
			}
		case 1:
			delete(known, n)
			table.Forget(hash(n), id(n))
		default:
			shard, ok := table.Find(hash(n), id(n))
			if want, there := known[n]; ok && (!there || shard != want) {
				t.Fatalf("found %d of an ID that has %d, %v", shard, want, there)
			}
			if ok {
				found++
			}
		}
	}
	if len(table.sets)*ways != 8 || found < 100 {
		t.Errorf("%d places, %d finds", len(table.sets)*ways, found)
	}
}

// TestLatestStay: of two IDs at a place that are asked for in turn both stay, and an ID that is learnt again takes no other's.
func TestLatestStay(t *testing.T) {
	table := Table{Places: 2}
	a, b, c := &smp.ID{1}, &smp.ID{2}, &smp.ID{3}
	for _, id := range []*smp.ID{c, a, b, b} {
		table.Learn(0, id, int(id[0]))
	}
	for _, id := range []*smp.ID{a, b} {
		if shard, ok := table.Find(0, id); !ok || shard != int(id[0]) {
			t.Errorf("found %d, %v, of %d", shard, ok, id[0])
		}
	}
	if _, ok := table.Find(0, c); ok {
		t.Error("the oldest is still there")
	}
}

func BenchmarkFind(b *testing.B) {
	table := Table{Places: 1 << 16}
	ids := make([]smp.ID, 1<<15)
	for i := range ids {
		ids[i] = smp.ID{byte(i), byte(i >> 8)}
		table.Learn(uint64(i)*0x9E3779B97F4A7C15, &ids[i], i%64)
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		table.Find(uint64(n)*0x9E3779B97F4A7C15, &ids[n])
		n = (n + 12345) & (len(ids) - 1)
	}
}
