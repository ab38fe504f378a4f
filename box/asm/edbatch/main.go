// Edbatch writes the AVX2 kernels of package edbatch. See the generator of
// Salsa20 beside it for how it is run and what it imports.
//
// All kernels work on four values at once, one in each 64-bit lane of a vector.
// Their declarations in Go, with what they do, are in package edbatch.
package main

import . "github.com/mmcloughlin/avo/build"

func main() {
	ConstraintExpr("amd64,!purego")
	constants()
	mulCore()
	squareCore()
	mulKernel()
	squareKernel()
	doubleKernel()
	addKernels()
	cacheKernel()
	scatterKernel()
	Generate()
}
