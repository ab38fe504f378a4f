//go:build !amd64 || purego

package edbatch

// minBatch is the least number of signatures that are cheaper together.
const minBatch = 3

// engine does the arithmetic of a Batch.
type engine struct{ portable }

// verifyEach verifies signatures each by its own equation.
func (e *engine) verifyEach(checks []*check) {
	for _, c := range checks {
		c.ok = c.verify()
	}
}
