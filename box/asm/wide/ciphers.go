package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func salsa() {
	TEXT("salsaXORWide", 0, "func(data *byte, groups int, counter *[16]byte, key *[32]byte)")
	Pragma("noescape")
	Doc("salsaXORWide is salsaXOR for groups of 1,024 bytes, 16 blocks at a time.")
	data, groups, counter, key := RDI, RSI, RDX, RCX
	Load(Param("data"), data)
	Load(Param("groups"), groups)
	Load(Param("counter"), counter)
	Load(Param("key"), key)
	c, k, s := Mem{Base: counter}, Mem{Base: key}, sigma("salsaSigmaWide")
	MOVL(c.Offset(8), EAX)
	(&kernel{
		state: [16]Mem{
			s[0], k, k.Offset(4), k.Offset(8), k.Offset(12),
			s[1], c, c.Offset(4), {}, c.Offset(12),
			s[2], k.Offset(16), k.Offset(20), k.Offset(24), k.Offset(28),
			s[3],
		},
		number: 8,
		doubled: func() {
			salsaRound([4][4]int{{0, 4, 8, 12}, {5, 9, 13, 1}, {10, 14, 2, 6}, {15, 3, 7, 11}})
			salsaRound([4][4]int{{0, 1, 2, 3}, {5, 6, 7, 4}, {10, 11, 8, 9}, {15, 12, 13, 14}})
		},
	}).write(data, groups, RAX, RBX)
}

// salsaRound does four quarter rounds side by side: x[b] ^= (x[a] + x[d]) <<< bits.
func salsaRound(quarters [4][4]int) {
	for step, bits := range []uint64{7, 9, 13, 18} {
		for i, q := range quarters {
			t := free[i]
			VPADDD(word[q[step]], word[q[(step+3)%4]], t)
			VPROLD(U8(bits), t, t)
			VPXORD(t, word[q[(step+1)%4]], word[q[(step+1)%4]])
		}
	}
}

func chacha() {
	TEXT("chachaXORWide", 0, "func(data *byte, groups int, number uint32, nonce *[12]byte, key *[32]byte)")
	Pragma("noescape")
	Doc("chachaXORWide encrypts groups × 1,024 bytes at data in place with the ChaCha20 key stream (RFC 8439) from block",
		"number on, which must not overflow on the way.")
	data, groups, nonce, key := RDI, RSI, RDX, RCX
	Load(Param("data"), data)
	Load(Param("groups"), groups)
	Load(Param("number"), EAX)
	Load(Param("nonce"), nonce)
	Load(Param("key"), key)
	n, k, s := Mem{Base: nonce}, Mem{Base: key}, sigma("chachaSigmaWide")
	(&kernel{
		state: [16]Mem{
			s[0], s[1], s[2], s[3],
			k, k.Offset(4), k.Offset(8), k.Offset(12), k.Offset(16), k.Offset(20), k.Offset(24), k.Offset(28),
			{}, n, n.Offset(4), n.Offset(8),
		},
		number: 12,
		doubled: func() {
			chachaRound([4][4]int{{0, 4, 8, 12}, {1, 5, 9, 13}, {2, 6, 10, 14}, {3, 7, 11, 15}})
			chachaRound([4][4]int{{0, 5, 10, 15}, {1, 6, 11, 12}, {2, 7, 8, 13}, {3, 4, 9, 14}})
		},
	}).write(data, groups, RAX, RBX)
}

// chachaRound does four quarter rounds side by side: x[a] += x[b]; x[d] = (x[d] ^ x[a]) <<< bits; and with c, d, b.
func chachaRound(quarters [4][4]int) {
	for step, bits := range []uint64{16, 12, 8, 7} {
		for _, q := range quarters {
			a, b, d := word[q[0]], word[q[1]], word[q[3]]
			if step%2 == 1 {
				a, b, d = word[q[2]], word[q[3]], word[q[1]]
			}
			VPADDD(b, a, a)
			VPXORD(a, d, d)
			VPROLD(U8(bits), d, d)
		}
	}
}
