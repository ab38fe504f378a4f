package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func salsa(w width) {
	TEXT("salsaXOR"+w.name, 0, "func(data *byte, groups int, counter *[16]byte, key *[32]byte)")
	Pragma("noescape")
	Doc("salsaXOR" + w.name + " is salsaXOR for groups of 1,024 bytes, " + w.name + " blocks at a time.")
	data, groups, counter, key := RDI, RSI, RDX, RCX
	Load(Param("data"), data)
	Load(Param("groups"), groups)
	Load(Param("counter"), counter)
	Load(Param("key"), key)
	c, k, s := Mem{Base: counter}, Mem{Base: key}, sigma("salsaSigma"+w.name)
	MOVL(c.Offset(8), EAX)
	(&kernel{
		width: w,
		state: [16]Mem{
			s[0], k, k.Offset(4), k.Offset(8), k.Offset(12),
			s[1], c, c.Offset(4), {}, c.Offset(12),
			s[2], k.Offset(16), k.Offset(20), k.Offset(24), k.Offset(28),
			s[3],
		},
		number: 8,
		doubled: func() {
			w.salsaRound([4][4]int{{0, 4, 8, 12}, {5, 9, 13, 1}, {10, 14, 2, 6}, {15, 3, 7, 11}})
			w.salsaRound([4][4]int{{0, 1, 2, 3}, {5, 6, 7, 4}, {10, 11, 8, 9}, {15, 12, 13, 14}})
		},
	}).write(data, groups, RAX, RBX)
}

// salsaRound does four quarter rounds side by side: x[b] ^= (x[a] + x[d]) <<< bits.
func (w width) salsaRound(quarters [4][4]int) {
	for step, bits := range []uint64{7, 9, 13, 18} {
		for i, q := range quarters {
			t := w.free[i]
			VPADDD(w.word[q[step]], w.word[q[(step+3)%4]], t)
			VPROLD(U8(bits), t, t)
			VPXORD(t, w.word[q[(step+1)%4]], w.word[q[(step+1)%4]])
		}
	}
}

func chacha(w width) {
	TEXT("chachaXOR"+w.name, 0, "func(data *byte, groups int, number uint32, nonce *[12]byte, key *[32]byte)")
	Pragma("noescape")
	Doc("chachaXOR"+w.name+" encrypts groups × 1,024 bytes at data in place with the ChaCha20 key stream (RFC 8439) from block",
		"number on, which must not overflow on the way, "+w.name+" blocks at a time.")
	data, groups, nonce, key := RDI, RSI, RDX, RCX
	Load(Param("data"), data)
	Load(Param("groups"), groups)
	Load(Param("number"), EAX)
	Load(Param("nonce"), nonce)
	Load(Param("key"), key)
	n, k, s := Mem{Base: nonce}, Mem{Base: key}, sigma("chachaSigma"+w.name)
	(&kernel{
		width: w,
		state: [16]Mem{
			s[0], s[1], s[2], s[3],
			k, k.Offset(4), k.Offset(8), k.Offset(12), k.Offset(16), k.Offset(20), k.Offset(24), k.Offset(28),
			{}, n, n.Offset(4), n.Offset(8),
		},
		number: 12,
		doubled: func() {
			w.chachaRound([4][4]int{{0, 4, 8, 12}, {1, 5, 9, 13}, {2, 6, 10, 14}, {3, 7, 11, 15}})
			w.chachaRound([4][4]int{{0, 5, 10, 15}, {1, 6, 11, 12}, {2, 7, 8, 13}, {3, 4, 9, 14}})
		},
	}).write(data, groups, RAX, RBX)
}

// chachaRound does four quarter rounds side by side: x[a] += x[b]; x[d] = (x[d] ^ x[a]) <<< bits; and with c, d, b.
func (w width) chachaRound(quarters [4][4]int) {
	for step, bits := range []uint64{16, 12, 8, 7} {
		for _, q := range quarters {
			a, b, d := w.word[q[0]], w.word[q[1]], w.word[q[3]]
			if step%2 == 1 {
				a, b, d = w.word[q[2]], w.word[q[3]], w.word[q[1]]
			}
			VPADDD(b, a, a)
			VPXORD(a, d, d)
			VPROLD(U8(bits), d, d)
		}
	}
}
