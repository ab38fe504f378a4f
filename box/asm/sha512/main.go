// Sha512 writes the kernels of SHA-512, for AVX2 and AVX-512, for package box. See the generator
// of Salsa20 beside it for how it is run and what it imports.
package main

import . "github.com/mmcloughlin/avo/build"

func main() {
	ConstraintExpr("amd64,!purego")
	kernel()
	table := roundConstants("sha512Constants1", 1)
	for i := range wides {
		wides[i].write(table)
	}
	Generate()
}
