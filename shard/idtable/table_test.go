package idtable

import (
	"maps"
	"math/rand/v2"
	"runtime"
	"testing"

	"switchyard/smp"
)

// holder is a value that holds its ID.
type holder struct{ id smp.ID }

func (h *holder) HeldID() *smp.ID { return &h.id }

func randomHolder(r *rand.Rand) *holder {
	s := new(holder)
	for i := range s.id {
		s.id[i] = byte(r.Uint32())
	}
	return s
}

// TestTable compares with a map while values come and go, more of them and then fewer.
func TestTable(t *testing.T) {
	seed := rand.Uint64()
	t.Log("seed", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	p, model := New[holder](), make(map[smp.ID]*holder)
	var all []*holder
	for step := range 200_000 {
		if coming := 70 - 60*(step/100_000); r.IntN(100) < coming || len(all) == 0 {
			s := randomHolder(r)
			all = append(all, s)
			model[s.id] = s
			p.Add(s)
		} else {
			i := r.IntN(len(all))
			s := all[i]
			all[i] = all[len(all)-1]
			all = all[:len(all)-1]
			delete(model, s.id)
			p.Remove(&s.id)
			if p.Find(&s.id) != nil {
				t.Fatal("found after it was removed")
			}
			p.Remove(&s.id) // no harm
		}
		if len(all) > 0 {
			if s := all[r.IntN(len(all))]; p.Find(&s.id) != s {
				t.Fatal("not found")
			}
		}
		if step%20_000 == 0 {
			check(t, &p, model)
		}
	}
	check(t, &p, model)
}

func check(t *testing.T, p *Table[holder, *holder], model map[smp.ID]*holder) {
	t.Helper()
	for id, s := range model {
		if p.Find(&id) != s {
			t.Fatal("not found")
		}
	}
	seen := make(map[smp.ID]bool)
	for part := range p.parts {
		for _, id := range p.AppendIDs(nil, part) {
			seen[id] = true
		}
	}
	if len(seen) != len(model) || p.len != len(model) {
		t.Fatalf("%d IDs, length %d, want %d", len(seen), p.len, len(model))
	}
	for id := range maps.Keys(model) {
		if !seen[id] {
			t.Fatal("an ID is missing")
		}
	}
	for i := range p.parts {
		if part := &p.parts[i]; 4*part.len > 3*len(part.places) || part.tooLarge() {
			t.Fatalf("%d in %d places", part.len, len(part.places))
		}
	}
}

// TestPlaceSize: what the place of a value takes.
func TestPlaceSize(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{100_000, 123_456, 150_000} {
		p := New[holder]()
		for range n {
			p.Add(randomHolder(r))
		}
		places := 0
		for i := range p.parts {
			places += len(p.parts[i].places)
		}
		if perEntry := float64(places*10) / float64(n); perEntry > 17 {
			t.Errorf("%.1f bytes for a place of %d", perEntry, n)
		}
	}
}

func BenchmarkTable(b *testing.B) {
	const n = 1 << 20
	r := rand.New(rand.NewPCG(1, 2))
	all := make([]*holder, n)
	for i := range all {
		all[i] = randomHolder(r)
	}
	fill := func() *Table[holder, *holder] {
		p := New[holder]()
		for _, s := range all {
			p.Add(s)
		}
		return &p
	}
	b.Run("add", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			fill()
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/value")
	})
	b.Run("find", func(b *testing.B) {
		p := fill()
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			p.Find(&all[i%n].id)
		}
	})
	b.Run("miss", func(b *testing.B) {
		p := fill()
		other := randomHolder(r)
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			other.id[i%len(other.id)]++
			p.Find(&other.id)
		}
	})
	runtime.KeepAlive(all)
}
