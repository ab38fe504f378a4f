//go:build amd64 && !purego

package edbatch

// minBatch is the least number of signatures that are cheaper together.
const minBatch = 6

// engine does the arithmetic of a Batch. It makes the memory for it when it is
// first needed: most of it when there are enough signatures for a batch.
type engine struct {
	portable portable
	vector   *vector
	singles  *singles
}

// holds tells whether the equation of a batch holds. Signatures with which it
// cannot, since R or A is no point, are marked as unfit.
func (e *engine) holds(checks []*check) bool {
	if !useAVX2 {
		return e.portable.holds(checks)
	}
	if e.vector == nil {
		e.vector = new(vector)
	}
	return e.vector.holds(checks)
}

// verifyEach verifies signatures each by its own equation. Two are quicker one
// after the other than side by side.
func (e *engine) verifyEach(checks []*check) {
	if e.singles == nil && useAVX2 && len(checks) > 2 {
		e.singles = new(singles)
	}
	for useAVX2 && len(checks) > 2 {
		n := min(len(checks), 4)
		e.singles.verify(checks[:n])
		checks = checks[n:]
	}
	for _, c := range checks {
		c.ok = c.verify()
	}
}
