package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// The Salsa20 kernel works on eight blocks at once: each of the 16 words of
// the state is a vector with that word of all eight blocks. There are 16
// registers, two of them needed for the work. A round is done in two halves of
// two quarter rounds, so that in each half there are two words that nothing
// needs; these are on the stack. Words 2 and 8 take turns in one register, and
// words 7 and 13 in another:
//
//	half of the double round   uses                     on the stack
//	first columns              0 4 8 12, 5 9 13 1       2 7
//	second columns             10 14 2 6, 15 3 7 11     8 13
//	first rows                 0 1 2 3, 5 6 7 4         8 13
//	second rows                10 11 8 9, 15 12 13 14   2 7
//
// What is stored is not read again before a half has passed, so that no
// addition waits for memory.
const (
	lanes     = 8
	blockSize = 64
	vecSize   = 32
)

// turns are the pairs of words that share a register; the first of each is on
// the stack where a double round starts.
var turns = [2][2]int{{2, 8}, {7, 13}}

// columns and rows are the quarter rounds of a double round.
var (
	columns = [4][4]int{{0, 4, 8, 12}, {5, 9, 13, 1}, {10, 14, 2, 6}, {15, 3, 7, 11}}
	rows    = [4][4]int{{0, 1, 2, 3}, {5, 6, 7, 4}, {10, 11, 8, 9}, {15, 12, 13, 14}}
)

// salsaState is where the vectors are.
type salsaState struct {
	stack Register        // aligned
	word  [16]VecPhysical // the registers of the words; some share one
	tmp   [2]VecPhysical
	step  Mem // what a group adds to the block numbers
}

// The places on the stack.
const (
	stackStart = 0  // 16 vectors: the state before the rounds
	stackWords = 16 // 16 vectors: words of the state, by their number
	stackSlots = 32
)

func (s *salsaState) slot(i int) Mem { return Mem{Base: s.stack, Disp: i * vecSize} }

func kernel() {
	TEXT("salsaXOR", 0, "func(data *byte, groups int, counter *[16]byte, key *[32]byte)")
	Pragma("noescape")
	Doc("salsaXOR encrypts groups × 512 bytes at data in place with the Salsa20 key",
		"stream, 8 blocks at a time. counter is as for xorKeyStream and does not",
		"change; the low half of its block number must not overflow on the way.")
	data, groups, rounds := RDI, RSI, RDX
	Load(Param("data"), data)
	Load(Param("groups"), groups)
	Load(Param("counter"), RDX)
	Load(Param("key"), RCX)

	s := newSalsaState(RAX)
	s.start(Mem{Base: RDX}, Mem{Base: RCX})
	Label("group")
	s.load()
	MOVQ(U32(10), rounds)
	Label("rounds")
	s.doubleRound()
	DECQ(rounds)
	JNZ(LabelRef("rounds"))
	s.finish(data)
	ADDQ(U32(lanes*blockSize), data)
	DECQ(groups)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}

func newSalsaState(stack GPPhysical) *salsaState {
	local := AllocLocal(stackSlots*vecSize + vecSize)
	LEAQ(local.Offset(vecSize-1), stack)
	ANDQ(I32(-vecSize), stack)
	s := &salsaState{stack: stack}
	free := []VecPhysical{Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, Y8, Y9, Y10, Y11, Y12, Y13, Y14, Y15}
	for i := range s.word {
		s.word[i], free = free[0], free[1:]
		for _, t := range turns {
			if i == t[1] {
				free = append([]VecPhysical{s.word[i]}, free...)
				s.word[i] = s.word[t[0]]
			}
		}
	}
	s.tmp = [2]VecPhysical(free)
	return s
}

// start fills the state: sigma, key, nonce, and the numbers of eight blocks.
func (s *salsaState) start(counter, key Mem) {
	sigma := GLOBL("salsaSigma", RODATA|NOPTR)
	for i, w := range []uint32{0x61707865, 0x3320646e, 0x79622d32, 0x6b206574} {
		DATA(4*i, U32(w))
	}
	numbers := GLOBL("salsaLanes", RODATA|NOPTR)
	for i := range lanes {
		DATA(4*i, U32(i))
	}
	s.step = GLOBL("salsaStep", RODATA|NOPTR)
	for i := range lanes {
		DATA(4*i, U32(lanes))
	}
	for i, m := range []Mem{
		sigma, key, key.Offset(4), key.Offset(8), key.Offset(12),
		sigma.Offset(4), counter, counter.Offset(4), counter.Offset(8), counter.Offset(12),
		sigma.Offset(8), key.Offset(16), key.Offset(20), key.Offset(24), key.Offset(28),
		sigma.Offset(12),
	} {
		VPBROADCASTD(m, Y0)
		if i == 8 {
			VPADDD(numbers, Y0, Y0)
		}
		VMOVDQA(Y0, s.slot(stackStart+i))
	}
}

