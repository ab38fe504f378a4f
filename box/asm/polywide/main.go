// Polywide writes the AVX-512 kernels of Poly1305 for package box. See package salsa for how generators are kept.
package main

import . "github.com/mmcloughlin/avo/build"

func main() {
	ConstraintExpr("amd64,!purego")
	constants := defineConstants()
	powers(constants)
	update(constants)
	Generate()
}
