//go:build amd64 && !purego

package box

import (
	"encoding/binary"
	"math/bits"
)

// poly is a Poly1305 computation (RFC 8439) with numbers of two 64-bit words
// and some bits more. What is enough for the kernel it does with that.
type poly struct {
	h0, h1, h2 uint64
	r0, r1     uint64
	s          [2]uint64
	powers     [25]uint32 // of r, for the kernel of AVX2
	wide       [27]uint64 // the same for that of AVX-512
	prepared   bool       // whether those of the kernel in use are set
}

const (
	polyPair      = 128 // bytes that the kernel of AVX2 takes in a step
	polyShort     = 512 // with fewer bytes it is not worth its preparation
	polyWideShort = 256 // the same of the kernel of AVX-512
)

// polyKernel tells whether there is a kernel that is worth its preparation for n bytes.
func polyKernel(n int) bool {
	return usePolyWide() && n >= polyWideShort || useAVX2 && n >= polyShort
}

func (p *poly) init(key *[32]byte) {
	p.r0 = binary.LittleEndian.Uint64(key[0:]) & 0x0ffffffc0fffffff
	p.r1 = binary.LittleEndian.Uint64(key[8:]) & 0x0ffffffc0ffffffc
	p.s[0] = binary.LittleEndian.Uint64(key[16:])
	p.s[1] = binary.LittleEndian.Uint64(key[24:])
}

// update takes data; only the last one may be no multiple of 16 bytes.
func (p *poly) update(data []byte) {
	if polyKernel(len(data)) {
		if usePolyWide() {
			data = p.takeBlocks(data)
		} else {
			data = p.takePairs(data)
		}
	}
	for ; len(data) >= 16; data = data[16:] {
		p.block(binary.LittleEndian.Uint64(data), binary.LittleEndian.Uint64(data[8:]), 1)
	}
	if len(data) > 0 {
		var last [16]byte
		last[copy(last[:], data)] = 1
		p.block(binary.LittleEndian.Uint64(last[:]), binary.LittleEndian.Uint64(last[8:]), 0)
	}
}

// multiply sets h to h·r, partly reduced: h2 is at most 4. It needs h2 to be at
// most 6.
func (p *poly) multiply() {
	// r1 is a multiple of 4, and 2^130 = 5, so r1·2^128 = r1/4·5.
	s1 := p.r1 + p.r1>>2
	// d0 = h0·r0 + h1·s1, d1 = h0·r1 + h1·r0 + h2·s1, d2 = h2·r0
	d0h, d0l := bits.Mul64(p.h0, p.r0)
	xh, xl := bits.Mul64(p.h1, s1)
	d0l, c := bits.Add64(d0l, xl, 0)
	d0h, _ = bits.Add64(d0h, xh, c)
	d1h, d1l := bits.Mul64(p.h0, p.r1)
	xh, xl = bits.Mul64(p.h1, p.r0)
	d1l, c = bits.Add64(d1l, xl, 0)
	d1h, _ = bits.Add64(d1h, xh, c)
	d1l, c = bits.Add64(d1l, p.h2*s1, 0)
	d1h += c
	d2 := p.h2 * p.r0

	d1l, c = bits.Add64(d1l, d0h, 0)
	d2, _ = bits.Add64(d2, d1h, c)
	// Of d2, what is from 2^130 on counts 5 times.
	p.h0, c = bits.Add64(d0l, d2&^3+d2>>2, 0)
	p.h1, c = bits.Add64(d1l, 0, c)
	p.h2 = d2&3 + c
}

// block adds the number of a block and multiplies. top is the bit after its
// last one.
func (p *poly) block(m0, m1, top uint64) {
	var c uint64
	p.h0, c = bits.Add64(p.h0, m0, 0)
	p.h1, c = bits.Add64(p.h1, m1, c)
	p.h2 += c + top
	p.multiply()
}

// sum sets tag to h + s.
func (p *poly) sum(tag *[TagSize]byte) {
	// h is below 2·(2^130-5): take that off once where it fits.
	t0, b := bits.Sub64(p.h0, 1<<64-5, 0)
	t1, b := bits.Sub64(p.h1, 1<<64-1, b)
	_, b = bits.Sub64(p.h2, 3, b)
	keep := -b // all ones where it does not
	h0 := p.h0&keep | t0&^keep
	h1 := p.h1&keep | t1&^keep
	h0, c := bits.Add64(h0, p.s[0], 0)
	h1, _ = bits.Add64(h1, p.s[1], c)
	binary.LittleEndian.PutUint64(tag[0:], h0)
	binary.LittleEndian.PutUint64(tag[8:], h1)
}

const limbMask = 1<<26 - 1

// takePairs takes data by the kernel of AVX2 and returns what it leaves.
func (p *poly) takePairs(data []byte) []byte {
	pairs := len(data) / polyPair
	p.prepare()
	limbs := p.limbs()
	poly1305Update(&limbs, &data[0], pairs, &p.powers)
	p.setLimbs(&limbs)
	return data[pairs*polyPair:]
}

// prepare sets powers: the limbs of r⁴, r², r³ and r side by side, then those
// of r⁸.
func (p *poly) prepare() {
	if p.prepared {
		return
	}
	q := poly{r0: p.r0, r1: p.r1, h0: p.r0, h1: p.r1}
	for i := 1; i <= 8; i++ {
		at, step := 0, 4
		switch i {
		case 1:
			at = 3
		case 2:
			at = 1
		case 3:
			at = 2
		case 8:
			at, step = 20, 1
		}
		if i <= 4 || i == 8 {
			for j, l := range q.limbs() {
				p.powers[at+j*step] = uint32(l)
			}
		}
		q.multiply()
	}
	p.prepared = true
}

// limbs returns h in limbs of 26 bits.
func (p *poly) limbs() [5]uint64 {
	return [5]uint64{
		p.h0 & limbMask,
		p.h0 >> 26 & limbMask,
		(p.h0>>52 | p.h1<<12) & limbMask,
		p.h1 >> 14 & limbMask,
		p.h1>>40 | p.h2<<24,
	}
}

// setLimbs sets h to the number of the limbs, each below 2^63.
func (p *poly) setLimbs(l *[5]uint64) {
	c := uint64(0)
	for i := range l {
		l[i] += c
		c = l[i] >> 26
		l[i] &= limbMask
	}
	l[0] += 5 * c // below 2^42
	for i := range 4 {
		l[i+1] += l[i] >> 26
		l[i] &= limbMask
	}
	p.h0 = l[0] | l[1]<<26 | l[2]<<52
	p.h1 = l[2]>>12 | l[3]<<14 | l[4]<<40
	p.h2 = l[4] >> 24
}
