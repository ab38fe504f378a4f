//go:build amd64 && !purego

package edbatch

const (
	mask26 = 1<<26 - 1
	mask25 = 1<<25 - 1
)

// set sets a lane to the low 255 bits of n.
func (e *element) set(lane int, n *number) {
	e[0][lane] = n[0] & mask26
	e[1][lane] = n[0] >> 26 & mask25
	e[2][lane] = (n[0]>>51 | n[1]<<13) & mask26
	e[3][lane] = n[1] >> 13 & mask25
	e[4][lane] = n[1] >> 38
	e[5][lane] = n[2] & mask25
	e[6][lane] = n[2] >> 25 & mask26
	e[7][lane] = (n[2]>>51 | n[3]<<13) & mask25
	e[8][lane] = n[3] >> 12 & mask26
	e[9][lane] = n[3] >> 38 & mask25
}

// setAll sets all lanes to n.
func (e *element) setAll(n *number) {
	for lane := range 4 {
		e.set(lane, n)
	}
}

// get returns a lane, fully reduced.
func (e *element) get(lane int) (n number) {
	var l [10]uint64
	carry := uint64(0)
	for i := range l {
		width := 26 - i&1
		l[i] = e[i][lane] + carry
		carry = l[i] >> width
		l[i] &= 1<<width - 1
	}
	// The limbs now fit side by side, and carry·2^255 = 19·carry.
	n[0] = l[0] | l[1]<<26 | l[2]<<51
	n[1] = l[2]>>13 | l[3]<<13 | l[4]<<38
	n[2] = l[5] | l[6]<<25 | l[7]<<51
	n[3] = l[7]>>13 | l[8]<<12 | l[9]<<38
	n.addSmall(19 * carry)
	// n is below 2p now. It is p or more when n+19 reaches 2^255.
	m := n
	m.addSmall(19)
	if m[3]>>63 == 1 {
		m[3] &= 1<<63 - 1
		return m
	}
	return n
}

func (n *number) addSmall(x uint64) { n.add(&number{x}) }

// negate sets n, which is fully reduced, to −n.
func (n *number) negate() {
	if *n != (number{}) {
		m := number{1<<64 - 19, 1<<64 - 1, 1<<64 - 1, 1<<63 - 1}
		m.subtract(n)
		*n = m
	}
}

// Constants of the field and of the curve, in all lanes.
var one, zero, d, rootOfMinusOne = func() (o, z, d, r element) {
	o.setAll(&number{1})
	d.setAll(&number{0x75eb4dca135978a3, 0x00700a4d4141d8ab, 0x8cc740797779e898, 0x52036cee2b6ffe73})
	r.setAll(&number{0xc4ee1b274a0ea0b0, 0x2f431806ad2fe478, 0x2b4d00993dfbd7a7, 0x2b8324804fc1df0b})
	return o, z, d, r
}()

// twoP is 2p in limbs.
var twoP = func() (l [10]uint64) {
	for i := range l {
		l[i] = 2 * (1<<(26-i&1) - 1)
	}
	l[0] -= 2 * 18
	return l
}()

// subtractOne sets out to f−1 for reduced f.
func (out *element) subtractOne(f *element) {
	for i := range f {
		for lane := range f[i] {
			out[i][lane] = f[i][lane] + twoP[i]
		}
	}
	for lane := range out[0] {
		out[0][lane]--
	}
}

func (p *point) setIdentity() { p.t, p.z, p.x, p.y = zero, one, zero, one }

// isIdentity tells whether the point in a lane is (0, 1).
func (p *point) isIdentity(lane int) bool {
	return p.x.get(lane) == number{} && p.y.get(lane) == p.z.get(lane)
}

// identityPair is the identity and its negative.
var identityPair = func() (p pair) {
	for i := range p {
		p[i][0], p[i][10], p[i][30] = 1, 1, 2 // Y−X, Y+X, 2·Z
	}
	return p
}()
