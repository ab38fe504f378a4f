package box

import (
	"bytes"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	//lint:ignore SA1019 see salsa.go
	"golang.org/x/crypto/poly1305"
)

func checkPoly(t *testing.T, data []byte, key *[32]byte) {
	t.Helper()
	before := bytes.Clone(data)
	var got, want [TagSize]byte
	poly1305.Sum(&want, data, key)
	if polySum(&got, data, key); got != want {
		t.Fatalf("%d bytes, key %x: got %x, want %x", len(data), *key, got, want)
	}
	if !bytes.Equal(data, before) {
		t.Fatalf("%d bytes: data changed", len(data))
	}
}

func TestPolyOracle(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		rnd := random(t)
		buf := make([]byte, 16384+64)
		var key [32]byte
		for n := range 4097 {
			rnd.Read(key[:])
			at := int(rnd.Uint64() % 64)
			rnd.Read(buf[at : at+n])
			checkPoly(t, buf[at:at+n], &key)
		}
		for at := range 64 {
			rnd.Read(key[:])
			checkPoly(t, buf[at:at+16384], &key)
		}
		for n := 16384 - 300; n <= len(buf); n++ {
			rnd.Read(key[:])
			checkPoly(t, buf[:n], &key)
		}
	})
}

// TestPolyStream has data in pieces of all sizes.
func TestPolyStream(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		rnd := random(t)
		data := make([]byte, 8000)
		var key [32]byte
		for range 300 {
			rnd.Read(key[:])
			rnd.Read(data)
			n := rnd.Uint64() % 8000
			limit := 1 + rnd.Uint64()%2500
			var want, got [TagSize]byte
			poly1305.Sum(&want, data[:n], &key)
			var p polyStream
			p.start(&key)
			for rest := data[:n]; len(rest) > 0; {
				piece := min(rnd.Uint64()%(limit+1), uint64(len(rest)))
				p.write(rest[:piece])
				rest = rest[piece:]
			}
			if p.finish(&got); got != want {
				t.Fatalf("%d bytes in pieces up to %d: got %x, want %x", n, limit, got, want)
			}
		}
	})
}

// TestPolySplit has data in two pieces, split everywhere, and in three.
func TestPolySplit(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		rnd := random(t)
		data := make([]byte, 1601)
		var key [32]byte
		rnd.Read(data)
		rnd.Read(key[:])
		var want, got [TagSize]byte
		poly1305.Sum(&want, data, &key)
		for first := range data {
			for _, second := range []int{first, min(first+256, len(data)), min(first+769, len(data))} {
				var p polyStream
				p.start(&key)
				p.write(data[:first])
				p.write(data[first:second])
				p.write(data[second:])
				if p.finish(&got); got != want {
					t.Fatalf("split after %d and %d bytes: got %x, want %x", first, second, got, want)
				}
			}
		}
	})
}

// TestPolyExtremes has data and keys of words that are all zeros, all ones or
// random, so that limbs are as large or small as they can be.
func TestPolyExtremes(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		rnd := random(t)
		data := make([]byte, 2048)
		var key [32]byte
		fill := func(b []byte) {
			for ; len(b) >= 4; b = b[4:] {
				switch rnd.Uint64() % 4 {
				case 0:
					clear(b[:4])
				case 1:
					rnd.Read(b[:4])
				default:
					copy(b, "\xff\xff\xff\xff")
				}
			}
		}
		copy(key[:], filled(32, 0xff))
		for _, b := range []byte{0, 1, 0x80, 0xff} {
			checkPoly(t, filled(16384, b), &key)
		}
		for range 5000 {
			fill(key[:])
			fill(data)
			checkPoly(t, data[:500+rnd.Uint64()%1500], &key)
		}
	})
}

// TestPolyEdges makes the sum before the last reduction any number around 0,
// 2^128 and 2^130-5, by solving for the last block.
func TestPolyEdges(t *testing.T) {
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 130), big.NewInt(5))
	var targets []*big.Int
	for _, around := range []*big.Int{p, new(big.Int), new(big.Int).Lsh(big.NewInt(1), 128), new(big.Int).Lsh(big.NewInt(1), 64)} {
		for d := int64(-6); d <= 6; d++ {
			sum := new(big.Int).Add(around, big.NewInt(d))
			targets = append(targets, sum.Mod(sum, p))
		}
	}
	eachPath(t, func(t *testing.T) {
		rnd := random(t)
		for _, target := range targets {
			for _, n := range []int{256, 272, 368, 384, 512, 1024, 1040, 1072, 1136} {
				key, data := solvePoly(rnd, p, target, n)
				checkPoly(t, data, &key)
			}
		}
	})
}

// solvePoly returns a key and n bytes (a multiple of 16) whose polynomial is
// target mod p.
func solvePoly(rnd *rand.ChaCha8, p, target *big.Int, n int) (key [32]byte, data []byte) {
	data = make([]byte, n)
	top := new(big.Int).Lsh(big.NewInt(1), 128)
	for { // one try in four has a last block of 128 bits
		rnd.Read(key[:])
		rnd.Read(data)
		r := littleEndian(key[:16])
		r.And(r, new(big.Int).SetBytes([]byte("\x0f\xff\xff\xfc\x0f\xff\xff\xfc\x0f\xff\xff\xfc\x0f\xff\xff\xff")))
		h := new(big.Int)
		for at := 0; at < n-16; at += 16 {
			h.Add(h, littleEndian(data[at:at+16])).Add(h, top)
			h.Mul(h, r).Mod(h, p)
		}
		last := new(big.Int).ModInverse(r, p)
		last.Mul(last, target).Sub(last, h).Sub(last, top).Mod(last, p)
		if last.BitLen() <= 128 {
			block := last.FillBytes(data[n-16:])
			slices.Reverse(block)
			return key, data
		}
	}
}

func littleEndian(b []byte) *big.Int {
	b = bytes.Clone(b)
	slices.Reverse(b)
	return new(big.Int).SetBytes(b)
}

func FuzzPoly(f *testing.F) {
	f.Add(filled(600, 0xff), filled(32, 0xff))
	f.Add(filled(512, 0), filled(32, 1))
	f.Fuzz(func(t *testing.T, data, key []byte) {
		var k [32]byte
		copy(k[:], key)
		for len(data) < 512 && len(data) > 0 { // the short ones are x/crypto's
			data = append(data, data...)
		}
		checkPoly(t, data, &k)
	})
}

// BenchmarkPoly includes what is done once for a key.
func BenchmarkPoly(b *testing.B) {
	for _, n := range []int{256, 1024, benchBlock} {
		for name, sum := range map[string]func(*[TagSize]byte, []byte, *[32]byte){"ours": polySum, "x-crypto": polySumGeneric} {
			b.Run(fmt.Sprint(name, " ", n), func(b *testing.B) {
				data := make([]byte, n)
				var key [32]byte
				var tag [TagSize]byte
				copy(key[:], filled(32, 0x35))
				b.SetBytes(int64(n))
				b.ReportAllocs()
				for b.Loop() {
					sum(&tag, data, &key)
				}
			})
		}
	}
}
