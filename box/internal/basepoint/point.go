package basepoint

import fp "github.com/cloudflare/circl/math/fp25519"

// point is a point of edwards25519 in extended coordinates, x = X/Z, y = Y/Z, x·y = T/Z. The formulas are those of Hisil,
// Wong, Carter and Dawson for a = −1.
type point struct{ x, y, z, t fp.Elt }

// addend is a point as add takes it: y+x, y−x, 2d·x·y.
type addend struct{ sum, difference, product fp.Elt }

// add adds a to p.
func (p *point) add(a *addend) {
	var e, f, g, h fp.Elt
	fp.Sub(&e, &p.y, &p.x)
	fp.Mul(&e, &e, &a.difference)
	fp.Add(&h, &p.y, &p.x)
	fp.Mul(&h, &h, &a.sum)
	fp.Mul(&f, &p.t, &a.product)
	fp.Add(&g, &p.z, &p.z)
	fp.AddSub(&h, &e) // h+e, h−e
	fp.AddSub(&g, &f)
	p.complete(&e, &f, &g, &h)
}

// double doubles p.
func (p *point) double() {
	var e, f, g, h, b fp.Elt
	fp.Sqr(&h, &p.x)
	fp.Sqr(&b, &p.y)
	fp.Sqr(&f, &p.z)
	fp.Add(&f, &f, &f)
	fp.Add(&e, &p.x, &p.y)
	fp.Sqr(&e, &e)
	fp.Sub(&g, &h, &b)
	fp.Add(&h, &h, &b)
	fp.Sub(&e, &h, &e)
	fp.Add(&f, &f, &g)
	p.complete(&e, &f, &g, &h)
}

func (p *point) complete(e, f, g, h *fp.Elt) {
	fp.Mul(&p.x, e, f)
	fp.Mul(&p.y, g, h)
	fp.Mul(&p.t, e, h)
	fp.Mul(&p.z, f, g)
}

// addend returns p as an addend. It is for making tables.
func (p *point) addend() *addend {
	var inverse, x, y fp.Elt
	fp.Inv(&inverse, &p.z)
	fp.Mul(&x, &p.x, &inverse)
	fp.Mul(&y, &p.y, &inverse)
	a := new(addend)
	fp.Add(&a.sum, &y, &x)
	fp.Sub(&a.difference, &y, &x)
	fp.Mul(&a.product, &x, &y)
	fp.Mul(&a.product, &a.product, &d)
	fp.Add(&a.product, &a.product, &a.product)
	return a
}

var (
	one      = fp.Elt{1}
	identity = point{y: one, z: one}

	// d is −121665/121666.
	d = fp.Elt{
		0xa3, 0x78, 0x59, 0x13, 0xca, 0x4d, 0xeb, 0x75, 0xab, 0xd8, 0x41, 0x41, 0x4d, 0x0a, 0x70, 0x00,
		0x98, 0xe8, 0x79, 0x77, 0x79, 0x40, 0xc7, 0x8c, 0x73, 0xfe, 0x6f, 0x2b, 0xee, 0x6c, 0x03, 0x52,
	}
	baseX = fp.Elt{
		0x1a, 0xd5, 0x25, 0x8f, 0x60, 0x2d, 0x56, 0xc9, 0xb2, 0xa7, 0x25, 0x95, 0x60, 0xc7, 0x2c, 0x69,
		0x5c, 0xdc, 0xd6, 0xfd, 0x31, 0xe2, 0xa4, 0xc0, 0xfe, 0x53, 0x6e, 0xcd, 0xd3, 0x36, 0x69, 0x21,
	}
	baseY = fp.Elt{ // 4/5
		0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
		0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
	}
)
