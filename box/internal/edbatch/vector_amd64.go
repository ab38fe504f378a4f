//go:build amd64 && !purego

package edbatch

import (
	"crypto/rand"
	"math/bits"
)

// vector evaluates the equation of a batch with the AVX2 kernels, by the
// method of Straus: Σ n·P over all numbers n and points P is computed bit by
// bit from the top, doubling the sum and adding what the bit asks for. The
// numbers are written with digits ±1, ±3 … ±15, only every sixth of which is
// not zero, and those multiples of each point are in a table. The additions of
// a bit are done four at a time, to four sums, the lanes of sum, which are
// added up in the end.
//
// All its memory is in it, some 400 KiB.
type vector struct {
	sum        point
	step, next addend
	points     [2]point
	decoder

	// pairs has the table of B, then those of A and R of each signature.
	pairs [pairCount]pair
	// listed has for each bit the entries of pairs to add, length how many.
	listed [numberBits][listSize]uint16
	length [numberBits]int

	random [16 * maxBatch]byte
}

const (
	window    = 5
	tableSize = 1 << (window - 2)

	// numberBits is how many digits a number below the group order has.
	numberBits = 254

	pairIdentity = 0
	pairBase     = 1
	pairPoints   = pairBase + tableSize
	pairCount    = pairPoints + 2*maxBatch*tableSize

	pairBytes = 2 * 40 * 4

	// A bit asks at most for one entry of each point, and is filled up to a
	// multiple of 4.
	listSize = (2*maxBatch + 1 + 3) &^ 3
)

// holds is for engine.holds.
func (v *vector) holds(checks []*check) bool {
	if !v.setPoints(checks) {
		return false
	}
	if _, err := rand.Read(v.random[:16*len(checks)]); err != nil {
		panic("edbatch: " + err.Error())
	}
	v.length = [numberBits]int{}
	var sum wide
	for i, c := range checks {
		a, r := tablesOf(i)
		z := randomNumber(v.random[16*i:])
		v.list(&number{z[0], z[1]}, r)
		zk := product(z, &c.k)
		v.list(&zk, a)
		sum.addProduct(z, &c.s)
	}
	copy(v.pairs[pairBase:], base().odd[:])
	minus := sum.minus()
	v.list(&minus, pairBase)
	v.addListed()
	v.addLanes()
	doubleAVX2(&v.sum, 3)
	return v.sum.isIdentity(0)
}

// tablesOf returns where the tables for A and R of signature i are.
func tablesOf(i int) (a, r int) {
	a = pairPoints + 2*i*tableSize
	return a, a + tableSize
}

// setPoints makes the tables of A and R of all signatures.
func (v *vector) setPoints(checks []*check) bool {
	fit := true
	for i := 0; i < len(checks); i += 4 {
		four := fourOf(checks[i:])
		var encoded [2]fourEncoded
		for lane, c := range four {
			encoded[0][lane], encoded[1][lane] = &c.key, &c.r
		}
		ok := v.decode(v.points[:], encoded[:])
		for lane, c := range four {
			if !ok[0][lane] || !ok[1][lane] {
				c.fit, fit = false, false
			}
		}
		if fit {
			a, r := tablesOf(i)
			v.setTables(&v.points[0], a)
			v.setTables(&v.points[1], r)
		}
	}
	v.pairs[pairIdentity] = identityPair
	return fit
}

// fourOf returns the first four, or the last one several times where there are
// less.
func fourOf(checks []*check) (four [4]*check) {
	for i := range four {
		four[i] = checks[min(i, len(checks)-1)]
	}
	return four
}

// setTables makes the tables of the points of p, the first at pairs[at] and
// each two tables after the one before. It changes p.
func (v *vector) setTables(p *point, at int) {
	const stride = 2 * tableSize * pairBytes
	v.sum = *p
	doubleAVX2(&v.sum, 1)
	addendAVX2(&v.step, &v.sum)
	for i := range tableSize {
		if i > 0 {
			addAVX2(p, &v.step)
		}
		addendAVX2(&v.next, p)
		scatterAVX2(&v.pairs[at+i], stride, &v.next)
	}
}

// list lists what a number asks for of the table at pairs[table].
func (v *vector) list(n *number, table int) {
	word, left, carry := n[0], 64, uint64(0) // word has the left bits from bit at on
	for at := 0; ; {
		// Up to the next digit bits are 0, or 1 where there is a carry.
		skip := bits.TrailingZeros64(word ^ -carry)
		if skip > left-window {
			if at += min(skip, left); at >= numberBits {
				return
			}
			word, left = n.from(at), 64
			continue
		}
		at += skip
		word >>= skip
		// A digit 2·q+1 from 16 on is that minus 32, and carries.
		q := (word&(1<<window-1) + carry) >> 1
		carry = q >> (window - 2)
		q ^= -carry & (1<<(window-1) - 1)
		v.listed[at][v.length[at]] = uint16(2*(table+int(q)) + int(carry))
		v.length[at]++
		at += window
		word >>= window
		left -= skip + window
	}
}

// addListed sets the lanes of sum to points that add up to what is listed.
func (v *vector) addListed() {
	v.sum.setIdentity()
	for at := numberBits - 1; at >= 0; at-- {
		doubleAVX2(&v.sum, 1)
		list, n := &v.listed[at], v.length[at]
		if n == 0 {
			continue
		}
		for ; n%4 != 0; n++ {
			list[n] = 2 * pairIdentity
		}
		addListedAVX2(&v.sum, &v.pairs[0], (*[4]uint16)(list[:]), n/4)
	}
}

// addLanes sets the first lane of sum to the sum of all. It overwrites tables.
func (v *vector) addLanes() {
	addendAVX2(&v.next, &v.sum)
	scatterAVX2(&v.pairs[pairPoints], pairBytes, &v.next)
	v.sum.setIdentity()
	for lane := range 4 {
		addListedAVX2(&v.sum, &v.pairs[0], &[4]uint16{uint16(2 * (pairPoints + lane))}, 1)
	}
}
