package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// A field element is a number mod p = 2^255-19 in ten limbs, of 26 bits where
// their number is even and of 25 where it is odd. Limb i is at 32·i, as four 64-bit
// lanes, so that an element has 320 bytes.
//
// Bounds are in units of a full limb. What comes out of a multiplication or
// squaring is reduced: all limbs are at most 1 + 2^-10. A sum of reduced
// elements is at most 2, a difference (to which 2p is added) at most 3. The
// sum of products that makes up limb 0 is at most 124.5·a·b·2^52 for factors
// of bounds a and b, so that a·b must not pass 32; and as 19 times a limb of the
// second factor has to fit 32 bits, b must not pass 3.
const (
	limbs       = 10
	vecSize     = 32
	elementSize = limbs * vecSize
)

func limbBits(i int) uint64 { return 26 - uint64(i%2) }

// Constants in memory: vectors of four equal lanes.
var mask26, mask25, nineteen, thirtyEight, twoP, twoD Mem

func constants() {
	vectors := func(name string, values ...uint64) Mem {
		m := GLOBL(name, RODATA|NOPTR)
		for i, v := range values {
			for lane := range 4 {
				DATA(i*vecSize+8*lane, U64(v))
			}
		}
		return m
	}
	mask26 = vectors("mask26", 1<<26-1)
	mask25 = vectors("mask25", 1<<25-1)
	nineteen = vectors("nineteen", 19)
	thirtyEight = vectors("thirtyEight", 38)
	p := []uint64{2 * (1<<26 - 19)}
	for i := 1; i < limbs; i++ {
		p = append(p, 2*(1<<limbBits(i)-1))
	}
	twoP = vectors("twoP", p...)
	twoD = vectors("twoD", 45281625, 27714825, 36363642, 13898781, 229458, 15978800, 54557047, 27058993, 29715967, 9444199)
}

func mask(i int) Mem {
	if i%2 == 0 {
		return mask26
	}
	return mask25
}

func limb(base Register, i int) Mem { return Mem{Base: base, Disp: i * vecSize} }

// The registers of the cores: they multiply the elements at f and g, or square
// that at f, into the one at out, which may be one of them. scratch has room
// for nine vectors. They change no other registers than vectors.
var (
	out, f, g, scratch = RDI, RSI, RDX, R8

	h    = [limbs]VecPhysical{Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, Y8, Y9}
	a    = Y10
	twoA = Y11
	t, u = Y12, Y13
)

const scratchSize = (limbs - 1) * vecSize

const (
	mulName    = "·multiply<>(SB)"
	squareName = "·square<>(SB)"
)

// accumulate adds a product to limb k of the result, or sets it.
func accumulate(k int, left VecPhysical, right Op, set bool) {
	if set {
		VPMULUDQ(right, left, h[k])
		return
	}
	VPMULUDQ(right, left, t)
	VPADDQ(t, h[k], h[k])
}

// There are two loads in a cycle, and about as many would be needed as there
// are cycles for the rest. So the factors used most stay in the registers that
// are left.

func mulCore() {
	TEXT("multiply<>", NOSPLIT|NOFRAME, "func()")
	right := [limbs]Op{u, Y14}           // g
	wrapped := [limbs]Op{limbs - 1: Y15} // 19·g, for products that wrap
	VMOVDQU(nineteen, a)
	for j := range limbs {
		if j > 0 {
			if wrapped[j] == nil {
				wrapped[j] = limb(scratch, j-1)
				VPMULUDQ(limb(g, j), a, t)
				VMOVDQA(t, wrapped[j])
			} else {
				VPMULUDQ(limb(g, j), a, wrapped[j])
			}
		}
		if right[j] == nil {
			right[j] = limb(g, j)
		} else {
			VMOVDQU(limb(g, j), right[j])
		}
	}
	for i := range limbs {
		VMOVDQU(limb(f, i), a)
		if i%2 == 1 {
			VPADDQ(a, a, twoA)
		}
		for j := range limbs {
			left, factor := a, right[j]
			if i%2 == 1 && j%2 == 1 { // limbs of 25 bits meet at half a bit too low
				left = twoA
			}
			if i+j >= limbs {
				factor = wrapped[j]
			}
			accumulate((i+j)%limbs, left, factor, i == 0)
		}
	}
	carry()
	RET()
}

func squareCore() {
	TEXT("square<>", NOSPLIT|NOFRAME, "func()")
	// 2·f for limbs 3, 5, 7; 19·f for 6, 8 and 38·f for 5, 7, 9, for products
	// that wrap.
	double, wrapped := map[int]Op{}, map[int]Op{8: Y14, 9: Y15}
	n := 0
	place := func() Mem { n++; return limb(scratch, n-1) }
	for j := 3; j <= 7; j += 2 {
		double[j] = place()
		VMOVDQU(limb(f, j), a)
		VPADDQ(a, a, a)
		VMOVDQA(a, double[j])
	}
	VMOVDQU(nineteen, t)
	VMOVDQU(thirtyEight, u)
	for j := 5; j < limbs; j++ {
		factor := t
		if j%2 == 1 {
			factor = u
		}
		if wrapped[j] != nil {
			VPMULUDQ(limb(f, j), factor, wrapped[j])
			continue
		}
		wrapped[j] = place()
		VPMULUDQ(limb(f, j), factor, a)
		VMOVDQA(a, wrapped[j])
	}
	var set [limbs]bool
	for i := range limbs {
		VMOVDQU(limb(f, i), a)
		VPADDQ(a, a, twoA)
		for j := i; j < limbs; j++ {
			odd, wraps := i%2 == 1 && j%2 == 1, i+j >= limbs
			left, right := a, Op(limb(f, j))
			if i < j || odd {
				left = twoA
			}
			if i == j && !wraps {
				right = a
			}
			switch {
			case wraps:
				right = wrapped[j]
				if j%2 == 1 && (i%2 == 0 || i == j) { // 38 has the 2 already
					left = a
				}
			case odd && i < j:
				right = double[j]
			}
			k := (i + j) % limbs
			accumulate(k, left, right, !set[k])
			set[k] = true
		}
	}
	carry()
	RET()
}

// carry reduces h and stores it. Two chains run side by side.
func carry() {
	masks := [2]VecPhysical{Y14, Y15}
	VMOVDQU(mask26, masks[0])
	VMOVDQU(mask25, masks[1])
	for _, i := range []int{0, 4, 1, 5, 2, 6, 3, 7, 4, 8, 9, 0} {
		VPSRLQ(U8(limbBits(i)), h[i], t)
		VPAND(masks[i%2], h[i], h[i])
		next := (i + 1) % limbs
		VPADDQ(t, h[next], h[next])
		if i == limbs-1 { // 19 = 1 + 2 + 16
			VPSLLQ(U8(1), t, u)
			VPADDQ(u, h[0], h[0])
			VPSLLQ(U8(4), t, u)
			VPADDQ(u, h[0], h[0])
		}
	}
	for i, v := range h {
		VMOVDQU(v, limb(out, i))
	}
}

// weakCarry brings h, of bounds up to 60, close to reduced, without a chain.
func weakCarry() {
	top := u
	VPSRLQ(U8(limbBits(limbs-1)), h[limbs-1], top)
	VPAND(mask(limbs-1), h[limbs-1], h[limbs-1])
	for i := limbs - 2; i >= 0; i-- {
		VPSRLQ(U8(limbBits(i)), h[i], t)
		VPAND(mask(i), h[i], h[i])
		VPADDQ(t, h[i+1], h[i+1])
	}
	VPMULUDQ(nineteen, top, top)
	VPADDQ(top, h[0], h[0])
}
