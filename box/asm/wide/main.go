// Wide writes the AVX-512 kernels of Salsa20 and ChaCha20 for package box. See package salsa for how generators are kept.
package main

import . "github.com/mmcloughlin/avo/build"

func main() {
	ConstraintExpr("amd64,!purego")
	for _, w := range widths {
		salsa(w)
		chacha(w)
	}
	Generate()
}
