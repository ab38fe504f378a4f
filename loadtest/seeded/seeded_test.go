package seeded

import (
	"bytes"
	"testing"
)

func TestIDsAscendAndDiffer(t *testing.T) {
	for _, count := range []uint64{1, 2, 3, 1000, 4099} {
		p := Plan{Count: count, Seed: 7}
		for n := uint64(1); n < count; n++ {
			for _, id := range []func(uint64) [24]byte{
				func(n uint64) [24]byte { return p.RecipientID(n) }, func(n uint64) [24]byte { return p.SenderID(n) },
			} {
				a, b := id(n-1), id(n)
				if bytes.Compare(a[:8], b[:8]) >= 0 {
					t.Fatalf("of %d queues the %dth has no greater ID than the one before", count, n)
				}
			}
		}
	}
}

func TestPlansDiffer(t *testing.T) {
	a, b := Plan{Count: 10, Seed: 1}, Plan{Count: 10, Seed: 2}
	if a.RecipientID(3) == b.RecipientID(3) || a.RecipientID(3) == a.SenderID(3) || a.Secret(3) == a.Secret(4) {
		t.Error("IDs or secrets do not depend on what they should")
	}
	if a.RecipientID(3) != (Plan{Count: 10, Seed: 1}).RecipientID(3) {
		t.Error("IDs are not the same twice")
	}
}

func TestScatteredVisitsEachQueueOnce(t *testing.T) {
	for _, count := range []uint64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 100, 1024, 30030} {
		p := Plan{Count: count}
		seen := make([]bool, count)
		for n := range count {
			at := p.Scattered(n)
			if at >= count || seen[at] {
				t.Fatalf("of %d queues %d comes up twice or is none", count, at)
			}
			seen[at] = true
		}
	}
	p := Plan{Count: 30_000_000}
	if a, b := p.Scattered(1000), p.Scattered(1001); max(a, b)-min(a, b) < p.Count/100 {
		t.Errorf("neighbours %d and %d", a, b)
	}
}

func TestKeys(t *testing.T) {
	p := Plan{Count: 10_000, Seed: 3}
	a, err := p.Key(p.KeyNumber(1))
	if err != nil {
		t.Fatal(err)
	}
	b, err := p.Key(p.KeyNumber(1 + Keys))
	if err != nil {
		t.Fatal(err)
	}
	if a.Public() != b.Public() {
		t.Error("a key is not the same twice")
	}
	c, err := p.Key(2)
	if err != nil || a.Public() == c.Public() {
		t.Errorf("two keys are the same: %v", err)
	}
}
