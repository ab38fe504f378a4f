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
