package edbatch

import (
	"crypto/ed25519"
	"crypto/sha512"
	"fmt"
	"math/rand/v2"
	"testing"
)

// random returns a source that a failing test can be repeated with.
func random(t testing.TB) *rand.ChaCha8 {
	seed := [32]byte{7}
	t.Logf("seed %x", seed)
	return rand.NewChaCha8(seed)
}

// signed is a signature with its message.
type signed struct {
	key     [32]byte
	sig     [64]byte
	message []byte
}

func newSigned(rnd *rand.ChaCha8) *signed {
	var seed [ed25519.SeedSize]byte
	rnd.Read(seed[:])
	s := &signed{message: make([]byte, 1+rnd.Uint64()%100)}
	rnd.Read(s.message)
	private := ed25519.NewKeyFromSeed(seed[:])
	copy(s.key[:], private[32:])
	copy(s.sig[:], ed25519.Sign(private, s.message))
	return s
}

// std is what crypto/ed25519 says.
func (s *signed) std() bool { return ed25519.Verify(s.key[:], s.message, s.sig[:]) }

func (s *signed) addTo(b *Batch, apart bool) int {
	h := sha512.New()
	h.Write(s.sig[:32])
	h.Write(s.key[:])
	h.Write(s.message)
	return b.Add(&s.key, &s.sig, (*[64]byte)(h.Sum(nil)), apart)
}

func TestSizes(t *testing.T) {
	rnd := random(t)
	var b Batch
	for _, n := range []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 31, 63, 64, 65, 127, 128, 129, 200} {
		for _, bad := range []int{-1, 0, n / 2, n - 1} {
			b.Reset()
			for i := range n {
				s := newSigned(rnd)
				if i == bad {
					s.message[0] ^= 1
				}
				if s.addTo(&b, i%7 == 3) != i {
					t.Fatal("index")
				}
			}
			b.Run()
			for i := range n {
				if b.Ok(i) != (i != bad) {
					t.Fatalf("%d of %d, bad is %d: %v", i, n, bad, b.Ok(i))
				}
			}
		}
	}
}

func BenchmarkBatch(b *testing.B) {
	for _, n := range []int{1, 2, 3, 4, 6, 8, 16, 32, 64, 256} {
		for _, bad := range []bool{false, true} {
			name := fmt.Sprintf("%d", n)
			if bad {
				name += "/bad"
			}
			b.Run(name, func(b *testing.B) {
				rnd := random(b)
				var batch Batch
				for range n {
					newSigned(rnd).addTo(&batch, false)
				}
				if bad {
					batch.checks[0].key[3]++
				}
				b.ReportAllocs()
				for b.Loop() {
					batch.Run()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/sig")
			})
		}
	}
}
