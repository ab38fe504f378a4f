//go:build amd64 && !purego

package box

func polySum(tag *[TagSize]byte, data []byte, key *[32]byte) {
	if !polyKernel(len(data)) {
		polySumGeneric(tag, data, key)
		return
	}
	var p poly
	p.init(key)
	p.update(data)
	p.sum(tag)
}

// polyStream is a Poly1305 computation over data that comes in pieces.
type polyStream struct {
	poly
	rest [16]byte // the beginning of a block, its first n bytes
	n    int
}

func (p *polyStream) start(key *[32]byte) { p.init(key) }

// write takes the next piece.
func (p *polyStream) write(data []byte) {
	if p.n > 0 {
		c := copy(p.rest[p.n:], data)
		p.n, data = p.n+c, data[c:]
		if p.n < len(p.rest) {
			return
		}
		p.update(p.rest[:])
	}
	whole := len(data) &^ 15
	p.update(data[:whole])
	p.n = copy(p.rest[:], data[whole:])
}

// finish sets tag to the tag of all pieces.
func (p *polyStream) finish(tag *[TagSize]byte) {
	p.update(p.rest[:p.n])
	p.sum(tag)
}

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
