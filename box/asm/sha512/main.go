// Sha512 writes the AVX2 kernel of SHA-512 for package box. See the generator
// of Salsa20 beside it for how it is run and what it imports.
package main

import . "github.com/mmcloughlin/avo/build"

func main() {
	ConstraintExpr("amd64,!purego")
	kernel()
	Generate()
}
