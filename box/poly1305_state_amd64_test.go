//go:build amd64 && !purego

package box

import (
	"encoding/binary"
	"math/big"
	"testing"
)

// TestPolyState begins with sums that hardly any data leads to, up to the largest that there may be, and has r that carry
// far or not at all. The oracle computes with numbers of any size.
func TestPolyState(t *testing.T) {
	power := func(n uint) *big.Int { return new(big.Int).Lsh(big.NewInt(1), n) }
	p := new(big.Int).Sub(power(130), big.NewInt(5))
	var sums []*big.Int
	for _, around := range []*big.Int{
		p,                               // with d = 4 it is 2^130-1
		new(big.Int).Sub(p, power(128)), // p after a block of zeros
		new(big.Int).Sub(p, power(129)), // p after one of ones, with d = 1
		power(44), power(88), power(128),
		new(big.Int).Add(p, power(128)), // with d = 4 the largest
	} {
		for d := int64(-6); d <= 4; d++ {
			sums = append(sums, new(big.Int).Add(around, big.NewInt(d)))
		}
	}
	const all = 1<<64 - 1
	eachPath(t, func(t *testing.T) {
		for _, r := range [][2]uint64{{all, all}, {0, 0}, {1, 0}, {1 << 43, 0}, {1 << 44, 0}, {all, 0}, {0, 1 << 24}, {0, 1 << 59}, {0, all}} {
			for _, sum := range sums {
				for _, n := range []int{256, 272, 496, 512, 528, 768, 1264} {
					for _, b := range []byte{0, 0xfb, 0xff} {
						checkPolyState(t, p, r, sum, filled(n, b))
					}
				}
			}
		}
	})
}

// checkPolyState takes data into a sum.
func checkPolyState(t *testing.T, p *big.Int, r [2]uint64, sum *big.Int, data []byte) {
	t.Helper()
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], r[0])
	binary.LittleEndian.PutUint64(key[8:], r[1])
	var s poly
	s.init(&key)
	words := func(words ...uint64) *big.Int {
		n := new(big.Int)
		for i, w := range words {
			n.Add(n, new(big.Int).Lsh(new(big.Int).SetUint64(w), uint(64*i)))
		}
		return n
	}
	factor, want := words(s.r0, s.r1), new(big.Int).Set(sum)
	for at := 0; at < len(data); at += 16 {
		want.Add(want, words(binary.LittleEndian.Uint64(data[at:]), binary.LittleEndian.Uint64(data[at+8:]), 1))
		want.Mul(want, factor).Mod(want, p)
	}
	var bytes [24]byte
	sum.FillBytes(bytes[:])
	s.h2, s.h1, s.h0 = binary.BigEndian.Uint64(bytes[:]), binary.BigEndian.Uint64(bytes[8:]), binary.BigEndian.Uint64(bytes[16:])
	s.update(data)
	if s.h2 > 4 {
		t.Errorf("r %x, sum %x, %d bytes %x: not reduced", r, sum, len(data), data[0])
	}
	if got := words(s.h0, s.h1, s.h2); got.Mod(got, p).Cmp(want) != 0 {
		t.Errorf("r %x, sum %x, %d bytes %x: got %x, want %x", r, sum, len(data), data[0], got, want)
	}
}
