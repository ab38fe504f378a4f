package history

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

const propertySeeds = 2000

// validHistory makes a history of a router that does everything right, in a world of cut sessions and restarts.
func validHistory(r *rand.Rand) History {
	var h History
	var stored []uint32 // positions in the order in which the router stored them
	var late []uint32   // unanswered ones of a session that was cut, which the router may still read
	a := Attempt{}
	for range 1 + r.IntN(40) {
		switch r.IntN(12) {
		case 0: // the session is cut
			a.Session++
		case 1: // the router is restarted, whatever it had not read is gone
			a.Session++
			a.Epoch++
			late = nil
		}
		for i := 0; i < len(late); {
			if p := late[i]; h.Attempts[p].Session != a.Session && r.IntN(3) == 0 {
				stored = append(stored, p)
				late = slices.Delete(late, i, i+1)
			} else {
				i++
			}
		}
		position := uint32(len(h.Attempts))
		a.Message, a.Outcome = position, Outcome(r.IntN(3))
		h.Attempts = append(h.Attempts, a)
		ofSession := func(p uint32) bool { return h.Attempts[p].Session == a.Session }
		switch {
		case a.Outcome == Accepted, a.Outcome == Uncertain && r.IntN(3) == 0:
			// What was sent before it in the session has been read or never will be.
			late = slices.DeleteFunc(late, ofSession)
			stored = append(stored, position)
		case a.Outcome == Uncertain && !slices.ContainsFunc(late, ofSession):
			late = append(late, position)
		}
	}
	for i, p := range stored {
		d := Delivery{ID: fmt.Sprint("id", i), Position: p}
		for r.IntN(5) == 0 {
			h.Deliveries = append(h.Deliveries, d)
		}
		d.Acked = true
		h.Deliveries = append(h.Deliveries, d)
	}
	return h
}

// naive judges by the definitions, pair by pair.
func naive(h History) (v Verdict) {
	var firsts []Delivery
	for _, d := range h.Deliveries {
		if !slices.ContainsFunc(firsts, func(f Delivery) bool { return f.ID == d.ID }) {
			firsts = append(firsts, d)
		}
	}
	before := func(y, x uint32) bool { // y must come before x
		a, b := h.Attempts[y], h.Attempts[x]
		return y < x && (a.Outcome != Uncertain || a.Session == b.Session || a.Epoch < b.Epoch)
	}
	var seen []uint32
	for _, d := range firsts {
		if slices.Contains(seen, d.Position) {
			v.Duplicates++
			continue
		}
		if slices.ContainsFunc(seen, func(x uint32) bool { return before(d.Position, x) }) {
			v.Reordered++
		}
		seen = append(seen, d.Position)
	}
	v.Delivered = len(seen)
	for i, a := range h.Attempts {
		arrived := slices.Contains(seen, uint32(i))
		if a.Outcome == Accepted && !arrived {
			v.Lost++
		}
		if a.Outcome == Refused && arrived {
			v.Unexpected++
		}
	}
	return v
}

// faults leaves what naive counts too.
func faults(v Verdict) Verdict {
	return Verdict{Delivered: v.Delivered, Lost: v.Lost, Reordered: v.Reordered, Duplicates: v.Duplicates,
		Unexpected: v.Unexpected}
}

func forEachSeed(t *testing.T, f func(t *testing.T, r *rand.Rand, h History)) {
	for seed := range uint64(propertySeeds) {
		r := rand.New(rand.NewPCG(seed, 1))
		f(t, r, validHistory(r))
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func TestValidHistoriesAreClean(t *testing.T) {
	forEachSeed(t, func(t *testing.T, r *rand.Rand, h History) {
		if v, findings := Check([]History{h}); !v.Clean() {
			t.Errorf("%+v %v\n%+v", v, findings, h)
		}
	})
}

func TestCheckerAgreesWithTheNaiveOne(t *testing.T) {
	forEachSeed(t, func(t *testing.T, r *rand.Rand, h History) {
		for range r.IntN(4) { // anything may happen to the deliveries
			n := len(h.Deliveries)
			if n == 0 {
				return
			}
			i, j := r.IntN(n), r.IntN(n)
			switch r.IntN(3) {
			case 0:
				h.Deliveries[i], h.Deliveries[j] = h.Deliveries[j], h.Deliveries[i]
			case 1:
				h.Deliveries = slices.Delete(h.Deliveries, i, i+1)
			case 2:
				h.Deliveries = slices.Insert(h.Deliveries, j,
					Delivery{ID: "new", Position: uint32(r.IntN(len(h.Attempts)))})
			}
		}
		v, _ := Check([]History{h})
		if got, want := faults(v), naive(h); got != want {
			t.Errorf("got  %+v\nwant %+v\n%+v", got, want, h)
		}
	})
}

func TestEachInjectedFaultIsFound(t *testing.T) {
	accepted := func(h History) (firsts []int) { // places of the deliveries of accepted attempts
		ids := map[string]bool{}
		for i, d := range h.Deliveries {
			if !ids[d.ID] && h.Attempts[d.Position].Outcome == Accepted {
				firsts = append(firsts, i)
			}
			ids[d.ID] = true
		}
		return firsts
	}
	injected := map[string]int{}
	forEachSeed(t, func(t *testing.T, r *rand.Rand, h History) {
		places := accepted(h)
		if len(places) < 2 {
			return
		}
		k := r.IntN(len(places) - 1)
		one, next := h.Deliveries[places[k]], h.Deliveries[places[k+1]]
		lose, dup, swap, swapped := h, h, h, h
		lose.Deliveries = slices.DeleteFunc(slices.Clone(h.Deliveries), func(d Delivery) bool { return d.ID == one.ID })
		dup.Deliveries = slices.Insert(slices.Clone(h.Deliveries), places[k]+r.IntN(len(h.Deliveries)-places[k])+1,
			Delivery{ID: "another", Position: one.Position})
		swap.Deliveries = slices.DeleteFunc(slices.Clone(h.Deliveries), func(d Delivery) bool { return d.ID == one.ID })
		at := slices.IndexFunc(swap.Deliveries, func(d Delivery) bool { return d.ID == next.ID })
		swap.Deliveries = slices.Insert(swap.Deliveries, at+1, one)
		swapped.Deliveries = slices.Clone(h.Deliveries)
		swapped.Deliveries[places[k]].Position = next.Position
		for name, c := range map[string]struct {
			h     History
			count func(Verdict) int
		}{
			"loss":      {lose, func(v Verdict) int { return v.Lost }},
			"duplicate": {dup, func(v Verdict) int { return v.Duplicates }},
			"reorder":   {swap, func(v Verdict) int { return v.Reordered }},
			"wrong content": {swapped, func(v Verdict) int {
				return min(v.Lost, v.Duplicates+v.Corrupt)
			}},
		} {
			injected[name]++
			if v, _ := Check([]History{c.h}); c.count(v) < 1 || v.Clean() {
				t.Errorf("%s not found: %+v\n%+v", name, v, c.h)
			}
		}
	})
	for name, n := range injected {
		if n < propertySeeds/2 {
			t.Errorf("%s was injected only %d times", name, n)
		}
	}
}
