package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// An entry of a table is one addend without its lanes: its 40 limbs with 32
// bits each. Entries come in pairs, a point and its negative, which has
// Y−X and Y+X in each other's place and 2d·T negated.
//
// Two limbs are one 64-bit word. Four such words of four entries, transposed,
// are limbs of four lanes, and the other way round. The upper halves of the
// lanes need not be cleared, since multiplications do not look at them.
const entrySize = 4 * limbs * 4

// gather loads the entries with the four numbers at list, one for each lane.
func gather(to Mem, table, list Register) {
	entries := []GPPhysical{RAX, RBX, R9, R13}
	for lane, e := range entries {
		MOVWQZX(Mem{Base: list, Disp: 2 * lane}, e.As32().(GPPhysical).As64().(GPPhysical))
		IMUL3Q(U8(entrySize), e, e)
		ADDQ(table, e)
	}
	for group := range entrySize / vecSize {
		for lane, e := range entries {
			VMOVDQU(Mem{Base: e, Disp: group * vecSize}, h[lane])
		}
		words := transpose([4]VecPhysical(h[:4]))
		for i, w := range words {
			o := (8*group + 2*i) * vecSize
			VMOVDQA(w, to.Offset(o))
			VPSRLQ(U8(32), w, w)
			VMOVDQA(w, to.Offset(o+vecSize))
		}
	}
}

// transpose returns the registers of the 4 × 4 words of w transposed. It uses
// the registers after them.
func transpose(w [4]VecPhysical) [4]VecPhysical {
	v := [4]VecPhysical(h[4:8])
	VPUNPCKLQDQ(w[1], w[0], v[0])
	VPUNPCKHQDQ(w[1], w[0], v[1])
	VPUNPCKLQDQ(w[3], w[2], v[2])
	VPUNPCKHQDQ(w[3], w[2], v[3])
	for i := range 2 {
		VPERM2I128(U8(0x20), v[2+i], v[i], w[i])
		VPERM2I128(U8(0x31), v[2+i], v[i], w[2+i])
	}
	return w
}

func cacheKernel() {
	TEXT("addendAVX2", 0, "func(q, p *byte)")
	q, p := R10, R11
	Load(Param("q"), q)
	Load(Param("p"), p)
	newFrame(R8, 0)
	for i := range limbs {
		o := i * vecSize
		VMOVDQU(Mem{Base: p, Disp: pointY + o}, a)
		VMOVDQU(Mem{Base: p, Disp: pointX + o}, t)
		VPADDQ(t, a, u)
		VPADDQ(twoP.Offset(o), a, a)
		VPSUBQ(t, a, a)
		VMOVDQU(a, Mem{Base: q, Disp: addendDiff + o})
		VMOVDQU(u, Mem{Base: q, Disp: addendSum + o})
		VMOVDQU(Mem{Base: p, Disp: pointZ + o}, t)
		VPADDQ(t, t, t)
		VMOVDQU(t, Mem{Base: q, Disp: addendZ + o})
	}
	multiply(Mem{Base: q, Disp: addendT}, Mem{Base: p, Disp: pointT}, twoD)
	VZEROUPPER()
	RET()
}

// scatterKernel is the way back from gathering, for a pair of entries.
func scatterKernel() {
	TEXT("scatterAVX2", 0, "func(entries *byte, stride int, q *byte)")
	first, stride, q := RDI, RSI, RDX
	Load(Param("entries"), first)
	Load(Param("stride"), stride)
	Load(Param("q"), q)
	entries := []GPPhysical{first, RAX, RBX, RCX}
	for lane := 1; lane < 4; lane++ {
		LEAQ(Mem{Base: entries[lane-1], Index: stride, Scale: 1}, entries[lane])
	}
	fr := newFrame(R8, 1)
	negative := fr.element(0)
	for i := range limbs {
		VMOVDQU(twoP.Offset(i*vecSize), a)
		VPSUBQ(Mem{Base: q, Disp: addendT + i*vecSize}, a, a)
		VMOVDQA(a, negative.Offset(i*vecSize))
	}
	at := func(offset int) Mem { return Mem{Base: q, Disp: offset} }
	scatter(entries, 0, []Mem{at(addendDiff), at(addendSum), at(addendT), at(addendZ)})
	scatter(entries, entrySize, []Mem{at(addendSum), at(addendDiff), negative, at(addendZ)})
	VZEROUPPER()
	RET()
}

// scatter stores the four elements as entries, at offset at from those
// addresses.
func scatter(entries []GPPhysical, at int, elements []Mem) {
	from := func(n int) Mem { return elements[n/limbs].Offset(n % limbs * vecSize) }
	for group := range entrySize / vecSize {
		words := [4]VecPhysical(h[:4])
		for i, w := range words {
			n := 8*group + 2*i
			VMOVDQU(from(n+1), w)
			VPSLLQ(U8(32), w, w)
			VPOR(from(n), w, w)
		}
		for lane, w := range transpose(words) {
			VMOVDQU(w, Mem{Base: entries[lane], Disp: at + group*vecSize})
		}
	}
}
