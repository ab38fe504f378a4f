package basepoint

import (
	"crypto/ecdh"
	"crypto/rand"
	"testing"

	circl "github.com/cloudflare/circl/dh/x25519"
)

// check compares with both oracles.
func check(t *testing.T, private [32]byte) {
	t.Helper()
	var got [32]byte
	X25519(&got, &private)
	key, err := ecdh.X25519().NewPrivateKey(private[:])
	if err != nil {
		t.Fatal(err)
	}
	var want circl.Key
	circl.KeyGen(&want, (*circl.Key)(&private))
	if got != want || string(got[:]) != string(key.PublicKey().Bytes()) {
		t.Fatalf("public key of %x is %x, want %x", private, got, want)
	}
}

func TestRandomKeys(t *testing.T) {
	for range 2000 {
		var private [32]byte
		rand.Read(private[:])
		check(t, private)
	}
}

// TestEdgeKeys has keys whose digits all are the same, or carry all the way.
func TestEdgeKeys(t *testing.T) {
	for b := range 256 {
		var private [32]byte
		for i := range private {
			private[i] = byte(b)
		}
		check(t, private)
	}
	for bit := range 256 {
		var private [32]byte
		private[bit/8] = 1 << (bit % 8)
		check(t, private)
		for i := range private {
			private[i] ^= 0xff
		}
		check(t, private)
	}
}

// TestRecode: the digits are of the right size, and make up the key.
func TestRecode(t *testing.T) {
	for range 2000 {
		var private [32]byte
		rand.Read(private[:])
		e := recode(&private)
		carry := 0
		for i := range private {
			want := private[i]
			switch i {
			case 0:
				want &= 248
			case 31:
				want = want&127 | 64
			}
			sum := carry + int(e[2*i]) + 16*int(e[2*i+1])
			if byte(sum) != want {
				t.Fatalf("digits %d make up another key than %x", e, private)
			}
			carry = sum >> 8
			if max(e[2*i], e[2*i+1]) > 8 || min(e[2*i], e[2*i+1]) < -8 {
				t.Fatalf("digits %d", e)
			}
		}
		if carry != 0 {
			t.Fatalf("digits %d carry", e)
		}
	}
}

func TestAllocations(t *testing.T) {
	var public, private [32]byte
	if n := testing.AllocsPerRun(10, func() { X25519(&public, &private) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzX25519(f *testing.F) {
	f.Add(make([]byte, 32))
	f.Fuzz(func(t *testing.T, private []byte) {
		if len(private) == 32 {
			check(t, [32]byte(private))
		}
	})
}

func BenchmarkX25519(b *testing.B) {
	var public, private [32]byte
	rand.Read(private[:])
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			X25519(&public, &private)
		}
	})
	b.Run("circl", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			circl.KeyGen((*circl.Key)(&public), (*circl.Key)(&private))
		}
	})
}
