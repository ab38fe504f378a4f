//go:build amd64 && !purego

package edbatch

import "sync"

// singles verifies four signatures side by side, each by its own equation: it
// computes S·B − k·A and compares its encoding with R. k has digits from −8 to
// 7, S digits from −128 to 127; the table of B is made once for all.
type singles struct {
	decoder
	sum        [1]point
	step, next addend
	pairs      [4][multiples]pair // 0·A, 1·A … 8·A for each lane
}

const (
	multiples     = 8 + 1
	baseMultiples = 128 + 1
)

// verify verifies at most four signatures.
func (v *singles) verify(checks []*check) {
	four := fourOf(checks)
	points := v.setTables(four)
	var k [64][4]uint16 // entries for the digits of k and of S
	var s [32][4]uint16
	for lane, c := range four {
		carry := uint64(0)
		for i := range k {
			var digit uint64
			digit, carry = c.k.digit(4*i, 4, carry)
			k[i][lane] = uint16(2*(lane*multiples+int(digit)) + 1 - int(carry)) // of −A
		}
		carry = 0
		for i := range s {
			var digit uint64
			digit, carry = c.s.digit(8*i, 8, carry)
			s[i][lane] = uint16(2*digit + carry)
		}
	}
	sum, base := &v.sum[0], base()
	sum.setIdentity()
	for i := len(k) - 1; i >= 0; i-- {
		doubleAVX2(sum, 4)
		addListedAVX2(sum, &v.pairs[0][0], &k[i], 1)
		if i%2 == 0 {
			addListedAVX2(sum, &base.all[0], &s[i/2], 1)
		}
	}
	for lane, encoded := range v.encode(sum) {
		c := four[lane]
		c.ok = points[lane] && encoded == toNumber(&c.r)
	}
}

// digit returns the size of the signed digit of n that has width bits from at
// on, and what it carries: 1 when it is negative. It takes the carry of the
// digit before.
func (n *number) digit(at, width int, carry uint64) (size, carries uint64) {
	size = n.from(at)&(1<<width-1) + carry
	if size < 1<<(width-1) {
		return size, 0
	}
	return 1<<width - size, 1
}

// setTables makes the tables of the keys, and tells which are points.
func (v *singles) setTables(four [4]*check) (points [4]bool) {
	const stride = multiples * pairBytes
	p := &v.sum[0]
	points = v.decode(v.sum[:], []fourEncoded{{&four[0].key, &four[1].key, &four[2].key, &four[3].key}})[0]
	addendAVX2(&v.step, p)
	scatterAVX2(&v.pairs[0][1], stride, &v.step)
	for i := 2; i < multiples; i++ {
		addAVX2(p, &v.step)
		addendAVX2(&v.next, p)
		scatterAVX2(&v.pairs[0][i], stride, &v.next)
	}
	for lane := range v.pairs {
		v.pairs[lane][0] = identityPair
	}
	return points
}

// baseTables are multiples of B.
type baseTables struct {
	odd [tableSize]pair     // B, 3·B … 15·B
	all [baseMultiples]pair // 0·B, 1·B … 128·B
}

var base = sync.OnceValue(func() *baseTables {
	b := [32]byte{0x58} // y = 4/5, x even
	for i := 1; i < len(b); i++ {
		b[i] = 0x66
	}
	t := new(baseTables)
	var w decoder
	var step, next addend
	var four [4]pair
	p := make([]point, 1)
	w.decode(p, []fourEncoded{{&b, &b, &b, &b}})
	addendAVX2(&step, &p[0])
	t.all[0] = identityPair
	for i := 1; i < baseMultiples; i++ {
		addendAVX2(&next, &p[0])
		scatterAVX2(&four[0], pairBytes, &next)
		t.all[i] = four[0]
		addAVX2(&p[0], &step)
	}
	for i := range t.odd {
		t.odd[i] = t.all[2*i+1]
	}
	return t
})
