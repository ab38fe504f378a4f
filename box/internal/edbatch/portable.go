package edbatch

import (
	"crypto/rand"

	"github.com/oasisprotocol/curve25519-voi/curve"
	"github.com/oasisprotocol/curve25519-voi/curve/scalar"
)

// minBatch is the least number of signatures that are cheaper together.
const minBatch = 3

// verify verifies one signature by its own equation R = S·B − k·A, comparing
// encodings, as crypto/ed25519 does.
func (c *check) verify() bool {
	var a, r curve.EdwardsPoint
	var encoded curve.CompressedEdwardsY
	if !decode(&a, &c.key) {
		return false
	}
	r.DoubleScalarMulBasepointVartime(&c.k, a.Neg(&a), &c.s)
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

// portable evaluates the equation of a batch with the arithmetic of
// curve25519-voi. It keeps its memory; what remains to allocate are voi's tables, some
// 4 KiB a signature.
type portable struct {
	points  []curve.EdwardsPoint // A and R of each signature
	numbers []scalar.Scalar      // of B, then of A and R of each signature
	random  []byte
	// What voi takes: pointers to the above.
	atPoints  []*curve.EdwardsPoint
	atNumbers []*scalar.Scalar
}

// holds tells whether the equation of a batch holds. It does not when a
// point of it is none.
func (p *portable) holds(checks []*check) bool {
	p.resize(len(checks))
	if _, err := rand.Read(p.random); err != nil {
		panic("edbatch: " + err.Error())
	}
	sum := &p.numbers[0]
	sum.Zero()
	for i, c := range checks {
		if !decode(&p.points[2*i], &c.key) || !decode(&p.points[2*i+1], &c.r) {
			return false
		}
		zk, z := &p.numbers[1+2*i], &p.numbers[2+2*i]
		setRandom(z, p.random[16*i:])
		zk.Mul(z, &c.k)
		var zs scalar.Scalar
		sum.Add(sum, zs.Mul(z, &c.s))
	}
	sum.Neg(sum)
	var result curve.EdwardsPoint
	return result.MultiscalarMulVartime(p.atNumbers, p.atPoints).IsSmallOrder()
}

func setRandom(z *scalar.Scalar, random []byte) {
	var b [32]byte
	copy(b[:16], random)
	mustScalar(z.SetBits(b[:]))
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

// mustScalar panics at an error, which are those of wrong sizes.
func mustScalar(_ *scalar.Scalar, err error) {
	if err != nil {
		panic("edbatch: " + err.Error())
	}
}
