package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// The Poly1305 kernel has numbers mod 2^130-5 as five limbs of 26 bits, each
// in a vector of four lanes: a lane has every fourth block. A step takes eight
// blocks, as the groups A and B of four, in
//
//	H ← H·r⁸ + A·r⁴ + B
//
// so that carries are made once for eight blocks, and that all but H·r⁸ is
// computed before the last step is done. In the end the lanes are multiplied
// by r⁴, r², r³, r (the lanes are in that order since it is what unpacking
// gives) and added up.
//
// Bounds: limbs of H, A and the powers are below 2^27, those of B below 2^26,
// and 5 times a limb of a power is below 2^29.4. The sum of ten products and B
// is below 5·(2^27+2^27)·2^29.4 + 2^26 < 2^60.8.
const (
	limbs     = 5
	limbBits  = 26
	groupSize = 64 // bytes of four blocks
	vecSize   = 32
)

// A table has the five limbs of a power, then 5 times its limbs 1 to 4, each
// as a vector. The tables are on the stack.
const (
	tableSize  = (2*limbs - 1) * vecSize
	tableR8    = 0
	tableR4    = tableSize
	tableLanes = 2 * tableSize
	stackSize  = 3 * tableSize
)

// number is the registers of the limbs of four numbers.
type number [limbs]VecPhysical

// The registers: the state, a group of blocks, sums of products, and one more.
var (
	h = number{Y0, Y1, Y2, Y3, Y4}
	m = number{Y5, Y6, Y7, Y8, Y9}
	d = number{Y10, Y11, Y12, Y13, Y14}
	t = Y15
)

func kernel() {
	TEXT("poly1305Update", 0, "func(sum *[5]uint64, data *byte, pairs int, powers *[25]uint32)")
	Pragma("noescape")
	Doc("poly1305Update takes the pairs × 128 bytes at data into the number sum, which",
		"has limbs of 26 bits before and limbs that are yet to be carried after.",
		"powers[4*i:4*i+4] are the limbs i of r⁴, r², r³ and r, powers[20:] those of r⁸.")
	sum, data, pairs, powers := RDI, RSI, RCX, RDX
	Load(Param("sum"), sum)
	Load(Param("data"), data)
	Load(Param("pairs"), pairs)
	Load(Param("powers"), powers)
	stack := RAX
	LEAQ(AllocLocal(stackSize+vecSize).Offset(vecSize-1), stack)
	ANDQ(I32(-vecSize), stack)
	k := &constants{stack: stack}
	k.define()
	for i := range limbs {
		k.store(tableR8, i, func(v VecPhysical) { VPBROADCASTD(Mem{Base: powers, Disp: 4 * (4*limbs + i)}, v) })
		k.store(tableR4, i, func(v VecPhysical) { VPBROADCASTD(Mem{Base: powers, Disp: 16 * i}, v) })
		k.store(tableLanes, i, func(v VecPhysical) { VPMOVZXDQ(Mem{Base: powers, Disp: 16 * i}, v) })
	}
	for _, v := range h {
		VPXOR(v, v, v)
	}

	k.step(data, func() { // the number so far is added to the first block
		for i, v := range m {
			VMOVQ(Mem{Base: sum, Disp: 8 * i}, t.AsX())
			VPADDQ(t, v, v)
		}
	})
	JMP(LabelRef("next"))
	Label("step")
	k.step(data, func() {})
	Label("next")
	ADDQ(U32(2*groupSize), data)
	DECQ(pairs)
	JNZ(LabelRef("step"))

	k.multiply(h, tableLanes, true)
	for i, v := range d {
		VEXTRACTI128(U8(1), v, t.AsX())
		VPADDQ(t.AsX(), v.AsX(), v.AsX())
		VPSHUFD(U8(0x4e), v.AsX(), t.AsX())
		VPADDQ(t.AsX(), v.AsX(), v.AsX())
		VMOVQ(v.AsX(), Mem{Base: sum, Disp: 8 * i})
	}
	VZEROUPPER()
	RET()
}

