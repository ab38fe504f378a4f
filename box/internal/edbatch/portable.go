package edbatch

import (
	"crypto/rand"
	"encoding/binary"

	"github.com/oasisprotocol/curve25519-voi/curve"
	"github.com/oasisprotocol/curve25519-voi/curve/scalar"
)

// verify verifies one signature by its own equation R = S·B − k·A, comparing
// encodings, as crypto/ed25519 does.
func (c *check) verify() bool {
	var a, r curve.EdwardsPoint
	var encoded curve.CompressedEdwardsY
	if !decode(&a, &c.key) {
		return false
	}
	k, s := c.k.scalar(), c.s.scalar()
	r.DoubleScalarMulBasepointVartime(&k, a.Neg(&a), &s)
	encoded.SetEdwardsPoint(&r)
	return encoded == c.r
}

func decode(p *curve.EdwardsPoint, encoded *[32]byte) bool {
	_, err := p.SetCompressedY((*curve.CompressedEdwardsY)(encoded))
	return err == nil
}

// canonical tells whether an encoded point is the one that encoding gives: y
// is below 2^255-19, and x = 0 has no sign.
func canonical(encoded *[32]byte) bool {
	return (*curve.CompressedEdwardsY)(encoded).IsCanonicalVartime()
}

// portable evaluates the equation of a batch with the arithmetic of curve25519-voi.
// It keeps its memory, but voi makes tables of some 3 KiB a signature each time.
type portable struct {
	points  []curve.EdwardsPoint // A and R of each signature
	numbers []scalar.Scalar      // of B, then of A and R of each signature
	random  []byte
	// What voi takes: pointers to the above.
	atPoints  []*curve.EdwardsPoint
	atNumbers []*scalar.Scalar
}

// holds tells whether the equation of a batch holds. Signatures with which it
// cannot, since R or A is no point, are marked as unfit.
func (p *portable) holds(checks []*check) bool {
	p.resize(len(checks))
	if _, err := rand.Read(p.random); err != nil {
		panic("edbatch: " + err.Error())
	}
	fit := true
	var sum wide
	for i, c := range checks {
		if !decode(&p.points[2*i], &c.key) || !decode(&p.points[2*i+1], &c.r) {
			c.fit, fit = false, false
		}
		z := randomNumber(p.random[16*i:])
		p.numbers[1+2*i] = product(z, &c.k).scalar()
		p.numbers[2+2*i] = number{z[0], z[1]}.scalar()
		sum.addProduct(z, &c.s)
	}
	if !fit {
		return false
	}
	p.numbers[0] = sum.minus().scalar()
	var result curve.EdwardsPoint
	return result.MultiscalarMulVartime(p.atNumbers, p.atPoints).IsSmallOrder()
}

func (n number) scalar() (s scalar.Scalar) {
	b := n.bytes()
	if _, err := s.SetBits(b[:]); err != nil {
		panic("edbatch: " + err.Error())
	}
	return s
}

// randomNumber returns 128 random bits.
func randomNumber(random []byte) [2]uint64 {
	return [2]uint64{binary.LittleEndian.Uint64(random), binary.LittleEndian.Uint64(random[8:])}
}

// resize makes room for n signatures.
func (p *portable) resize(n int) {
	if len(p.points) < 2*n {
		p.points = make([]curve.EdwardsPoint, 2*n)
		p.numbers = make([]scalar.Scalar, 2*n+1)
	}
	p.random = append(p.random[:0], make([]byte, 16*n)...)
	p.atPoints = append(p.atPoints[:0], curve.ED25519_BASEPOINT_POINT)
	p.atNumbers = append(p.atNumbers[:0], &p.numbers[0])
	for i := range 2 * n {
		p.atPoints = append(p.atPoints, &p.points[i])
		p.atNumbers = append(p.atNumbers, &p.numbers[i+1])
	}
}
