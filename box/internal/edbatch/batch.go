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
// others of its batch no more than one verification by themselves. One whose
// R or A is not even a point is only left out.
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
// one goroutine and copies what it is given.
//
// The arithmetic is that of kernels for AVX2, four signatures side by side, and
// where there is no AVX2 that of curve25519-voi, which is the oracle of their
// tests too. The package imports nothing of this module.
package edbatch

// maxBatch is how many signatures share an equation. More would hardly be
// cheaper, and would have more to verify again when one is bad.
const maxBatch = 64

// Batch is a set of signatures to verify. The zero value is empty.
type Batch struct {
	checks []check
	order  []*check // scratch of Run
	engine engine
}

// check is one signature.
type check struct {
	key, r [32]byte // A and R, encoded
	s, k   number
	fit    bool // nothing is known yet that makes it bad
	apart  bool
	ok     bool
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
	c.s = toNumber((*[32]byte)(sig[32:]))
	w := toWide(hash)
	c.k = w.reduced()
	c.fit = c.s.less(&order) && canonical(&c.r)
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
	b.engine.verifyEach(b.pick(true))
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

// verify verifies signatures together.
func (b *Batch) verify(checks []*check) {
	for len(checks) >= minBatch {
		if b.engine.holds(checks) {
			for _, c := range checks {
				c.ok = true
			}
			return
		}
		all := len(checks)
		if checks = fit(checks); len(checks) == all {
			break
		}
	}
	b.engine.verifyEach(checks)
}

// fit returns those of the checks that are fit, in their place.
func fit(checks []*check) []*check {
	n := 0
	for _, c := range checks {
		if c.fit {
			checks[n] = c
			n++
		}
	}
	return checks[:n]
}
