package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Numbers mod 2^130-5 are three limbs of 44, 44 and 42 bits, each in a register of eight lanes. Of a product of two limbs
// IFMA adds the lower 52 bits to one sum and the bits above to another one, which counts 2^52 times as much: 2^8 times what
// the next limb does, or from the last limb, where 2^130 = 5, 5·2^10 times what the first one does. A product of limbs that
// counts 2^132 or more is made with 20 times the limb.
//
// Bounds: limbs are below 2^44+2^16, the last one below 2^42+2^16, or twice that where the sum so far was added to a block;
// 20 times a limb is below 2^49. A sum of the lower bits is of six products, a block and one more product, below 2^55; what
// is carried from it is below 2^13, and after it wraps below 2^16, so that a carry need not be carried on. The sums of the
// upper bits are below 2^42, 2^42 and 2^39; 2^8 times or 5·2^10 times as much is below 2^52, one product without upper bits.
const (
	limbs     = 3
	limbBits  = 44
	lastBits  = 130 - 2*limbBits
	mulBits   = 52
	lanes     = 8
	blockSize = 16
	vecSize   = 64
)

// number is the registers of the limbs of eight numbers.
type number [limbs]VecPhysical

// factor is what numbers are multiplied by: the limbs, then 20 times all but the first.
type factor [2*limbs - 1]VecPhysical

// The registers: the state or another number, blocks, the sums of lower and of upper bits, one more, and factors.
var (
	h    = number{Z0, Z1, Z2}
	m    = number{Z3, Z4, Z5}
	low  = number{Z6, Z7, Z8}
	high = number{Z9, Z10, Z11}
	t    = Z12
	f    = factor{Z13, Z14, Z15, Z16, Z17}
	g    = factor{Z18, Z19, Z20, Z21, Z22}
)

// constants are the same in all lanes.
var constants = []struct {
	in    VecPhysical
	value uint64
}{
	{mask, 1<<limbBits - 1},
	{lastMask, 1<<lastBits - 1},
	{up, 1 << (mulBits - limbBits)},
	{around, 5 << (mulBits - lastBits)},
	{five, 5},
	{top, 1 << (8*blockSize - 2*limbBits)}, // the bit after the last of a block
}

var mask, lastMask, up, around, five, top = Z23, Z24, Z25, Z26, Z27, Z28

func defineConstants() Mem {
	m := GLOBL("poly1305Constants", RODATA|NOPTR)
	for i, c := range constants {
		DATA(8*i, U64(c.value))
	}
	return m
}

func loadConstants(m Mem) {
	for i, c := range constants {
		VPBROADCASTQ(m.Offset(8*i), c.in)
	}
}

// times20 completes a factor of which the limbs are set.
func times20(f factor) {
	for i := 1; i < limbs; i++ {
		v := f[i+limbs-1]
		VPSLLQ(U8(2), f[i], v)
		VPADDQ(f[i], v, v)
		VPSLLQ(U8(2), v, v)
	}
}

// clear sets sums to 0.
func clear(sums number) {
	for _, v := range sums {
		VPXOR(v.AsY(), v.AsY(), v.AsY())
	}
}

// multiply adds the products of x and f. The first limb of x comes last, since carry has it last.
func multiply(x number, f factor) {
	for _, j := range []int{1, 2, 0} {
		for i := range limbs {
			to, by := (i+j)%limbs, f[i]
			if i+j >= limbs {
				by = f[i+limbs-1]
			}
			VPMADD52LUQ(by, x[j], low[to])
			VPMADD52HUQ(by, x[j], high[to])
		}
	}
}

// fold adds the upper bits to the lower ones of the next limb.
func fold() {
	VPMADD52LUQ(up, high[0], low[1])
	VPMADD52LUQ(up, high[1], low[2])
	VPMADD52LUQ(around, high[2], low[0])
}

// carry sets x to the sums.
func carry(x number) {
	fold()
	VPSRLQ(U8(lastBits), low[2], t)
	VPANDQ(mask, low[0], x[0])
	VPMADD52LUQ(five, t, x[0])
	for i := range limbs - 1 {
		to, bits := i+1, mask
		if to == limbs-1 {
			bits = lastMask
		}
		VPSRLQ(U8(limbBits), low[i], t)
		VPANDQ(bits, low[to], x[to])
		VPADDQ(t, x[to], x[to])
	}
}
