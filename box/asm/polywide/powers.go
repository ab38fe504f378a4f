package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// powers writes the function that makes ready what update multiplies by, in four multiplications one after the other.
func powers(constants Mem) {
	TEXT("poly1305Powers", 0, "func(powers *[27]uint64, r *[3]uint64)")
	Pragma("noescape")
	Doc("poly1305Powers sets powers[8*i:8*i+8] to the limbs i of r⁸ to r, and powers[24:] to those of r¹⁶. Limbs are of 44 bits.")
	powers, r := RDI, RSI
	Load(Param("powers"), powers)
	Load(Param("r"), r)
	loadConstants(constants)

	for i := range limbs {
		VPBROADCASTQ(Mem{Base: r, Disp: 8 * i}, f[i])
	}
	times20(f)
	product := func(x number, f factor) {
		clear(low)
		clear(high)
		multiply(x, f)
		carry(h)
	}
	// choose takes the lanes of the limbs of x that are in bits, and leaves the others of m.
	choose := func(bits uint32, x []VecPhysical) {
		MOVL(U32(bits), EAX)
		KMOVW(EAX, K1)
		for i, v := range m {
			VMOVDQA64(x[i], K1, v)
		}
	}
	// first sets g to lane 0 of x.
	first := func(x number) {
		for i, v := range x {
			VPBROADCASTQ(v.AsX(), g[i])
		}
		times20(g)
	}

	product(number(f[:limbs]), f)
	choose(0x55, h[:]) // r² and r, four times
	choose(0xaa, f[:limbs])
	first(h)
	product(m, g)
	choose(0x33, h[:]) // r⁴ to r, twice
	first(h)
	product(m, g)
	choose(0x0f, h[:])
	for i, v := range m {
		VMOVDQU64(v, Mem{Base: powers, Disp: vecSize * i})
	}
	first(h)
	product(h, g)
	for i, v := range h {
		VMOVQ(v.AsX(), Mem{Base: powers, Disp: vecSize*limbs + 8*i})
	}
	VZEROUPPER()
	RET()
}
