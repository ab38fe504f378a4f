//go:build !amd64 || purego

package edbatch

import "testing"

const canAllocateNothing = false

// eachPath runs a test with the only code there is here.
func eachPath(t *testing.T, test func(*testing.T)) { t.Run("portable", test) }
