package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// A lane has every eighth block. A step takes 16, as the groups A and B of eight, in
//
//	H ← H·r¹⁶ + A·r⁸ + B
//
// so that carries are made once for 16 blocks, and all but H·r¹⁶ is computed before the last step is done. In the end the
// lanes are multiplied by r⁸ to r and added up. Where the blocks do not fill their steps, the first step is what is not
// full: blocks of zeros before the first one, without the bit after their last, change nothing.
const stepBlocks = 2 * lanes

const (
	group = lanes * blockSize
	step  = stepBlocks * blockSize
)

// Which of the 16 words of eight blocks are their first halves, and which their second.
var firsts, seconds = Z29, Z30

func update(constants Mem) {
	TEXT("poly1305Blocks", 0, "func(sum *[3]uint64, data *byte, blocks int, powers *[27]uint64)")
	Pragma("noescape")
	Doc("poly1305Blocks takes the blocks × 16 bytes at data into the number sum, which has limbs of 44 bits before and limbs",
		"below 2^59 that are yet to be carried after. There is at least one block; powers are those of poly1305Powers.")
	sum, data, blocks, powers := RDI, RSI, RDX, R8
	Load(Param("sum"), sum)
	Load(Param("data"), data)
	Load(Param("blocks"), blocks)
	Load(Param("powers"), powers)
	loadConstants(constants)
	loadOrder()
	for i := range limbs {
		VPBROADCASTQ(Mem{Base: powers, Disp: vecSize * i}, f[i])
		VPBROADCASTQ(Mem{Base: powers, Disp: vecSize*limbs + 8*i}, g[i])
	}
	times20(f)
	times20(g)

	firstStep(sum, data, blocks)
	JMP(LabelRef("next"))
	Label("step")
	splitAt(data, 0, m)
	VPORQ(top, m[2], m[2])
	splitAt(data, group, low)
	VPORQ(top, low[2], low[2])
	clear(high)
	multiply(m, f)
	multiply(h, g)
	carry(h)
	Label("next")
	ADDQ(U32(step), data)
	SUBQ(U8(stepBlocks), blocks)
	JNZ(LabelRef("step"))

	for i := range limbs {
		VMOVDQU64(Mem{Base: powers, Disp: vecSize * i}, f[i])
	}
	times20(f)
	clear(low)
	clear(high)
	multiply(h, f)
	fold()
	addLanes(sum)
	VZEROUPPER()
	RET()
}

func loadOrder() {
	order := GLOBL("poly1305Order", RODATA|NOPTR)
	for i := range 2 * lanes {
		DATA(8*i, U64(2*(i%lanes)+i/lanes))
	}
	VMOVDQU64(order, firsts)
	VMOVDQU64(order.Offset(vecSize), seconds)
}

// firstStep takes so many blocks that whole steps are left, and adds the sum so far to the first one. It makes data and
// blocks what they would be if the step were full. What is before the data is masked, and not read. Of a mask the lower
// eight bits count.
func firstStep(sum, data, blocks Register) {
	missing, words, present, first := RCX, EAX, R9L, R10L
	MOVQ(blocks, missing)
	NEGQ(missing)
	ANDQ(U8(stepBlocks-1), missing)
	ADDQ(missing, blocks)
	MOVL(U32(1<<stepBlocks-1), present)
	SHLL(CL, present)
	MOVL(U32(1), first)
	SHLL(CL, first)
	MOVQ(missing, R11)
	SHLQ(U8(4), R11)
	SUBQ(R11, data)
	ADDL(ECX, ECX)
	MOVL(U32(1<<(2*stepBlocks)-1), words)
	SHLL(CL, words)

	for i, x := range []number{m, low} {
		for j, v := range []VecPhysical{h[0], h[1]} {
			if i+j > 0 {
				SHRL(U8(8), words)
			}
			KMOVW(words, K1)
			VMOVDQU64_Z(Mem{Base: data, Disp: group*i + vecSize*j}, K1, v)
		}
		for j, order := range []VecPhysical{firsts, seconds} {
			VMOVDQA64(h[0], x[2*j])
			VPERMT2Q(h[1], order, x[2*j])
		}
		split(x)
		if i > 0 {
			SHRL(U8(8), present)
			SHRL(U8(8), first)
		}
		KMOVW(present, K1)
		VPORQ(top, x[2], K1, x[2])
		KMOVW(first, K1)
		for j, v := range x {
			VPADDQ_BCST(Mem{Base: sum, Disp: 8 * j}, v, K1, v)
		}
	}
	clear(high)
	multiply(m, f)
	carry(h)
}

// splitAt loads a group into the limbs x, without the bits after their last.
func splitAt(data Register, at int, x number) {
	for j, order := range []VecPhysical{firsts, seconds} {
		VMOVDQU64(Mem{Base: data, Disp: at}, x[2*j])
		VPERMT2Q(Mem{Base: data, Disp: at + vecSize}, order, x[2*j])
	}
	split(x)
}

// split makes limbs of the first halves of blocks in x[0] and the second halves in x[2].
func split(x number) {
	const either = 0xa8 // of two, and the third: (x | t) & mask
	VPSRLQ(U8(limbBits), x[0], x[1])
	VPSLLQ(U8(64-limbBits), x[2], t)
	VPTERNLOGQ(U8(either), mask, t, x[1])
	VPANDQ(mask, x[0], x[0])
	VPSRLQ(U8(2*limbBits-64), x[2], x[2])
}

// addLanes stores the sum of the lanes of each limb.
func addLanes(sum Register) {
	for i, v := range low {
		VEXTRACTI64X4(U8(1), v, t.AsY())
		VPADDQ(t.AsY(), v.AsY(), v.AsY())
		VEXTRACTI128(U8(1), v.AsY(), t.AsX())
		VPADDQ(t.AsX(), v.AsX(), v.AsX())
		VPSHUFD(U8(0x4e), v.AsX(), t.AsX())
		VPADDQ(t.AsX(), v.AsX(), v.AsX())
		VMOVQ(v.AsX(), Mem{Base: sum, Disp: 8 * i})
	}
}
