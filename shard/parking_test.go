package shard

import (
	"maps"
	"math/rand/v2"
	"runtime"
	"testing"
	"unsafe"

	"switchyard/smp"
)

func randomParked(r *rand.Rand) *parked {
	s := new(parked)
	for i := range s.id {
		s.id[i] = byte(r.Uint32())
	}
	return s
}

// TestParking compares with a map while subscriptions come and go, more of them and then fewer.
func TestParking(t *testing.T) {
	seed := rand.Uint64()
	t.Log("seed", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	p, model := newParking(), make(map[smp.ID]*parked)
	var all []*parked
	for step := range 200_000 {
		if coming := 70 - 60*(step/100_000); r.IntN(100) < coming || len(all) == 0 {
			s := randomParked(r)
			all = append(all, s)
			model[s.id] = s
			p.add(s)
		} else {
			i := r.IntN(len(all))
			s := all[i]
			all[i] = all[len(all)-1]
			all = all[:len(all)-1]
			delete(model, s.id)
			p.remove(&s.id)
			if p.find(&s.id) != nil {
				t.Fatal("found after it was removed")
			}
			p.remove(&s.id) // no harm
		}
		if len(all) > 0 {
			if s := all[r.IntN(len(all))]; p.find(&s.id) != s {
				t.Fatal("not found")
			}
		}
		if step%20_000 == 0 {
			checkParking(t, &p, model)
		}
	}
	checkParking(t, &p, model)
}

func checkParking(t *testing.T, p *parking, model map[smp.ID]*parked) {
	t.Helper()
	for id, s := range model {
		if p.find(&id) != s {
			t.Fatal("not found")
		}
	}
	seen := make(map[smp.ID]bool)
	for part := range p.parts {
		for _, id := range p.appendIDs(nil, part) {
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

// TestParkedSize: what a parked subscription takes, itself and its place.
func TestParkedSize(t *testing.T) {
	if size := unsafe.Sizeof(parked{}); size > 48 {
		t.Errorf("one has %d bytes", size)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{100_000, 123_456, 150_000} {
		p := newParking()
		for range n {
			p.add(randomParked(r))
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

func BenchmarkParking(b *testing.B) {
	const n = 1 << 20
	r := rand.New(rand.NewPCG(1, 2))
	all := make([]*parked, n)
	for i := range all {
		all[i] = randomParked(r)
	}
	fill := func() *parking {
		p := newParking()
		for _, s := range all {
			p.add(s)
		}
		return &p
	}
	b.Run("add", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			fill()
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/parked")
	})
	b.Run("find", func(b *testing.B) {
		p := fill()
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			p.find(&all[i%n].id)
		}
	})
	b.Run("miss", func(b *testing.B) {
		p := fill()
		other := randomParked(r)
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			other.id[i%len(other.id)]++
			p.find(&other.id)
		}
	})
	runtime.KeepAlive(all)
}
