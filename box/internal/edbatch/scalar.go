package edbatch

import (
	"encoding/binary"
	"math/bits"
)

// number is a number of 256 bits, the least significant word first.
type number [4]uint64

func toNumber(b *[32]byte) (n number) {
	for i := range n {
		n[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	return n
}

func (n *number) bytes() (b [32]byte) {
	for i, word := range n {
		binary.LittleEndian.PutUint64(b[8*i:], word)
	}
	return b
}

// from returns the 64 bits of n from bit at on.
func (n *number) from(at int) uint64 {
	i, shift := at/64, uint(at%64)
	if i >= len(n) {
		return 0
	}
	word := n[i] >> shift
	if i+1 < len(n) {
		word |= n[i+1] << 1 << (63 - shift)
	}
	return word
}

// The order L of the group is 2^252 + orderTail.
const (
	orderTail0 = 0x5812631a5cf5d3ed
	orderTail1 = 0x14def9dea2f79cd6
)

var (
	order      = number{orderTail0, orderTail1, 0, 1 << 60}
	twiceOrder = number{0xb024c634b9eba7da, 0x29bdf3bd45ef39ac, 0, 1 << 61}
)

// less tells whether n < m.
func (n *number) less(m *number) bool {
	_, b := bits.Sub64(n[0], m[0], 0)
	_, b = bits.Sub64(n[1], m[1], b)
	_, b = bits.Sub64(n[2], m[2], b)
	_, b = bits.Sub64(n[3], m[3], b)
	return b == 1
}

func (n *number) add(m *number) {
	var c uint64
	n[0], c = bits.Add64(n[0], m[0], 0)
	n[1], c = bits.Add64(n[1], m[1], c)
	n[2], c = bits.Add64(n[2], m[2], c)
	n[3], _ = bits.Add64(n[3], m[3], c)
}

func (n *number) subtract(m *number) {
	var b uint64
	n[0], b = bits.Sub64(n[0], m[0], 0)
	n[1], b = bits.Sub64(n[1], m[1], b)
	n[2], b = bits.Sub64(n[2], m[2], b)
	n[3], _ = bits.Sub64(n[3], m[3], b)
}

// wide is a number of 512 bits.
type wide [8]uint64

func toWide(b *[64]byte) (w wide) {
	for i := range w {
		w[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	return w
}

// mulAdd returns x·y + a + b.
func mulAdd(x, y, a, b uint64) (hi, lo uint64) {
	hi, lo = bits.Mul64(x, y)
	lo, c := bits.Add64(lo, a, 0)
	hi += c
	lo, c = bits.Add64(lo, b, 0)
	return hi + c, lo
}

// addProduct adds z·n for a z of 128 bits. The sum must fit 448 bits.
func (w *wide) addProduct(z [2]uint64, n *number) {
	var c uint64
	c, w[0] = mulAdd(z[0], n[0], w[0], 0)
	c, w[1] = mulAdd(z[0], n[1], w[1], c)
	c, w[2] = mulAdd(z[0], n[2], w[2], c)
	c, w[3] = mulAdd(z[0], n[3], w[3], c)
	w[4], c = bits.Add64(w[4], c, 0)
	w[5], c = bits.Add64(w[5], 0, c)
	w[6] += c
	c, w[1] = mulAdd(z[1], n[0], w[1], 0)
	c, w[2] = mulAdd(z[1], n[1], w[2], c)
	c, w[3] = mulAdd(z[1], n[2], w[3], c)
	c, w[4] = mulAdd(z[1], n[3], w[4], c)
	w[5], c = bits.Add64(w[5], c, 0)
	w[6] += c
}

// timesTail returns a number of 192 bits times orderTail.
func timesTail(h0, h1, h2 uint64) (r0, r1, r2, r3, r4 uint64) {
	r1, r0 = mulAdd(h0, orderTail0, 0, 0)
	r2, r1 = mulAdd(h1, orderTail0, r1, 0)
	r3, r2 = mulAdd(h2, orderTail0, r2, 0)
	c, r1 := mulAdd(h0, orderTail1, r1, 0)
	c, r2 = mulAdd(h1, orderTail1, r2, c)
	r4, r3 = mulAdd(h2, orderTail1, r3, c)
	return r0, r1, r2, r3, r4
}

// reduced returns w mod L. As 2^252 is −orderTail, what w has above that is
// multiplied by orderTail and taken off. That is done with the product too, and
// once more: their sizes are 385, 258 and 131 bits.
func (w *wide) reduced() number {
	const low = 1<<60 - 1 // of the fourth word
	n := number{w[0], w[1], w[2], w[3] & low}

	m0, m1, m2, m3, m4 := timesTail(w[3]>>60|w[4]<<4, w[4]>>60|w[5]<<4, w[5]>>60|w[6]<<4)
	var m5, m6 uint64
	if h3, h4 := w[6]>>60|w[7]<<4, w[7]>>60; h3|h4 != 0 {
		r0, r1, r2, r3, _ := timesTail(h3, h4, 0)
		var c uint64
		m3, c = bits.Add64(m3, r0, 0)
		m4, c = bits.Add64(m4, r1, c)
		m5, c = bits.Add64(r2, 0, c)
		m6 = r3 + c
	}
	p0, p1, p2, p3, p4 := timesTail(m3>>60|m4<<4, m4>>60|m5<<4, m5>>60|m6<<4)
	l0, l1, l2, _, _ := timesTail(p3>>60|p4<<4, 0, 0)

	// Each is below 2^252; twice the order makes up for what is taken off.
	n.add(&number{p0, p1, p2, p3 & low})
	n.add(&twiceOrder)
	n.subtract(&number{m0, m1, m2, m3 & low})
	n.subtract(&number{l0, l1, l2})
	for !n.less(&order) {
		n.subtract(&order)
	}
	return n
}

// product returns z·n mod L.
func product(z [2]uint64, n *number) number {
	var w wide
	w.addProduct(z, n)
	return w.reduced()
}

// minus returns −w mod L, or L for 0.
func (w *wide) minus() number {
	n, m := w.reduced(), order
	m.subtract(&n)
	return m
}
