package box

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"golang.org/x/crypto/nacl/secretbox"
)

// random returns a source that a failing test can be repeated with.
func random(t testing.TB) *rand.ChaCha8 {
	seed := [32]byte(filled(32, 7))
	t.Logf("seed %x", seed)
	return rand.NewChaCha8(seed)
}

// TestSealOracle compares with NaCl's secretbox, which after Precompute is the
// same construction, for all lengths up to 4 KiB and for a block.
func TestSealOracle(t *testing.T) {
	lengths := []int{16106, 16226, 16368, 16384}
	for n := range 4097 {
		lengths = append(lengths, n)
	}
	eachPath(t, func(t *testing.T) {
		rnd := random(t)
		var key [KeySize]byte
		var nonce [NonceSize]byte
		for _, n := range lengths {
			rnd.Read(key[:])
			rnd.Read(nonce[:])
			m := make([]byte, n)
			rnd.Read(m)
			want := secretbox.Seal(nil, m, &nonce, &key)

			buf := append(make([]byte, TagSize), m...)
			if Seal(buf, &nonce, &key); !bytes.Equal(buf, want) {
				t.Fatalf("length %d: another box", n)
			}
			got, ok := Open(buf, &nonce, &key)
			if !ok || !bytes.Equal(got, m) {
				t.Fatalf("length %d: does not open", n)
			}
		}
	})
}

func TestSealDetached(t *testing.T) {
	key, nonce := [KeySize]byte{1}, [NonceSize]byte{2}
	m := []byte("detached")
	want := secretbox.Seal(nil, m, &nonce, &key)
	var tag [TagSize]byte
	data := bytes.Clone(m)
	SealDetached(&tag, data, &nonce, &key)
	if !bytes.Equal(tag[:], want[:TagSize]) || !bytes.Equal(data, want[TagSize:]) {
		t.Fatalf("got %x %x, want %x", tag, data, want)
	}
	if !OpenDetached(&tag, data, &nonce, &key) || !bytes.Equal(data, m) {
		t.Fatalf("opened to %q", data)
	}
	if OpenDetached(&tag, data, &nonce, &key) || !bytes.Equal(data, m) {
		t.Fatalf("opened again, or changed to %q", data)
	}
}

func TestOpenRefusesChanges(t *testing.T) {
	key, nonce := [KeySize]byte{1}, [NonceSize]byte{2}
	sealed := make([]byte, TagSize+70)
	Seal(sealed, &nonce, &key)
	for i := range len(sealed) * 8 {
		bad := bytes.Clone(sealed)
		bad[i/8] ^= 1 << (i % 8)
		before := bytes.Clone(bad)
		if _, ok := Open(bad, &nonce, &key); ok || !bytes.Equal(bad, before) {
			t.Fatalf("bit %d: opened or changed", i)
		}
		if _, ok := OpenUsed(bad, &nonce, &key); ok {
			t.Fatalf("bit %d: opened", i)
		}
	}
	for n := range sealed {
		if _, ok := Open(sealed[:n], &nonce, &key); ok {
			t.Fatalf("prefix of %d bytes opened", n)
		}
		if _, ok := OpenUsed(sealed[:n], &nonce, &key); ok {
			t.Fatalf("prefix of %d bytes opened", n)
		}
	}
}

// TestOpenUsed compares with Open and Unpad for every message length around
// the parts of the key stream, and looks that the filler stays encrypted.
func TestOpenUsed(t *testing.T) {
	eachPath(t, testOpenUsed)
}

func testOpenUsed(t *testing.T) {
	key, nonce := [KeySize]byte{1}, [NonceSize]byte{2}
	rnd := random(t)
	for _, size := range []int{2, 3, 30, 31, 32, 33, 34, 64, 100, 300, 600, 1200, 16368} {
		for n := 0; n <= size-2; n += 1 + n/128 {
			m := make([]byte, n)
			rnd.Read(m)
			padded, err := Pad(make([]byte, TagSize), m, size)
			if err != nil {
				t.Fatal(err)
			}
			Seal(padded, &nonce, &key)
			sealed := bytes.Clone(padded)
			got, ok := OpenUsed(padded, &nonce, &key)
			if !ok || !bytes.Equal(got, m) {
				t.Fatalf("%d in %d: got %x, %v", n, size, got, ok)
			}
			rest := TagSize + 2 + n
			if !bytes.Equal(padded[rest:], sealed[rest:]) {
				t.Fatalf("%d in %d: filler decrypted", n, size)
			}
		}
	}
	for _, length := range []byte{31, 0xff} { // longer than the 30 bytes there
		buf := make([]byte, TagSize+32)
		buf[TagSize+1] = length
		Seal(buf, &nonce, &key)
		if _, ok := OpenUsed(buf, &nonce, &key); ok {
			t.Errorf("length %d opened", length)
		}
	}
}

func FuzzOpenUsed(f *testing.F) {
	key, nonce := [KeySize]byte{1}, [NonceSize]byte{2}
	f.Add([]byte("\x00\x01m#"))
	f.Add(filled(40, 0))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, padded []byte) {
		sealed := append(make([]byte, TagSize), padded...)
		Seal(sealed, &nonce, &key)
		want, err := Unpad(padded)
		got, ok := OpenUsed(sealed, &nonce, &key)
		if ok != (err == nil) || ok && !bytes.Equal(got, want) {
			t.Errorf("got %x %v, want %x %v", got, ok, want, err)
		}
		if _, ok := OpenUsed(bytes.Clone(padded), &nonce, &key); ok {
			t.Error("forged box opened")
		}
	})
}