// load puts the start into the words.
func (s *salsaState) load() {
	for i, w := range s.word {
		VMOVDQA(s.slot(stackStart+i), w)
		if i == turns[0][0] || i == turns[1][0] {
			VMOVDQA(w, s.slot(stackWords+i))
		}
	}
}

// swap stores two words and loads those that take turns with them.
func (s *salsaState) swap(out, in int) {
	for _, t := range turns {
		VMOVDQA(s.word[t[out]], s.slot(stackWords+t[out]))
		VMOVDQA(s.slot(stackWords+t[in]), s.word[t[in]])
	}
}

// doubleRound does a round of columns and one of rows.
func (s *salsaState) doubleRound() {
	s.half(columns[0], columns[1])
	s.swap(1, 0)
	s.half(columns[2], columns[3])
	s.half(rows[0], rows[1])
	s.swap(0, 1)
	s.half(rows[2], rows[3])
}

// half does two quarter rounds side by side.
func (s *salsaState) half(quarters ...[4]int) {
	for step, bits := range []uint64{7, 9, 13, 18} {
		for _, q := range quarters {
			s.addRotateXor(q[(step+1)%4], q[step], q[(step+3)%4], bits)
		}
	}
}

// addRotateXor does x[b] ^= (x[a] + x[d]) <<< bits.
func (s *salsaState) addRotateXor(b, a, d int, bits uint64) {
	t, u := s.tmp[0], s.tmp[1]
	VPADDD(s.word[a], s.word[d], t)
	VPSLLD(U8(bits), t, u)
	VPSRLD(U8(32-bits), t, t)
	VPXOR(s.word[b], u, s.word[b])
	VPXOR(s.word[b], t, s.word[b])
}

// finish adds the start to the words, brings them into the order of bytes, and
// encrypts eight blocks. It moves the start's block numbers on.
func (s *salsaState) finish(data Register) {
	for i := 8; i < 16; i++ {
		VPADDD(s.slot(stackStart+i), s.word[i], s.word[i])
		VMOVDQA(s.word[i], s.slot(stackWords+i))
	}
	for _, t := range turns {
		VMOVDQA(s.slot(stackWords+t[0]), s.word[t[0]])
	}
	half := [8]VecPhysical(s.word[:8])
	for i, w := range half {
		VPADDD(s.slot(stackStart+i), w, w)
	}
	free := [8]VecPhysical{s.tmp[0], s.tmp[1]}
	n := 2
	for i, w := range s.word {
		if i >= 8 && i != turns[0][1] && i != turns[1][1] {
			free[n], n = w, n+1
		}
	}
	xorTransposed(data, 0, half, free)
	for i := range half {
		VMOVDQA(s.slot(stackWords+8+i), half[i])
	}
	xorTransposed(data, blockSize/2, half, free)
	VMOVDQA(s.slot(stackStart+8), s.tmp[0])
	VPADDD(s.step, s.tmp[0], s.tmp[0])
	VMOVDQA(s.tmp[0], s.slot(stackStart+8))
}

// xorTransposed transposes the 8 × 8 words w, which gives half a block in each
// vector, and encrypts with them the halves at offset at of eight blocks.
func xorTransposed(data Register, at int, w, t [8]VecPhysical) {
	for i := 0; i < 8; i += 2 {
		VPUNPCKLDQ(w[i+1], w[i], t[i])
		VPUNPCKHDQ(w[i+1], w[i], t[i+1])
	}
	for i := 0; i < 8; i += 4 { // w[i+j] gets words i to i+3 of blocks j and j+4
		VPUNPCKLQDQ(t[i+2], t[i], w[i])
		VPUNPCKHQDQ(t[i+2], t[i], w[i+1])
		VPUNPCKLQDQ(t[i+3], t[i+1], w[i+2])
		VPUNPCKHQDQ(t[i+3], t[i+1], w[i+3])
	}
	for j := range 4 {
		VPERM2I128(U8(0x20), w[4+j], w[j], t[j])
		VPERM2I128(U8(0x31), w[4+j], w[j], t[4+j])
	}
	for j := range lanes {
		m := Mem{Base: data, Disp: j*blockSize + at}
		VPXOR(m, t[j], t[j])
		VMOVDQU(t[j], m)
	}
}
