// Package edbatch verifies Ed25519 signatures (RFC 8032) many at a time.
//
// A batch of signatures (R, S) by keys A, where k = SHA-512(R ‖ A ‖ message),
// is good when for random numbers z of 128 bits
//
//	8·(Σ z·R + Σ z·k·A − (Σ z·S)·B) = 0
//
// which is a fraction of the work of a separate equation R = S·B − k·A for
// each. Where it does not hold there is a bad signature in the batch; then each
// is verified by its own equation, as crypto/ed25519 does. So whatever
// crypto/ed25519 accepts is accepted here, and a bad signature costs the
// others of its batch no more than one verification by themselves.
//
// Because of the factor 8, the cofactor of the curve, a batch also accepts
// signatures that crypto/ed25519 refuses: those with a component of small
// order in R or A. Only who holds a private key can make them for that key.
// (A key that is itself of small order verifies what anyone has made, here and
// there.) The verdict about them depends on the company they are in, so this
// does not suit a protocol whose parties must agree on verdicts. In all else
// it is that of crypto/ed25519: S is below the group order, R canonical, and A
// any point, canonical or not.
//
// Nothing here is secret and nothing takes constant time. A Batch belongs to
// one goroutine and copies what it is given. The package imports
// curve25519-voi for arithmetic, and nothing of this module.
package edbatch

import "github.com/oasisprotocol/curve25519-voi/curve/scalar"

// maxBatch is how many signatures share an equation. More would hardly be
// cheaper, and would have more to verify again when one is bad.
const maxBatch = 64

// Batch is a set of signatures to verify. The zero value is empty.
type Batch struct {
	checks   []check
	order    []*check
	portable portable
}

// check is one signature.
type check struct {
	key   [32]byte // A
	r     [32]byte
	s, k  scalar.Scalar
	fit   bool // R and S are in their range
	ok    bool
	apart bool
}

// Reset empties the batch and keeps its memory.
func (b *Batch) Reset() { b.checks = b.checks[:0] }

// Len returns how many signatures were added since Reset.
func (b *Batch) Len() int { return len(b.checks) }

// Add adds a signature R ‖ S by key and returns its index. hash is SHA-512(R ‖
// key ‖ message). With apart it does not share an equation with others, which
// is for signatures that are probably bad.
func (b *Batch) Add(key *[32]byte, sig *[64]byte, hash *[64]byte, apart bool) int {
	i := len(b.checks)
	b.checks = append(b.checks, check{key: *key, r: [32]byte(sig[:32]), apart: apart})
	c := &b.checks[i]
	if c.fit = scalar.ScMinimalVartime(sig[32:]) && canonical(&c.r); c.fit {
		mustScalar(c.s.SetBits(sig[32:]))
		mustScalar(c.k.SetBytesModOrderWide(hash[:]))
	}
	return i
}

// Ok tells whether signature i is good. It is false before Run.
func (b *Batch) Ok(i int) bool { return b.checks[i].ok }

// Run verifies what was added.
func (b *Batch) Run() {
	together := b.pick(false)
	for len(together) > 0 {
		// Parts of about the same size rather than full ones and a small rest.
		parts := (len(together) + maxBatch - 1) / maxBatch
		n := (len(together) + parts - 1) / parts
		b.verify(together[:n])
		together = together[n:]
	}
	b.verifyEach(b.pick(true))
}

// pick returns the signatures that are to be verified apart, or the others.
func (b *Batch) pick(apart bool) []*check {
	b.order = b.order[:0]
	for i := range b.checks {
		if c := &b.checks[i]; c.fit && c.apart == apart {
			b.order = append(b.order, c)
		}
	}
	return b.order
}

func (b *Batch) verify(checks []*check) {
	if len(checks) < minBatch || !b.portable.holds(checks) {
		b.verifyEach(checks)
		return
	}
	for _, c := range checks {
		c.ok = true
	}
}

func (b *Batch) verifyEach(checks []*check) {
	for _, c := range checks {
		c.ok = c.verify()
	}
}
