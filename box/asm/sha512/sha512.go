package main

import (
	"math/big"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// The SHA-512 kernel (FIPS 180-4) hashes four messages at once, one in each
// 64-bit lane of a vector. The eight words of the state are in registers and
// change their roles from round to round; the last 16 words of the message
// schedule are on the stack.
const (
	rounds    = 80
	schedule  = 16
	blockSize = 128
	vecSize   = 32
	rowSize   = 64 // of a word of the state, with room for eight messages
)

// kernelState is where things are.
type kernelState struct {
	state     [8]VecPhysical
	tmp       [6]VecPhysical
	ab        [2]VecPhysical // a⊕b of this round and of the one before
	stack     Register
	constants Register // those of the next 16 rounds
	rotate8   Mem
}

func kernel() {
	TEXT("sha512Blocks", 0, "func(state *[8][8]uint64, messages *[8]*byte, blocks int)")
	Pragma("noescape")
	Doc("sha512Blocks hashes blocks × 128 bytes of each of the first four messages into",
		"those of the eight words of the state, with AVX2.")
	state, messages, blocks := RDI, RSI, RCX
	Load(Param("state"), state)
	Load(Param("messages"), messages)
	Load(Param("blocks"), blocks)
	k := &kernelState{
		state: [8]VecPhysical{Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7},
		tmp:   [6]VecPhysical{Y8, Y9, Y10, Y11, Y12, Y13},
		ab:    [2]VecPhysical{Y14, Y15},
		stack: RAX, constants: RDX,
	}
	LEAQ(AllocLocal((schedule+1)*vecSize).Offset(vecSize-1), RAX)
	ANDQ(I32(-vecSize), RAX)
	table := roundConstants("sha512Constants", 4)
	k.rotate8 = bytesOf("sha512Rotate8", vecSize, func(i int) int { return i&^7 | (i+1)&7 })
	reverse := bytesOf("sha512Reverse", vecSize, func(i int) int { return i ^ 7 })
	lanes := []GPPhysical{R8, R9, R10, R11}
	for i, r := range lanes {
		MOVQ(Mem{Base: messages, Disp: 8 * i}, r)
	}
	for i, v := range k.state {
		VMOVDQU(Mem{Base: state, Disp: i * rowSize}, v)
	}

	Label("block")
	VMOVDQU(reverse, k.ab[0])
	k.loadBlock(lanes, k.ab[0])
	VPXOR(k.state[1], k.state[2], k.ab[1])
	LEAQ(table, k.constants)
	for i := range schedule {
		k.round(i)
	}
	MOVQ(U32(rounds/schedule-1), RBX)
	Label("rounds")
	ADDQ(U32(schedule*vecSize), k.constants)
	for i := range schedule {
		k.extend(i)
		k.round(i)
	}
	DECQ(RBX)
	JNZ(LabelRef("rounds"))
	for i, v := range k.state {
		VPADDQ(Mem{Base: state, Disp: i * rowSize}, v, v)
		VMOVDQU(v, Mem{Base: state, Disp: i * rowSize})
	}
	for _, r := range lanes {
		ADDQ(U32(blockSize), r)
	}
	DECQ(blocks)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
}

// word is the place of word t of the schedule.
func (k *kernelState) word(t int) Mem {
	return Mem{Base: k.stack, Disp: t % schedule * vecSize}
}

// loadBlock transposes the next block of the messages into the schedule.
func (k *kernelState) loadBlock(lanes []GPPhysical, reverse VecPhysical) {
	w, lo, hi := [4]VecPhysical(k.tmp[:4]), k.tmp[4], k.tmp[5]
	for t := 0; t < schedule; t += 4 {
		for i, r := range lanes {
			VMOVDQU(Mem{Base: r, Disp: 8 * t}, w[i])
			VPSHUFB(reverse, w[i], w[i])
		}
		VPUNPCKLQDQ(w[1], w[0], lo)
		VPUNPCKHQDQ(w[1], w[0], hi)
		VPUNPCKLQDQ(w[3], w[2], w[0])
		VPUNPCKHQDQ(w[3], w[2], w[1])
		for i, pair := range [2][2]VecPhysical{{lo, w[0]}, {hi, w[1]}} {
			VPERM2I128(U8(0x20), pair[1], pair[0], w[2])
			VPERM2I128(U8(0x31), pair[1], pair[0], w[3])
			VMOVDQA(w[2], k.word(t+i))
			VMOVDQA(w[3], k.word(t+2+i))
		}
	}
}

// xorRotated sets to to the sum mod 2 of x rotated right by each of the counts,
// and shifted right by shift where that is not 0.
func xorRotated(to, tmp, x VecPhysical, shift int, counts ...int) {
	first := true
	add := func(emit func(VecPhysical)) {
		if first {
			emit(to)
			first = false
			return
		}
		emit(tmp)
		VPXOR(tmp, to, to)
	}
	for _, n := range counts {
		add(func(v VecPhysical) { VPSRLQ(U8(n), x, v) })
		add(func(v VecPhysical) { VPSLLQ(U8(64-n), x, v) })
	}
	if shift > 0 {
		add(func(v VecPhysical) { VPSRLQ(U8(shift), x, v) })
	}
}

// extend sets word t of the schedule, of which word t−16 is in the same place:
// W[t] = W[t−16] + σ0(W[t−15]) + W[t−7] + σ1(W[t−2]).
func (k *kernelState) extend(t int) {
	x, y, s0, s1, tmp := k.tmp[0], k.tmp[1], k.tmp[2], k.tmp[3], k.tmp[4]
	VMOVDQA(k.word(t+1), x)
	xorRotated(s0, tmp, x, 7, 1)
	VPSHUFB(k.rotate8, x, tmp)
	VPXOR(tmp, s0, s0)
	VMOVDQA(k.word(t+14), y)
	xorRotated(s1, tmp, y, 6, 19, 61)
	VPADDQ(k.word(t), s0, s0)
	VPADDQ(k.word(t+9), s1, s1)
	VPADDQ(s0, s1, s1)
	VMOVDQA(s1, k.word(t))
}

// round does round t of 16 with the constants at hand:
//
//	T1 = h + Σ1(e) + Ch(e, f, g) + K + W
//	T2 = Σ0(a) + Maj(a, b, c)
//	(a … h) = (T1+T2, a, b, c, d+T1, e, f, g)
func (k *kernelState) round(t int) {
	at := func(i int) VecPhysical { return k.state[(i+8*schedule-t)%8] }
	a, b, d, e, f, g, h := at(0), at(1), at(3), at(4), at(5), at(6), at(7)
	s, ch, maj, tmp := k.tmp[0], k.tmp[1], k.tmp[2], k.tmp[3]
	VMOVDQA(k.word(t), ch)
	VPADDQ(Mem{Base: k.constants, Disp: t * vecSize}, ch, ch)
	VPADDQ(ch, h, h)
	xorRotated(s, tmp, e, 0, 14, 18, 41)
	VPXOR(f, g, ch)
	VPAND(e, ch, ch)
	VPXOR(g, ch, ch)
	VPADDQ(s, h, h)
	VPADDQ(ch, h, h) // T1
	VPADDQ(h, d, d)
	xorRotated(s, tmp, a, 0, 28, 34, 39)
	// Maj = ((a⊕b) ∧ (b⊕c)) ⊕ b, and b⊕c was a⊕b in the round before.
	VPXOR(a, b, k.ab[t%2])
	VPAND(k.ab[0], k.ab[1], maj)
	VPXOR(b, maj, maj)
	VPADDQ(s, h, h)
	VPADDQ(maj, h, h)
}

// bytesOf is a vector of bytes, the same in each 16 of them.
func bytesOf(name string, size int, value func(i int) int) Mem {
	m := GLOBL(name, RODATA|NOPTR)
	for i := range size {
		DATA(i, U8(value(i%16)))
	}
	return m
}

// roundConstants are the first 64 bits of the fractions of the cube roots of the
// first 80 primes, each in so many lanes.
func roundConstants(name string, lanes int) Mem {
	m := GLOBL(name, RODATA|NOPTR)
	n := 0
	for p := int64(2); n < rounds; p++ {
		if !big.NewInt(p).ProbablyPrime(0) {
			continue
		}
		root := cubeRoot(new(big.Int).Lsh(big.NewInt(p), 3*64))
		for lane := range lanes {
			DATA(8*(lanes*n+lane), U64(root.Uint64()))
		}
		n++
	}
	return m
}

// cubeRoot returns the cube root of n, rounded down.
func cubeRoot(n *big.Int) *big.Int {
	root := new(big.Int)
	for bit := n.BitLen()/3 + 1; bit >= 0; bit-- {
		x := new(big.Int).SetBit(root, bit, 1)
		if new(big.Int).Exp(x, big.NewInt(3), nil).Cmp(n) <= 0 {
			root = x
		}
	}
	return root
}
