package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// A kernel works on as many blocks at once as a register has words, 16 or 8: each of the 16 words of the state is a register
// with that word of all blocks. The other 16 registers are for bringing the words into the order of bytes. What the state
// was before the rounds is read again from where it came from.
const (
	groupSize = 1024 // bytes
	blockSize = 64
)

// width is how many blocks a kernel works on at once, and with which registers.
type width struct {
	name       string
	lanes      int
	word, free [16]VecPhysical
}

var widths = []width{
	{"16", 16,
		[16]VecPhysical{Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z8, Z9, Z10, Z11, Z12, Z13, Z14, Z15},
		[16]VecPhysical{Z16, Z17, Z18, Z19, Z20, Z21, Z22, Z23, Z24, Z25, Z26, Z27, Z28, Z29, Z30, Z31}},
	{"8", 8,
		[16]VecPhysical{Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, Y8, Y9, Y10, Y11, Y12, Y13, Y14, Y15},
		[16]VecPhysical{Y16, Y17, Y18, Y19, Y20, Y21, Y22, Y23, Y24, Y25, Y26, Y27, Y28, Y29, Y30, Y31}},
}

// kernel is what the two have not in common.
type kernel struct {
	width
	state   [16]Mem // what a word is in all blocks before the rounds; that at number is not looked at
	number  int     // the word that counts blocks, below 2^32
	doubled func()  // two rounds
}

// write writes the loop over groups at data. number has the number of the next block.
func (k *kernel) write(data, groups, number, rounds GPPhysical) {
	lane := GLOBL("lanes"+k.name+string(rune('A'+k.number)), RODATA|NOPTR)
	for i := range k.lanes {
		DATA(4*i, U32(i))
	}
	if turns := groupSize / (k.lanes * blockSize); turns > 1 {
		IMUL3Q(U8(turns), groups, groups)
	}
	Label("group")
	for i, w := range k.word {
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
	for i, w := range k.word {
		if i == k.number {
			k.numbers(number, lane, k.free[0])
			VPADDD(k.free[0], w, w)
		} else {
			VPADDD_BCST(k.state[i], w, w)
		}
	}
	k.transpose()
	if k.lanes == 16 {
		k.xorQuarters(data)
	} else {
		k.xorHalves(data)
	}
	ADDQ(U32(k.lanes*blockSize), data)
	ADDL(U32(k.lanes), number.As32())
	DECQ(groups)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}

// numbers sets v to the numbers of the blocks.
func (k *kernel) numbers(number GPPhysical, lane Mem, v VecPhysical) {
	VPBROADCASTD(number.As32(), v)
	VPADDD(lane, v, v)
}

// transpose transposes each 4 × 4 words: of register i+j, i a multiple of 4, the first 128 bits get words i to i+3 of block
// j, the others those of 4+j, 8+j, 12+j.
func (k *kernel) transpose() {
	w, t := k.word, k.free
	for i := 0; i < 16; i += 2 {
		VPUNPCKLDQ(w[i+1], w[i], t[i])
		VPUNPCKHDQ(w[i+1], w[i], t[i+1])
	}
	for i := 0; i < 16; i += 4 {
		VPUNPCKLQDQ(t[i+2], t[i], w[i])
		VPUNPCKHQDQ(t[i+2], t[i], w[i+1])
		VPUNPCKLQDQ(t[i+3], t[i+1], w[i+2])
		VPUNPCKHQDQ(t[i+3], t[i+1], w[i+3])
	}
}

// xorQuarters encrypts 16 blocks, for each of which it brings together 128 bits of four registers.
func (k *kernel) xorQuarters(data Register) {
	w, t := k.word, k.free
	for j := range 4 {
		low, high := t[:2], t[2:4] // quarters 0 and 1, quarters 2 and 3
		for i := range 2 {
			VSHUFI32X4(U8(0x44), w[8*i+4+j], w[8*i+j], low[i])
			VSHUFI32X4(U8(0xee), w[8*i+4+j], w[8*i+j], high[i])
		}
		for q, pair := range [4][]VecPhysical{low, low, high, high} {
			out := t[4+q]
			VSHUFI32X4(U8(0x88+0x55*(q%2)), pair[1], pair[0], out)
			xorAt(data, (4*q+j)*blockSize, out)
		}
	}
}

// xorHalves encrypts 8 blocks, in halves, for each of which it brings together 128 bits of two registers.
func (k *kernel) xorHalves(data Register) {
	for j := range 4 {
		for half := range 2 {
			for i := range 2 {
				out := k.free[4*half+2*i]
				VSHUFI32X4(U8(3*half), k.word[8*i+4+j], k.word[8*i+j], out)
				xorAt(data, (4*half+j)*blockSize+32*i, out)
			}
		}
	}
}

func xorAt(data Register, offset int, out VecPhysical) {
	m := Mem{Base: data, Disp: offset}
	VPXORD(m, out, out)
	VMOVDQU32(out, m)
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
