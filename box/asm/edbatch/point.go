package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// A point is six elements: two that only an addition uses, for Y−X and Y+X,
// then its extended coordinates T, Z, X, Y, all reduced. What is added to it is
// four elements: Y−X, Y+X, 2d·T, 2·Z, of bounds 3, 2, 1, 2. The
// formulas are those of Hisil, Wong, Carter and Dawson for a = −1, with signs
// chosen to suit the bounds.
const (
	pointDiff = iota * elementSize
	pointSum
	pointT
	pointZ
	pointX
	pointY
)

const (
	addendDiff = iota * elementSize
	addendSum
	addendT
	addendZ
	addendSize
)

// frame is the stack of a kernel: room for a core, then elements.
type frame struct{ base Register }

func newFrame(base GPPhysical, elements int) frame {
	local := AllocLocal(scratchSize + elements*elementSize + vecSize)
	LEAQ(local.Offset(vecSize-1), base)
	ANDQ(I32(-vecSize), base)
	return frame{base}
}

func (f frame) element(n int) Mem {
	return Mem{Base: f.base, Disp: scratchSize + n*elementSize}
}

// call emits a call of a core. The frame's base is its scratch.
func call(name string, to, x, y Mem) {
	LEAQ(to, out)
	LEAQ(x, f)
	if name == mulName {
		LEAQ(y, g)
	}
	CALL(LabelRef(name))
}

func multiply(to, x, y Mem) { call(mulName, to, x, y) }
func square(to, x Mem)      { call(squareName, to, x, x) }

func mulKernel() {
	TEXT("mulAVX2", 0, "func(out, x, y *byte)")
	Load(Param("out"), out)
	Load(Param("x"), f)
	Load(Param("y"), g)
	newFrame(R8, 0)
	CALL(LabelRef(mulName))
	VZEROUPPER()
	RET()
}

// squareKernel squares width elements n times. It takes turns among them, so
// that the work on one fills the time that the other waits for its last result.
func squareKernel() {
	TEXT("squareAVX2", 0, "func(out, x *byte, n, width int)")
	to, from, n, width, i := R9, R10, RCX, R11, R12
	Load(Param("out"), to)
	Load(Param("x"), from)
	Load(Param("n"), n)
	Load(Param("width"), width)
	newFrame(R8, 0)
	Label("again")
	MOVQ(to, out)
	MOVQ(from, f)
	MOVQ(width, i)
	Label("next")
	CALL(LabelRef(squareName))
	ADDQ(U32(elementSize), out)
	ADDQ(U32(elementSize), f)
	DECQ(i)
	JNZ(LabelRef("next"))
	MOVQ(to, from)
	DECQ(n)
	JNZ(LabelRef("again"))
	VZEROUPPER()
	RET()
}

// doubleKernel: A = X², B = Y², S = (X+Y)², H = A+B, E = H−S, G = A−B,
// F = 2Z²+G; Z = F·G, X = F·E, Y = G·H, T = E·H. The bounds of H and G are 2
// and 3; that of F is 5, which is a bound for first factors; E's is 4 and is
// carried away.
func doubleKernel() {
	TEXT("doubleAVX2", 0, "func(p *byte, n int)")
	p, n := R10, RCX
	Load(Param("p"), p)
	Load(Param("n"), n)
	fr := newFrame(R8, 4)
	at := func(coordinate int) Mem { return Mem{Base: p, Disp: coordinate} }
	A, B, S, Z := fr.element(0), fr.element(1), fr.element(2), fr.element(3)
	H, G, E, F := A, B, S, Z

	Label("again")
	for i := range limbs {
		VMOVDQU(at(pointX).Offset(i*vecSize), h[i])
		VPADDQ(at(pointY).Offset(i*vecSize), h[i], h[i])
		VMOVDQA(h[i], S.Offset(i*vecSize))
	}
	square(S, S)
	square(A, at(pointX))
	square(B, at(pointY))
	square(Z, at(pointZ))
	for i := range limbs {
		o := i * vecSize
		VMOVDQA(A.Offset(o), a)
		VMOVDQA(B.Offset(o), t)
		VPADDQ(t, a, u) // H
		VPADDQ(twoP.Offset(o), u, h[i])
		VPSUBQ(S.Offset(o), h[i], h[i]) // E
		VPADDQ(twoP.Offset(o), a, a)
		VPSUBQ(t, a, a) // G
		VMOVDQA(Z.Offset(o), t)
		VPADDQ(t, t, t)
		VPADDQ(t, a, t) // F
		VMOVDQA(u, H.Offset(o))
		VMOVDQA(a, G.Offset(o))
		VMOVDQA(t, F.Offset(o))
	}
	weakCarry()
	for i := range limbs {
		VMOVDQA(h[i], E.Offset(i*vecSize))
	}
	multiply(at(pointZ), F, G)
	multiply(at(pointX), F, E)
	multiply(at(pointY), G, H)
	DECQ(n)
	JNZ(LabelRef("again"))
	multiply(at(pointT), E, H) // only an addition needs it
	VZEROUPPER()
	RET()
}

// addTo adds q to p: A = (Y−X)·(Y−X)', B = (Y+X)·(Y+X)', C = T·2dT', D = Z·2Z',
// E = B−A, H = B+A, F = D−C, G = D+C; T = E·H, Z = F·G, X = E·F, Y = G·H.
func addTo(fr frame, p, q func(int) Mem) {
	difference := func(to, sum, x, y Mem) { // x−y and x+y
		for i := range limbs {
			o := i * vecSize
			VMOVDQU(x.Offset(o), a)
			VMOVDQU(y.Offset(o), t)
			VPADDQ(t, a, u)
			VPADDQ(twoP.Offset(o), a, a)
			VPSUBQ(t, a, a)
			VMOVDQU(a, to.Offset(o))
			VMOVDQU(u, sum.Offset(o))
		}
	}
	A, B, C, D := fr.element(0), fr.element(1), fr.element(2), fr.element(3)
	E, H, F, G := A, B, C, D
	difference(p(pointDiff), p(pointSum), p(pointY), p(pointX))
	multiply(A, p(pointDiff), q(addendDiff))
	multiply(B, p(pointSum), q(addendSum))
	multiply(C, p(pointT), q(addendT))
	multiply(D, p(pointZ), q(addendZ))
	difference(E, H, B, A)
	difference(F, G, D, C)
	multiply(p(pointT), E, H)
	multiply(p(pointZ), F, G)
	multiply(p(pointX), E, F)
	multiply(p(pointY), G, H)
}

func addKernels() {
	TEXT("addAVX2", 0, "func(p, q *byte)")
	p, q := R10, R11
	at := func(base Register) func(int) Mem {
		return func(offset int) Mem { return Mem{Base: base, Disp: offset} }
	}
	Load(Param("p"), p)
	Load(Param("q"), q)
	addTo(newFrame(R8, 4), at(p), at(q))
	VZEROUPPER()
	RET()

	TEXT("addListedAVX2", 0, "func(p, table *byte, list *[4]uint16, n int)")
	table, list, n := R11, R12, RCX
	Load(Param("p"), p)
	Load(Param("table"), table)
	Load(Param("list"), list)
	Load(Param("n"), n)
	fr := newFrame(R8, 4+addendSize/elementSize)
	gathered := func(offset int) Mem { return fr.element(4).Offset(offset) }
	Label("next")
	gather(gathered(0), table, list)
	addTo(fr, at(p), gathered)
	ADDQ(U32(8), list)
	DECQ(n)
	JNZ(LabelRef("next"))
	VZEROUPPER()
	RET()
}
