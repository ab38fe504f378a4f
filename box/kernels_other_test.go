//go:build !amd64 || purego

package box

import "testing"

const hasKernels = false

// eachPath runs a test with the only code there is here.
func eachPath(t *testing.T, test func(*testing.T)) { t.Run("generic", test) }