// step takes eight blocks. first is what else to do with the first four.
func (k *constants) step(data Register, first func()) {
	k.split(data, 0)
	first()
	k.multiply(m, tableR4, true)
	k.split(data, groupSize)
	for i := range limbs {
		VPADDQ(m[i], d[i], d[i])
	}
	k.multiply(h, tableR8, false)
	k.carry()
}

type constants struct {
	stack Register
	mask  Mem // of a limb
	top   Mem // the bit after the last of a block, in its limb
}

func (k *constants) define() {
	k.mask = GLOBL("poly1305Mask", RODATA|NOPTR)
	for i := range 4 {
		DATA(8*i, U64(1<<limbBits-1))
	}
	k.top = GLOBL("poly1305Top", RODATA|NOPTR)
	for i := range 4 {
		DATA(8*i, U64(1<<(128-4*limbBits)))
	}
}

// entry is the place of a factor: limb i, times 5 where its product wraps.
func (k *constants) entry(table, i int, wraps bool) Mem {
	if wraps {
		i += limbs - 1
	}
	return Mem{Base: k.stack, Disp: table + i*vecSize}
}

// store puts limb i of a power, which load loads, into a table.
func (k *constants) store(table, i int, load func(VecPhysical)) {
	v := m[0]
	load(v)
	VMOVDQA(v, k.entry(table, i, false))
	if i > 0 {
		VPSLLD(U8(2), v, t)
		VPADDD(t, v, v)
		VMOVDQA(v, k.entry(table, i, true))
	}
}

// split loads a group of four blocks into m.
func (k *constants) split(data Register, at int) {
	low, high := m[2], m[4]
	VMOVDQU(Mem{Base: data, Disp: at}, m[0])
	VMOVDQU(Mem{Base: data, Disp: at + vecSize}, m[1])
	VPUNPCKLQDQ(m[1], m[0], low)
	VPUNPCKHQDQ(m[1], m[0], high)
	VPAND(k.mask, low, m[0])
	VPSRLQ(U8(limbBits), low, m[1])
	VPAND(k.mask, m[1], m[1])
	VPSRLQ(U8(2*limbBits), low, m[2])
	VPSLLQ(U8(64-2*limbBits), high, t)
	VPOR(t, m[2], m[2])
	VPAND(k.mask, m[2], m[2])
	VPSRLQ(U8(3*limbBits-64), high, m[3])
	VPAND(k.mask, m[3], m[3])
	VPSRLQ(U8(4*limbBits-64), high, m[4])
	VPOR(k.top, m[4], m[4])
}

// multiply sets d to x times a power, or adds that.
func (k *constants) multiply(x number, table int, set bool) {
	for j := range limbs {
		for i := range limbs {
			to := (i + j) % limbs
			factor := k.entry(table, i, i+j >= limbs)
			if set && j == 0 {
				VPMULUDQ(factor, x[j], d[to])
				continue
			}
			VPMULUDQ(factor, x[j], t)
			VPADDQ(t, d[to], d[to])
		}
	}
}

// carry moves d to h with limbs of 26 bits, two of them a little longer.
func (k *constants) carry() {
	carried := [limbs]bool{}
	for _, i := range []int{0, 3, 1, 4, 2, 0, 3} {
		from := d[i]
		if carried[i] {
			from = h[i]
		}
		next := (i + 1) % limbs
		to := d[next]
		if carried[next] {
			to = h[next]
		}
		VPSRLQ(U8(limbBits), from, t)
		VPAND(k.mask, from, h[i])
		carried[i] = true
		VPADDQ(t, to, to)
		if next == 0 { // 2^130 = 5
			VPSLLQ(U8(2), t, t)
			VPADDQ(t, to, to)
		}
	}
}
