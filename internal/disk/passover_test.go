package disk

import (
	"math/big"
	"math/rand/v2"
	"testing"
)

// TestNumber128 compares with numbers of any size.
func TestNumber128(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	random := func() number128 {
		return number128{rng.Uint64() >> rng.UintN(65), rng.Uint64() >> rng.UintN(65)}
	}
	large := func(n number128) *big.Int {
		b := new(big.Int).Lsh(new(big.Int).SetUint64(n.high), 64)
		return b.Or(b, new(big.Int).SetUint64(n.low))
	}
	mask := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 128), big.NewInt(1))
	for range 10_000 {
		n, m, by := random(), random(), rng.UintN(128)
		a, b := large(n), large(m)
		for what, pair := range map[string][2]*big.Int{
			"sum":        {large(n.plus(m)), new(big.Int).Add(a, b)},
			"difference": {large(n.minus(m)), new(big.Int).Sub(a, b)},
			"left":       {large(n.left(by)), new(big.Int).Lsh(a, by)},
			"right":      {large(n.right(by)), new(big.Int).Rsh(a, by)},
		} {
			if want := pair[1].And(pair[1], mask); pair[0].Cmp(want) != 0 {
				t.Fatalf("%s of %v and %v or %d: %v, want %v", what, a, b, by, pair[0], want)
			}
		}
		if n.less(m) != (a.Cmp(b) < 0) || large(least(n, m)).Cmp(b) > 0 {
			t.Fatalf("order of %v and %v", a, b)
		}
	}
}
