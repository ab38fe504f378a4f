//go:build amd64 && !purego

package edbatch

import "testing"

// canAllocateNothing is true where the kernels are, which make no tables anew.
var canAllocateNothing = useAVX2

// eachPath runs a test with the kernels that this machine can run, and with
// what replaces them where it cannot.
func eachPath(t *testing.T, test func(*testing.T)) {
	had := useAVX2
	defer func() { useAVX2 = had }()
	if had {
		t.Run("AVX2", test)
	}
	useAVX2 = false
	t.Run("portable", test)
}
