package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Both kernels work on 16 blocks at once: each of the 16 words of the state is a register with that word of all blocks. The
// other 16 registers are for bringing the words into the order of bytes. What the state was before the rounds is read
// again from where it came from.
const (
	lanes     = 16
	blockSize = 64
)

var (
	word = [16]VecPhysical{Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z8, Z9, Z10, Z11, Z12, Z13, Z14, Z15}
	free = [16]VecPhysical{Z16, Z17, Z18, Z19, Z20, Z21, Z22, Z23, Z24, Z25, Z26, Z27, Z28, Z29, Z30, Z31}
)

// kernel is what the two have not in common.
type kernel struct {
	state   [16]Mem // what a word is in all blocks before the rounds; that at number is not looked at
	number  int     // the word that counts blocks, below 2^32
	doubled func()  // two rounds
}

// write writes the loop over groups of 16 blocks at data. number has the number of the next block.
func (k *kernel) write(data, groups, number, rounds GPPhysical) {
	lane := GLOBL("lanes"+string(rune('A'+k.number)), RODATA|NOPTR)
	for i := range lanes {
		DATA(4*i, U32(i))
	}
	Label("group")
	for i, w := range word {
		if i == k.number {
			k.numbers(number, lane, w)
		} else {
			VPBROADCASTD(k.state[i], w)
		}
	}
	MOVQ(U32(10), rounds)
	Label("rounds")
	k.doubled()
	DECQ(rounds)
	JNZ(LabelRef("rounds"))
	for i, w := range word {
		if i == k.number {
			k.numbers(number, lane, free[0])
			VPADDD(free[0], w, w)
		} else {
			VPADDD_BCST(k.state[i], w, w)
		}
	}
	xorTransposed(data)
	ADDQ(U32(lanes*blockSize), data)
	ADDL(U32(lanes), number.As32())
	DECQ(groups)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}

// numbers sets v to the numbers of the 16 blocks.
func (k *kernel) numbers(number GPPhysical, lane Mem, v VecPhysical) {
	VPBROADCASTD(number.As32(), v)
	VPADDD(lane, v, v)
}

// xorTransposed transposes the 16 × 16 words, which gives a block in each register, and encrypts 16 blocks.
func xorTransposed(data Register) {
	w, t := word, free
	for i := 0; i < 16; i += 2 {
		VPUNPCKLDQ(w[i+1], w[i], t[i])
		VPUNPCKHDQ(w[i+1], w[i], t[i+1])
	}
	for i := 0; i < 16; i += 4 { // a quarter of w[i+j] gets words i to i+3 of block j, of 4+j, 8+j, 12+j
		VPUNPCKLQDQ(t[i+2], t[i], w[i])
		VPUNPCKHQDQ(t[i+2], t[i], w[i+1])
		VPUNPCKLQDQ(t[i+3], t[i+1], w[i+2])
		VPUNPCKHQDQ(t[i+3], t[i+1], w[i+3])
	}
	for j := range 4 {
		low, high := t[:2], t[2:4] // quarters 0 and 1, quarters 2 and 3
		for i := range 2 {
			VSHUFI32X4(U8(0x44), w[8*i+4+j], w[8*i+j], low[i])
			VSHUFI32X4(U8(0xee), w[8*i+4+j], w[8*i+j], high[i])
		}
		for q, pair := range [4][]VecPhysical{low, low, high, high} {
			out := t[4+q]
			VSHUFI32X4(U8(0x88+0x55*(q%2)), pair[1], pair[0], out)
			m := Mem{Base: data, Disp: (4*q + j) * blockSize}
			VPXORD(m, out, out)
			VMOVDQU32(out, m)
		}
	}
}

// sigma is the constant of both ciphers.
func sigma(name string) (words [4]Mem) {
	m := GLOBL(name, RODATA|NOPTR)
	for i, w := range []uint32{0x61707865, 0x3320646e, 0x79622d32, 0x6b206574} {
		DATA(4*i, U32(w))
		words[i] = m.Offset(4 * i)
	}
	return words
}
