//go:build amd64 && !purego

package box

// takeBlocks takes the whole blocks of data by the kernel of AVX-512 and returns what is left.
func (p *poly) takeBlocks(data []byte) []byte {
	if !p.prepared {
		r := wideLimbs(p.r0, p.r1, 0)
		poly1305Powers(&p.wide, &r)
		p.prepared = true
	}
	n := len(data) / 16
	sum := wideLimbs(p.h0, p.h1, p.h2)
	poly1305Blocks(&sum, &data[0], n, &p.wide)
	p.setWideLimbs(&sum)
	return data[n*16:]
}

const wideMask = 1<<44 - 1

// wideLimbs returns a number in limbs of 44 bits.
func wideLimbs(h0, h1, h2 uint64) [3]uint64 {
	return [3]uint64{
		h0 & wideMask,
		(h0>>44 | h1<<20) & wideMask,
		h1>>24 | h2<<40,
	}
}

// setWideLimbs sets h to the number of the limbs, each below 2^59.
func (p *poly) setWideLimbs(l *[3]uint64) {
	l[1] += l[0] >> 44
	l[2] += l[1] >> 44
	l[0] = l[0]&wideMask + 5*(l[2]>>42)
	l[1] = l[1]&wideMask + l[0]>>44
	l[2] = l[2]&(1<<42-1) + l[1]>>44
	l[0] &= wideMask
	l[1] &= wideMask
	p.h0 = l[0] | l[1]<<44
	p.h1 = l[1]>>20 | l[2]<<24
	p.h2 = l[2] >> 40
}
