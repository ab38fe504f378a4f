package basepoint

import (
	"encoding/binary"
	"sync"

	fp "github.com/cloudflare/circl/math/fp25519"
)

// column has the multiples of one point, 1 to 8, as words of the three elements of an addend.
type column [8][words]uint64

const (
	elementWords = fp.Size / 8
	words        = 3 * elementWords
)

// choose sets a to a multiple, −8 to 8. It reads all of them.
func (a *addend) choose(c *column, digit int8) {
	negative := uint64(digit >> 7) // all ones, or none
	size := uint64(int64(digit)^int64(negative)) - negative
	var w [words]uint64
	for i := range c {
		mask := equal(size, uint64(i+1))
		for j, x := range &c[i] {
			w[j] |= x & mask
		}
	}
	none := equal(size, 0) & 1 // then both are 1
	w[0] |= none
	w[elementWords] |= none
	for i := range elementWords { // of −P they change places
		swap := (w[i] ^ w[elementWords+i]) & negative
		w[i] ^= swap
		w[elementWords+i] ^= swap
	}
	load(&a.sum, w[:])
	load(&a.difference, w[elementWords:])
	load(&a.product, w[2*elementWords:])
	var minus fp.Elt
	fp.Neg(&minus, &a.product)
	fp.Cmov(&a.product, &minus, uint(negative&1))
}

// equal is all ones when x and y, below 2^63, are equal, else zero.
func equal(x, y uint64) uint64 { return uint64(int64(x^y)-1) >> 63 * (1<<64 - 1) }

func load(e *fp.Elt, w []uint64) {
	for i := range elementWords {
		binary.LittleEndian.PutUint64(e[8*i:], w[i])
	}
}

func (a *addend) store(w *[words]uint64) {
	for i, e := range []*fp.Elt{&a.sum, &a.difference, &a.product} {
		fp.Modp(e)
		for j := range elementWords {
			w[i*elementWords+j] = binary.LittleEndian.Uint64(e[8*j:])
		}
	}
}

// base is the table, 24 KiB, made when it is first needed.
var base = sync.OnceValue(func() *[digits / 2]column {
	t := new([digits / 2]column)
	power := point{x: baseX, y: baseY, z: one} // 256^i·B
	fp.Mul(&power.t, &power.x, &power.y)
	for i := range t {
		step := power.addend()
		p := power
		for j := range t[i] {
			if j > 0 {
				p.add(step)
			}
			p.addend().store(&t[i][j])
		}
		for range 8 {
			power.double()
		}
	}
	return t
})
