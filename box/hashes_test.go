package box

import (
	"bytes"
	"crypto/sha512"
	"fmt"
	"math/rand/v2"
	"testing"
)

// hashParts is a message to hash as the verifier has it.
type hashParts struct {
	Authorized
	signature *[Ed25519SignatureSize]byte
	key       *[KeySize]byte
}

func randomParts(rnd *rand.ChaCha8, signed int) (p hashParts) {
	fill := func(n int) []byte {
		b := make([]byte, n)
		rnd.Read(b)
		return b
	}
	p.SessionID, p.Signed = fill(32), fill(signed)
	switch rnd.Uint64() % 4 {
	case 0:
		p.SessionID = fill(int(rnd.Uint64() % 256))
	case 1:
		p.Prefix = fill(32)
	}
	if rnd.Uint64()%2 == 0 {
		p.signature, p.key = (*[Ed25519SignatureSize]byte)(fill(64)), (*[KeySize]byte)(fill(32))
	}
	return p
}

// checkHashes hashes messages together and compares with crypto/sha512.
func checkHashes(t *testing.T, h *hashes, all []hashParts) {
	t.Helper()
	h.reset()
	for i := range all {
		p := &all[i]
		if p.signature != nil {
			h.addSignature(p.signature, p.key, &p.Authorized)
		} else {
			h.add(&p.Authorized)
		}
	}
	h.run()
	for i := range all {
		p := &all[i]
		var message []byte
		if p.signature != nil {
			message = append(append(message, p.signature[:32]...), p.key[:]...)
		}
		message = p.appendTo(message)
		if want := sha512.Sum512(message); *h.sum(i) != want {
			t.Fatalf("message %d of %d, %d bytes: got %x, want %x", i, len(all), len(message), *h.sum(i), want)
		}
	}
}

// TestHashes hashes drains of messages of all lengths around blocks, alike and
// mixed.
func TestHashes(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		rnd := random(t)
		var h hashes
		for n := range 400 {
			var alike, mixed []hashParts
			for range n % 17 {
				alike = append(alike, randomParts(rnd, n))
				mixed = append(mixed, randomParts(rnd, int(rnd.Uint64()%600)))
			}
			checkHashes(t, &h, alike)
			checkHashes(t, &h, mixed)
		}
		var long []hashParts
		for i := range 11 {
			long = append(long, randomParts(rnd, 16000+i*37), randomParts(rnd, 10))
		}
		checkHashes(t, &h, long)
	})
}

func FuzzHashes(f *testing.F) {
	f.Add(uint64(1), []byte{1, 2, 3, 4})
	f.Add(uint64(2), bytes.Repeat([]byte{120}, 9))
	f.Fuzz(func(t *testing.T, seed uint64, sizes []byte) {
		rnd := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(seed >> 16)})
		var all []hashParts
		for _, n := range sizes[:min(len(sizes), 20)] {
			all = append(all, randomParts(rnd, int(n)*int(n)/8))
		}
		checkHashes(t, new(hashes), all)
	})
}

// BenchmarkHashes gives the time of one message among some of 16,000 bytes.
func BenchmarkHashes(b *testing.B) {
	eachPath(b, func(b *testing.B) {
		for _, n := range []int{1, 2, 3, 4, 8} {
			run := hashMany(n, make([]byte, 16000))
			b.Run(fmt.Sprint(n), func(b *testing.B) { measure(b, run, n) })
		}
	})
}

// BenchmarkHashesOfDrain gives the time of a SEND and an ACK among as many of each.
func BenchmarkHashesOfDrain(b *testing.B) {
	eachPath(b, func(b *testing.B) {
		for _, n := range []int{1, 2, 3, 4, 8} {
			run := hashMany(n, make([]byte, 16384), make([]byte, 60))
			b.Run(fmt.Sprint(n), func(b *testing.B) { measure(b, run, n) })
		}
	})
}
