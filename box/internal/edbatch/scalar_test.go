package edbatch

import (
	"math/big"
	"math/rand/v2"
	"testing"
)

func toBig(words ...uint64) *big.Int {
	n := new(big.Int)
	for i := len(words) - 1; i >= 0; i-- {
		n.Lsh(n, 64).Add(n, new(big.Int).SetUint64(words[i]))
	}
	return n
}

// word returns a word that is often an extreme one.
func word(rnd *rand.ChaCha8) uint64 {
	switch rnd.Uint64() % 4 {
	case 0:
		return 0
	case 1:
		return 1<<64 - 1
	}
	return rnd.Uint64()
}

func TestScalars(t *testing.T) {
	rnd := random(t)
	bigOrder := toBig(order[:]...)
	if want := new(big.Int).Lsh(bigOrder, 1); toBig(twiceOrder[:]...).Cmp(want) != 0 {
		t.Error("twice the order is wrong")
	}
	for range 20000 {
		var w wide
		for i := range w[:1+rnd.Uint64()%8] {
			w[i] = word(rnd)
		}
		want := toBig(w[:]...)
		want.Mod(want, bigOrder)
		n := w.reduced()
		if toBig(n[:]...).Cmp(want) != 0 {
			t.Fatalf("%x mod L: got %x", w, n)
		}
		minus := w.minus()
		if sum := toBig(minus[:]...); sum.Add(sum, want).Cmp(bigOrder) != 0 {
			t.Fatalf("−%x mod L: got %x", w, minus)
		}
		z := [2]uint64{word(rnd), word(rnd)}
		got := product(z, &n)
		want.Mul(want, toBig(z[:]...)).Mod(want, bigOrder)
		if toBig(got[:]...).Cmp(want) != 0 {
			t.Fatalf("%x·%x mod L: got %x", z, n, got)
		}
		m := number{word(rnd), word(rnd), word(rnd), word(rnd)}
		if n.less(&m) != (toBig(n[:]...).Cmp(toBig(m[:]...)) < 0) || m.less(&m) {
			t.Fatalf("%x < %x: wrong", n, m)
		}
	}
}

// TestReducedEdges has multiples of the order and their neighbours.
func TestReducedEdges(t *testing.T) {
	bigOrder := toBig(order[:]...)
	for shift := range uint(259) {
		for d := int64(-2); d <= 2; d++ {
			n := new(big.Int).Lsh(bigOrder, shift)
			n.Add(n, big.NewInt(d))
			var encoded [64]byte
			for i, b := range n.FillBytes(make([]byte, 64)) {
				encoded[63-i] = b
			}
			w := toWide(&encoded)
			got := w.reduced()
			if toBig(got[:]...).Cmp(new(big.Int).Mod(n, bigOrder)) != 0 {
				t.Fatalf("L·2^%d%+d: got %x", shift, d, got)
			}
		}
	}
}

func TestFrom(t *testing.T) {
	n := number{0x0123456789abcdef, 0xfedcba9876543210, 0x0f1e2d3c4b5a6978, 0x8796a5b4c3d2e1f0}
	for at := range 300 {
		want := new(big.Int).Rsh(toBig(n[:]...), uint(at))
		want.And(want, toBig(1<<64-1))
		if got := n.from(at); toBig(got).Cmp(want) != 0 {
			t.Errorf("from bit %d: got %x", at, got)
		}
	}
}
