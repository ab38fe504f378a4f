package box

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	//lint:ignore SA1019 see salsa.go
	"golang.org/x/crypto/salsa20/salsa"
)

// margin is what a test looks at on both sides of what a kernel may write to.
const margin = 64

// checkKeyStream encrypts n random bytes at the given distance from an aligned
// address, and compares with x/crypto, the bytes around them included.
func checkKeyStream(t *testing.T, rnd *rand.ChaCha8, n, distance int, number uint64) {
	t.Helper()
	var counter [16]byte
	var key [32]byte
	rnd.Read(counter[:8])
	rnd.Read(key[:])
	binary.LittleEndian.PutUint64(counter[8:], number)
	buf := make([]byte, distance+n+2*margin)
	rnd.Read(buf)
	at := distance + margin

	want, before := bytes.Clone(buf), counter
	salsa.XORKeyStream(want[at:at+n], want[at:at+n], &counter, &key)
	xorKeyStream(buf[at:at+n], &counter, &key)
	if !bytes.Equal(buf, want) {
		t.Fatalf("length %d, distance %d, block %#x: differs", n, distance, number)
	}
	if counter != before {
		t.Fatalf("length %d: counter changed", n)
	}
}

func TestKeyStreamOracle(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		rnd := random(t)
		for n := range 4097 {
			checkKeyStream(t, rnd, n, int(rnd.Uint64()%64), rnd.Uint64()>>36)
		}
		for distance := range 64 {
			checkKeyStream(t, rnd, 16384, distance, 1)
		}
	})
}

// TestKeyStreamNumbers has block numbers whose low half overflows on the way.
func TestKeyStreamNumbers(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		rnd := random(t)
		for back := range uint64(70) {
			for _, high := range []uint64{1, 0xff, 1 << 32} {
				checkKeyStream(t, rnd, 4000, 0, high<<32-back)
			}
		}
	})
}

func FuzzKeyStream(f *testing.F) {
	f.Add(uint64(1), uint16(16384), uint64(0))
	f.Add(uint64(2), uint16(700), uint64(1<<32-3))
	f.Fuzz(func(t *testing.T, seed uint64, n uint16, number uint64) {
		var s [32]byte
		binary.LittleEndian.PutUint64(s[:], seed)
		checkKeyStream(t, rand.NewChaCha8(s), int(n), int(seed%64), number)
	})
}
