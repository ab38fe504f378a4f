//go:build amd64 && !purego

package box

// hasKernels is true where the kernels run, and with them batches that need no new
// memory.
var hasKernels = useAVX2

// eachPath runs a test or benchmark with the kernels that this machine can run, and with
// what replaces them where it cannot.
func eachPath[T interface{ Run(string, func(T)) bool }](t T, test func(T)) {
	had, wide, full := useAVX2, useAVX512, fullWidth
	defer func() { useAVX2, useAVX512, fullWidth = had, wide, full }()
	if wide {
		fullWidth = true
		t.Run("AVX512", test)
		fullWidth = false
		t.Run("AVX512 at 256 bits", test)
	}
	useAVX512 = false
	if had {
		t.Run("AVX2", test)
	}
	useAVX2 = false
	t.Run("generic", test)
}
