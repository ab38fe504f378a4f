package box

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"golang.org/x/crypto/chacha20poly1305"
)

// checkChaChaPoly seals and opens n random bytes, and compares with x/crypto.
func checkChaChaPoly(t *testing.T, rnd *rand.ChaCha8, n, additional int) {
	t.Helper()
	key, nonce, extra, plain := make([]byte, KeySize), make([]byte, chacha20poly1305.NonceSize), make([]byte, additional), make([]byte, n)
	for _, b := range [][]byte{key, nonce, extra, plain} {
		rnd.Read(b)
	}
	ours, err := NewChaCha20Poly1305(key)
	if err != nil {
		t.Fatal(err)
	}
	oracle, err := chacha20poly1305.New(key)
	if err != nil {
		t.Fatal(err)
	}
	prefix := []byte("prefix")
	want := oracle.Seal(bytes.Clone(prefix), nonce, plain, extra)
	if got := ours.Seal(bytes.Clone(prefix), nonce, plain, extra); !bytes.Equal(got, want) {
		t.Fatalf("%d bytes, %d additional: sealed otherwise", n, additional)
	}
	sealed := want[len(prefix):]
	inPlace := append(bytes.Clone(plain), make([]byte, ours.Overhead())...)
	if ours.Seal(inPlace[:0], nonce, inPlace[:n], extra); !bytes.Equal(inPlace, sealed) {
		t.Fatalf("%d bytes, %d additional: sealed otherwise in place", n, additional)
	}
	if got, err := ours.Open(bytes.Clone(prefix), nonce, sealed, extra); err != nil || !bytes.Equal(got, append(prefix, plain...)) {
		t.Fatalf("%d bytes, %d additional: not opened: %v", n, additional, err)
	}
	if got, err := ours.Open(inPlace[:0], nonce, inPlace, extra); err != nil || !bytes.Equal(got, plain) {
		t.Fatalf("%d bytes, %d additional: not opened in place: %v", n, additional, err)
	}
	wrong := bytes.Clone(sealed)
	at := rnd.Uint64() % uint64(len(wrong))
	wrong[at] ^= 1 << (rnd.Uint64() % 8)
	if _, err := ours.Open(nil, nonce, wrong, extra); err == nil {
		t.Fatalf("%d bytes, wrong in byte %d: opened", n, at)
	}
}

func TestChaChaPolyOracle(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		rnd := random(t)
		for n := range 4097 {
			checkChaChaPoly(t, rnd, n, int(rnd.Uint64()%40))
		}
		for n := 16384; n <= 16640; n++ {
			checkChaChaPoly(t, rnd, n, 5)
		}
	})
}

// TestChaChaPolyRFC is the example of RFC 8439, section 2.8.2.
func TestChaChaPolyRFC(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		key := make([]byte, KeySize)
		for i := range key {
			key[i] = 0x80 + byte(i)
		}
		nonce := []byte{7, 0, 0, 0, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47}
		extra := []byte{0x50, 0x51, 0x52, 0x53, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7}
		plain := "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it."
		aead, err := NewChaCha20Poly1305(key)
		if err != nil {
			t.Fatal(err)
		}
		sealed := aead.Seal(nil, nonce, []byte(plain), extra)
		wantTag := []byte{0x1a, 0xe1, 0x0b, 0x59, 0x4f, 0x09, 0xe2, 0x6a, 0x7e, 0x90, 0x2e, 0xcb, 0xd0, 0x60, 0x06, 0x91}
		wantStart := []byte{0xd3, 0x1a, 0x8d, 0x34, 0x64, 0x8e, 0x60, 0xdb, 0x7b, 0x86, 0xaf, 0xbc, 0x53, 0xef, 0x7e, 0xc2}
		if !bytes.Equal(sealed[len(plain):], wantTag) || !bytes.HasPrefix(sealed, wantStart) {
			t.Errorf("sealed to %x", sealed)
		}
	})
}

// TestChaChaPolyMisuse: what is shorter than a tag is an error, a key of another length too, and a nonce of another length
// the caller's fault.
func TestChaChaPolyMisuse(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		if _, err := NewChaCha20Poly1305(make([]byte, 31)); err == nil {
			t.Error("a key of 31 bytes")
		}
		aead, err := NewChaCha20Poly1305(make([]byte, 32))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := aead.Open(nil, make([]byte, aead.NonceSize()), make([]byte, 15), nil); err == nil {
			t.Error("15 bytes open")
		}
		defer func() {
			if recover() == nil {
				t.Error("a nonce of 11 bytes")
			}
		}()
		aead.Seal(nil, make([]byte, 11), nil, nil)
	})
}

func TestChaChaPolyAllocations(t *testing.T) {
	if !hasKernels {
		return // x/crypto's portable one makes objects
	}
	aead, err := NewChaCha20Poly1305(make([]byte, KeySize))
	if err != nil {
		t.Fatal(err)
	}
	nonce, extra := make([]byte, aead.NonceSize()), make([]byte, 5)
	buf := make([]byte, benchBlock+TagSize)
	if n := testing.AllocsPerRun(10, func() {
		aead.Seal(buf[:0], nonce, buf[:benchBlock], extra)
		if _, err := aead.Open(buf[:0], nonce, buf, extra); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzChaChaPoly(f *testing.F) {
	f.Add(uint64(1), uint16(16385), uint8(5))
	f.Add(uint64(2), uint16(961), uint8(0))
	f.Fuzz(func(t *testing.T, seed uint64, n uint16, additional uint8) {
		var s [32]byte
		binary.LittleEndian.PutUint64(s[:], seed)
		checkChaChaPoly(t, rand.NewChaCha8(s), int(n), int(additional))
	})
}

func BenchmarkChaChaPoly(b *testing.B) {
	ours, err := NewChaCha20Poly1305(make([]byte, KeySize))
	if err != nil {
		b.Fatal(err)
	}
	oracle, err := chacha20poly1305.New(make([]byte, KeySize))
	if err != nil {
		b.Fatal(err)
	}
	nonce, extra := make([]byte, ours.NonceSize()), make([]byte, 5)
	buf := make([]byte, benchBlock+TagSize)
	b.Run("ours", func(b *testing.B) {
		b.SetBytes(benchBlock)
		b.ReportAllocs()
		for b.Loop() {
			ours.Seal(buf[:0], nonce, buf[:benchBlock], extra)
		}
	})
	b.Run("x-crypto", func(b *testing.B) {
		b.SetBytes(benchBlock)
		b.ReportAllocs()
		for b.Loop() {
			oracle.Seal(buf[:0], nonce, buf[:benchBlock], extra)
		}
	})
}
