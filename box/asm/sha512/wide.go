package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// The kernels for AVX-512 hash as many messages at once as a register has 64-bit lanes, four or eight. It has 32 registers,
// so that the schedule needs no memory, it rotates, and it computes any function of three operands at once.
type wide struct {
	lanes      int
	state, tmp [8]VecPhysical
	schedule   [schedule]VecPhysical
	constants  Register // those of the next 16 rounds
}

var wides = []wide{
	{lanes: 4,
		state: [8]VecPhysical{Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7},
		tmp:   [8]VecPhysical{Y8, Y9, Y10, Y11, Y12, Y13, Y14, Y15},
		schedule: [schedule]VecPhysical{
			Y16, Y17, Y18, Y19, Y20, Y21, Y22, Y23, Y24, Y25, Y26, Y27, Y28, Y29, Y30, Y31}},
	{lanes: 8,
		state: [8]VecPhysical{Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7},
		tmp:   [8]VecPhysical{Z8, Z9, Z10, Z11, Z12, Z13, Z14, Z15},
		schedule: [schedule]VecPhysical{
			Z16, Z17, Z18, Z19, Z20, Z21, Z22, Z23, Z24, Z25, Z26, Z27, Z28, Z29, Z30, Z31}},
}

// Truth tables of VPTERNLOGQ: bit 4x+2y+z is what x, y and z make.
const (
	choose   = 0xca // x ? y : z
	majority = 0xe8
	xor3     = 0x96
)

// write writes the kernel. table has the constants of the rounds.
func (k *wide) write(table Mem) {
	name := fmt.Sprintf("sha512Blocks%d", k.lanes)
	TEXT(name, 0, "func(state *[8][8]uint64, messages *[8]*byte, blocks int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s is sha512Blocks for %d messages with AVX-512.", name, k.lanes))
	state, messages, blocks, turn := RDI, RSI, RCX, RBX
	Load(Param("state"), state)
	Load(Param("messages"), messages)
	Load(Param("blocks"), blocks)
	k.constants = RDX
	reverse := bytesOf(name+"Reverse", 8*k.lanes, func(i int) int { return i ^ 7 })
	lanes := []GPPhysical{R8, R9, R10, R11, R12, R13, R14, R15}[:k.lanes]
	for i, r := range lanes {
		MOVQ(Mem{Base: messages, Disp: 8 * i}, r)
	}
	for i, v := range k.state {
		VMOVDQU64(Mem{Base: state, Disp: i * rowSize}, v)
	}

	Label("block")
	k.loadBlock(lanes, reverse)
	LEAQ(table, k.constants)
	for i := range schedule {
		k.round(i)
	}
	MOVQ(U32(rounds/schedule-1), turn)
	Label("rounds")
	ADDQ(U32(schedule*8), k.constants)
	for i := range schedule {
		k.extend(i)
		k.round(i)
	}
	DECQ(turn)
	JNZ(LabelRef("rounds"))
	for i, v := range k.state {
		VPADDQ(Mem{Base: state, Disp: i * rowSize}, v, v)
		VMOVDQU64(v, Mem{Base: state, Disp: i * rowSize})
	}
	for _, r := range lanes {
		ADDQ(U32(blockSize), r)
	}
	DECQ(blocks)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
}

// loadBlock sets the schedule to the next block of the messages. Two words of the even messages come into one register and
// two of the odd ones into another, of which each word is then taken.
func (k *wide) loadBlock(lanes []GPPhysical, reverse Mem) {
	for t := 0; t < schedule; t += 2 {
		pair := k.tmp[t%8 : t%8+2]
		for i, r := range lanes {
			from, v := Mem{Base: r, Disp: 8 * t}, pair[i%2]
			if i < 2 {
				VMOVDQU(from, v.AsX())
			} else {
				VINSERTI32X4(U8(i/2), from, v, v)
			}
		}
		for _, v := range pair {
			VPSHUFB(reverse, v, v)
		}
		VPUNPCKLQDQ(pair[1], pair[0], k.schedule[t])
		VPUNPCKHQDQ(pair[1], pair[0], k.schedule[t+1])
	}
}

// xorTurned sets to to the sum mod 2 of x rotated right by two counts, and by a third, or shifted where that is asked for.
func (k *wide) xorTurned(to, x VecPhysical, last func(...Op), counts ...int) {
	y, z := k.tmp[6], k.tmp[7]
	VPRORQ(U8(counts[0]), x, to)
	VPRORQ(U8(counts[1]), x, y)
	last(U8(counts[2]), x, z)
	VPTERNLOGQ(U8(xor3), z, y, to)
}

// extend sets word t of the schedule in the place of word t−16, as that of AVX2 does.
func (k *wide) extend(t int) {
	word := func(i int) VecPhysical { return k.schedule[(t+i)%schedule] }
	s0, s1 := k.tmp[4], k.tmp[5]
	k.xorTurned(s0, word(1), VPSRLQ, 1, 8, 7)
	k.xorTurned(s1, word(14), VPSRLQ, 19, 61, 6)
	VPADDQ(word(9), word(0), word(0))
	VPADDQ(s0, word(0), word(0))
	VPADDQ(s1, word(0), word(0))
}

// round does round t of 16 with the constants at hand, as that of AVX2 does.
func (k *wide) round(t int) {
	at := func(i int) VecPhysical { return k.state[(i+8*schedule-t)%8] }
	a, b, c, d, e, f, g, h := at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)
	s1, ch, s0, maj := k.tmp[0], k.tmp[1], k.tmp[2], k.tmp[3]
	VPADDQ_BCST(Mem{Base: k.constants, Disp: 8 * t}, k.schedule[t], ch)
	VPADDQ(ch, h, h)
	VMOVDQA64(e, ch)
	VPTERNLOGQ(U8(choose), g, f, ch)
	VPADDQ(ch, h, h)
	k.xorTurned(s1, e, VPRORQ, 14, 18, 41)
	VPADDQ(s1, h, h) // T1
	VPADDQ(h, d, d)
	k.xorTurned(s0, a, VPRORQ, 28, 34, 39)
	VMOVDQA64(a, maj)
	VPTERNLOGQ(U8(majority), c, b, maj)
	VPADDQ(s0, maj, maj)
	VPADDQ(maj, h, h)
}
