package edbatch

import (
	"bytes"
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

// newSigneds returns n of them.
func newSigneds(rnd *rand.ChaCha8, n int) (all []*signed) {
	for range n {
		all = append(all, newSigned(rnd))
	}
	return all
}

func TestSizes(t *testing.T) {
	all := newSigneds(random(t), 200)
	eachPath(t, func(t *testing.T) {
		var b Batch
		for _, n := range []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 64, 65, 129, 200} {
			for _, bad := range []int{-1, n / 2, n - 1} {
				b.Reset()
				for i, s := range all[:n] {
					if i == bad {
						changed := *s
						changed.sig[33] ^= 1
						s = &changed
					}
					if s.addTo(&b, i%7 == 3) != i || b.Ok(i) {
						t.Fatal("wrong index, or good before Run")
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
	})
}

// TestChanges flips bits all over a signature and its key.
func TestChanges(t *testing.T) {
	all := newSigneds(random(t), minBatch)
	eachPath(t, func(t *testing.T) {
		for bit := 0; bit < 96*8; bit += 7 {
			bad := all[bit%minBatch]
			was := *bad
			if bit < 64*8 {
				bad.sig[bit/8] ^= 1 << (bit % 8)
			} else {
				bad.key[bit/8-64] ^= 1 << (bit % 8)
			}
			compare(t, all, false)
			compare(t, all, true)
			*bad = was
		}
	})
}

// compare wants the verdicts of crypto/ed25519.
func compare(t *testing.T, all []*signed, apart bool) {
	t.Helper()
	var b Batch
	for _, s := range all {
		s.addTo(&b, apart)
	}
	b.Run()
	for i, s := range all {
		if b.Ok(i) != s.std() {
			t.Fatalf("signature %d of %d, apart %v: %v (key %x, signature %x)", i, len(all), apart, b.Ok(i), s.key, s.sig)
		}
	}
}

// TestErrorsDoNotCancel has signatures whose errors add up to nothing.
func TestErrorsDoNotCancel(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		all := newSigneds(random(t), 16)
		all[3].sig[32]++
		all[9].sig[32]--
		compare(t, all, false)
	})
}

// TestKeysRepeat has one key and one signature many times.
func TestKeysRepeat(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		s := newSigned(random(t))
		compare(t, copies(s, 20), false)
		bad := *s
		bad.sig[40] ^= 4
		compare(t, append(copies(s, 20), copies(&bad, 20)...), false)
	})
}

func copies(s *signed, n int) (all []*signed) {
	for range n {
		all = append(all, s)
	}
	return all
}

// TestRange has S that is not below the order, and the other encoding of R.
func TestRange(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		all := newSigneds(random(t), 16)
		s := toNumber((*[32]byte)(all[2].sig[32:]))
		s.add(&order)
		tooLarge := s.bytes()
		copy(all[2].sig[32:], tooLarge[:])
		equal := order.bytes()
		copy(all[5].sig[32:], equal[:])
		copy(all[7].sig[:32], bytes.Repeat([]byte{0xff}, 32))
		compare(t, all, false)
		compare(t, all, true)
	})
}

func TestNoAllocations(t *testing.T) {
	if raceEnabled || !canAllocateNothing {
		return
	}
	all := newSigneds(random(t), 70)
	var hash [64]byte
	var b Batch
	if n := testing.AllocsPerRun(5, func() {
		b.Reset()
		for i, s := range all {
			b.Add(&s.key, &s.sig, &hash, i < 10)
		}
		b.Run()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzBatch puts a signature into company and wants the verdict of
// crypto/ed25519 for it where it is alone, and no other than acceptance in
// company of what that accepts.
func FuzzBatch(f *testing.F) {
	s := newSigned(random(f))
	f.Add(s.key[:], s.sig[:], s.message)
	for _, p := range smallOrder {
		f.Add(p[:], append(p[:], make([]byte, 32)...), []byte("m"))
	}
	f.Fuzz(func(t *testing.T, key, sig, message []byte) {
		s := &signed{message: message}
		copy(s.key[:], key)
		copy(s.sig[:], sig)
		compare(t, copies(s, 1), false)
		compare(t, copies(s, 4), true)
		var b Batch
		for range minBatch {
			s.addTo(&b, false)
		}
		b.Run()
		if s.std() && !b.Ok(0) {
			t.Error("a batch refuses what crypto/ed25519 accepts")
		}
	})
}

func BenchmarkBatch(b *testing.B) {
	for _, n := range []int{1, 4, 8, 16, 64} {
		for _, bad := range []int{0, 1} {
			b.Run(fmt.Sprintf("%d/bad=%d", n, bad), func(b *testing.B) {
				rnd := random(b)
				var batch Batch
				for i := range n {
					s := newSigned(rnd)
					if i < bad {
						s.sig[32] ^= 1
					}
					s.addTo(&batch, false)
				}
				b.ReportAllocs()
				for b.Loop() {
					batch.Run()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/signature")
			})
		}
	}
}
