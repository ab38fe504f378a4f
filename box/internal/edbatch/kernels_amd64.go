//go:build amd64 && !purego

package edbatch

import "golang.org/x/sys/cpu"

//go:generate go -C ../../asm run ./edbatch -out ../internal/edbatch/kernels_avx2_amd64.s

// useAVX2 chooses the kernels. Tests switch it off.
var useAVX2 = cpu.X86.HasAVX2

// element is four field elements side by side: limb i of lane j is at [i][j].
// The limbs have 26 bits where i is even and 25 where it is odd, and may be
// some times larger; what the kernels return is reduced. What they take has
// bounds that asm/edbatch states.
type element [10][4]uint64

// point is four points in extended coordinates, all reduced. The kernels need the
// place before them.
type point struct {
	_          [2]element
	t, z, x, y element
}

// addend is four points in the form in which they are added to others: Y−X,
// Y+X, 2d·T, 2·Z.
type addend [4]element

// entry is an addend of one lane, and pair one with that of the negative point.
type (
	entry [40]uint32
	pair  [2]entry
)

// mulAVX2 sets out to x·y. They may overlap when they are the same.
//
//go:noescape
func mulAVX2(out, x, y *element)

// squareAVX2 sets width elements at out to those at x squared n times. They may
// be the same.
//
//go:noescape
func squareAVX2(out, x *element, n, width int)

// doubleAVX2 doubles the points of p n times.
//
//go:noescape
func doubleAVX2(p *point, n int)

// addAVX2 adds q to p, lane by lane.
//
//go:noescape
func addAVX2(p *point, q *addend)

// addListedAVX2 adds n times four entries of table to the points of p, one to each
// lane. list has their numbers, counting each entry of a pair.
//
//go:noescape
func addListedAVX2(p *point, table *pair, list *[4]uint16, n int)

// addendAVX2 sets q to the points of p.
//
//go:noescape
func addendAVX2(q *addend, p *point)

// scatterAVX2 writes the points of q as pairs, each stride bytes after the one
// before.
//
//go:noescape
func scatterAVX2(entries *pair, stride int, q *addend)
