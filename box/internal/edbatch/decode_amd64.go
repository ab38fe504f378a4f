//go:build amd64 && !purego

package edbatch

// decoder has the memory for decoding points, four or eight at a time. The
// exponentiations are long chains of squarings; two of them side by side fill
// each other's gaps.
type decoder struct {
	yy, u, v, v3, x, x2, check [2]element
	a, b, c, cube              [2]element
}

func multiply(out, x, y []element) {
	for i := range out {
		mulAVX2(&out[i], &x[i], &y[i])
	}
}

func square(out, x []element, n int) { squareAVX2(&out[0], &x[0], n, len(out)) }

// power sets out to z^((p−5)/8) = z^(2^252−3). out and z may be the same.
func (w *decoder) power(out, z []element) {
	n := len(z)
	a, b, c := w.a[:n], w.b[:n], w.c[:n]
	square(a, z, 1)
	square(b, a, 2)
	multiply(b, z, b) // z^9
	multiply(a, a, b)
	square(a, a, 1)
	multiply(a, b, a) // z^(2^5−1)
	square(b, a, 5)
	multiply(a, b, a) // z^(2^10−1)
	square(b, a, 10)
	multiply(b, b, a) // z^(2^20−1)
	square(c, b, 20)
	multiply(b, c, b) // z^(2^40−1)
	square(b, b, 10)
	multiply(a, b, a) // z^(2^50−1)
	square(b, a, 50)
	multiply(b, b, a) // z^(2^100−1)
	square(c, b, 100)
	multiply(b, c, b) // z^(2^200−1)
	square(b, b, 50)
	multiply(a, b, a) // z^(2^250−1)
	square(a, a, 2)
	multiply(out, a, z)
}

// invert sets z to 1/z, and 0 to 0.
func (w *decoder) invert(z *element) {
	x, cube := w.x[:1], w.cube[:1]
	x[0] = *z
	square(cube, x, 1)
	multiply(cube, cube, x)
	w.power(x, x)
	square(x, x, 3)
	mulAVX2(z, &x[0], &cube[0]) // 8·(2^252−3)+3 = p−2
}

// fourEncoded are encoded points.
type fourEncoded [4]*[32]byte

// decode sets one or two p to encoded points (RFC 8032, 5.1.3), canonical or
// not. It tells which are points; of the others the lanes have no meaning.
func (w *decoder) decode(p []point, encoded []fourEncoded) (ok [2][4]bool) {
	n := len(p)
	// x² = u/v with u = y²−1, v = d·y²+1; x is u·v³·(u·v⁷)^((p−5)/8), or that times
	// √−1.
	yy, u, v, v3, x, check := w.yy[:n], w.u[:n], w.v[:n], w.v3[:n], w.x[:n], w.check[:n]
	for i := range p {
		for lane, e := range encoded[i] {
			number := toNumber(e)
			p[i].y.set(lane, &number)
		}
		squareAVX2(&yy[i], &p[i].y, 1, 1)
		u[i].subtractOne(&yy[i])
		mulAVX2(&v[i], &d, &yy[i])
		for lane := range v[i][0] {
			v[i][0][lane]++
		}
	}
	square(v3, v, 1)
	multiply(v3, v3, v)
	square(x, v3, 1)
	multiply(x, x, v)
	multiply(x, x, u)
	w.power(x, x)
	multiply(x, x, v3)
	multiply(x, x, u)
	square(check, x, 1)
	multiply(check, check, v)
	for i := range p {
		mulAVX2(&w.x2[i], &x[i], &rootOfMinusOne)
		for lane := range ok[i] {
			ok[i][lane] = w.finish(&p[i], i, lane, encoded[i][lane][31]>>7)
		}
		p[i].z = one
		mulAVX2(&p[i].t, &p[i].x, &p[i].y)
	}
	return ok
}

// finish chooses among the roots, by the check and the sign.
func (w *decoder) finish(p *point, i, lane int, sign byte) bool {
	want, got := w.u[i].get(lane), w.check[i].get(lane)
	root := &w.x[i]
	if got != want {
		want.negate()
		root = &w.x2[i]
	}
	x := root.get(lane)
	if x[0]&1 != uint64(sign) {
		x.negate()
	}
	p.x.set(lane, &x)
	return got == want
}

// encode returns the encodings of the points of p.
func (w *decoder) encode(p *point) (encoded [4]number) {
	z, x, y := &w.u[0], &w.v[0], &w.yy[0]
	*z = p.z
	w.invert(z)
	mulAVX2(x, &p.x, z)
	mulAVX2(y, &p.y, z)
	for lane := range encoded {
		encoded[lane] = y.get(lane)
		encoded[lane][3] |= x.get(lane)[0] << 63
	}
	return encoded
}
