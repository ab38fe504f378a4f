// Salsa writes the AVX2 kernel of Salsa20 for package box.
//
// The generators are a module of their own, so that their dependency, avo, is
// none of the router's. `go generate` in package box runs them; what they
// write is committed. They import avo and the standard library only.
package main

import . "github.com/mmcloughlin/avo/build"

func main() {
	ConstraintExpr("amd64,!purego")
	kernel()
	Generate()
}
