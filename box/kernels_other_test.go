//go:build !amd64 || purego

package box

const hasKernels = false

// eachPath runs a test or benchmark with the only code there is here.
func eachPath[T interface{ Run(string, func(T)) bool }](t T, test func(T)) { t.Run("generic", test) }
