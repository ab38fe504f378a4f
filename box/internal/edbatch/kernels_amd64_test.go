//go:build amd64 && !purego

package edbatch

import (
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/oasisprotocol/curve25519-voi/curve"
)

var prime = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))

// big returns a lane mod p.
func (e *element) big(lane int) *big.Int {
	n := new(big.Int)
	for i, l := range e {
		n.Add(n, new(big.Int).Lsh(new(big.Int).SetUint64(l[lane]), uint(51*(i/2)+26*(i%2))))
	}
	return n.Mod(n, prime)
}

// randomElement has limbs up to bound full ones, often just that or zero.
func randomElement(rnd *rand.ChaCha8, bound uint64) (e element) {
	for i := range e {
		full := bound << (26 - i&1)
		for lane := range e[i] {
			switch rnd.Uint64() % 4 {
			case 0:
				e[i][lane] = full
			case 1:
				e[i][lane] = 0
			default:
				e[i][lane] = rnd.Uint64() % (full + 1)
			}
		}
	}
	return e
}

// checkElement wants reduced limbs and the number.
func checkElement(t *testing.T, what string, e *element, lane int, want *big.Int) {
	t.Helper()
	for i := range e {
		if e[i][lane] > 1<<(26-i&1)+1<<15 {
			t.Fatalf("%s: limb %d is %#x", what, i, e[i][lane])
		}
	}
	got := e.get(lane)
	if e.big(lane).Cmp(want) != 0 || toBig(got[:]...).Cmp(want) != 0 {
		t.Fatalf("%s: got %x, want %x", what, got, want)
	}
}

// TestProducts has factors up to the bounds that multiplication allows.
func TestProducts(t *testing.T) {
	if !useAVX2 {
		return
	}
	rnd := random(t)
	for range 2000 {
		f, g := randomElement(rnd, 1+rnd.Uint64()%5), randomElement(rnd, 1+rnd.Uint64()%3)
		var product, squared element
		mulAVX2(&product, &f, &g)
		squareAVX2(&squared, &g, 1, 1)
		for lane := range 4 {
			x, y := f.big(lane), g.big(lane)
			checkElement(t, "product", &product, lane, x.Mod(x.Mul(x, y), prime))
			checkElement(t, "square", &squared, lane, y.Mod(y.Mul(y, y), prime))
		}
	}
}

func TestPowers(t *testing.T) {
	if !useAVX2 {
		return
	}
	rnd := random(t)
	exponent := new(big.Int).Rsh(prime, 3) // (p−5)/8
	var w decoder
	for range 20 {
		z := []element{randomElement(rnd, 1), randomElement(rnd, 1)}
		out := make([]element, 2)
		w.power(out, z)
		inverse := z[0]
		w.invert(&inverse)
		for lane := range 4 {
			for i := range z {
				checkElement(t, "power", &out[i], lane, new(big.Int).Exp(z[i].big(lane), exponent, prime))
			}
			want := new(big.Int).Exp(z[0].big(lane), new(big.Int).Sub(prime, big.NewInt(2)), prime)
			checkElement(t, "inverse", &inverse, lane, want)
		}
	}
}

// TestSetGet has numbers around p and 2^255.
func TestSetGet(t *testing.T) {
	for d := int64(-25); d <= 18; d++ {
		n := new(big.Int).Add(prime, big.NewInt(d))
		var words number
		for i := range words {
			words[i] = new(big.Int).Rsh(n, uint(64*i)).Uint64()
		}
		var e element
		e.setAll(&words)
		got := e.get(2)
		if want := n.Mod(n, prime); toBig(got[:]...).Cmp(want) != 0 {
			t.Errorf("p%+d: got %x, want %x", d, got, want)
		}
		got.negate()
		if sum := toBig(got[:]...); sum.Mod(sum.Add(sum, n), prime).Sign() != 0 {
			t.Errorf("−(p%+d): got %x", d, got)
		}
	}
}

// TestPoints decodes random bytes and compares that, and what comes out of the
// point kernels, with curve25519-voi.
func TestPoints(t *testing.T) {
	if !useAVX2 {
		return
	}
	rnd := random(t)
	w := new(vector)
	for round := range 40 {
		var encoded [2]fourEncoded
		var points [2][4]curve.EdwardsPoint
		var valid [2][4]bool
		for i := range encoded {
			for lane := range encoded[i] {
				e := new([32]byte)
				if rnd.Read(e[:]); round < len(smallOrder) && lane == 0 {
					*e = smallOrder[round]
				}
				encoded[i][lane] = e
				valid[i][lane] = decode(&points[i][lane], e)
			}
		}
		if ok := w.decode(w.points[:], encoded[:]); ok != valid {
			t.Fatalf("decoded %v, want %v", ok, valid)
		}
		p, q := &w.points[0], &w.points[1]
		addendAVX2(&w.next, q)
		w.sum = *p
		addAVX2(&w.sum, &w.next)
		doubleAVX2(p, 3)
		addAVX2(p, &w.next)
		sums, more := w.encode(&w.sum), w.encode(p)
		for lane := range 4 {
			if !valid[0][lane] || !valid[1][lane] {
				continue
			}
			a, b := &points[0][lane], &points[1][lane]
			checkPoint(t, "P+Q", sums[lane], new(curve.EdwardsPoint).Add(a, b))
			a.MulByCofactor(a)
			checkPoint(t, "8·P+Q", more[lane], a.Add(a, b))
		}
	}
}

func checkPoint(t *testing.T, what string, got number, want *curve.EdwardsPoint) {
	t.Helper()
	var encoded curve.CompressedEdwardsY
	if encoded.SetEdwardsPoint(want); got.bytes() != encoded {
		t.Errorf("%s: got %x, want %x", what, got.bytes(), encoded)
	}
}

// TestList adds up what is listed for numbers.
func TestList(t *testing.T) {
	rnd := random(t)
	v := new(vector)
	for range 2000 {
		n := number{word(rnd), word(rnd), word(rnd), word(rnd) >> 3}
		if n[3]>>60 != 0 {
			n = order
		}
		v.length = [numberBits]int{}
		const table = 100
		v.list(&n, table)
		sum := new(big.Int)
		for at, listed := range v.listed {
			for _, entry := range listed[:v.length[at]] {
				digit := 2*int64(entry/2-table) + 1
				if digit < 1 || digit > 15 {
					t.Fatalf("digit %d", digit)
				}
				if entry%2 == 1 {
					digit = -digit
				}
				sum.Add(sum, new(big.Int).Lsh(big.NewInt(digit), uint(at)))
			}
		}
		if sum.Cmp(toBig(n[:]...)) != 0 {
			t.Fatalf("listed %x for %x", sum, n)
		}
	}
}
