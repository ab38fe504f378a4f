package box

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// TestStreamedIsTheWhole: pieces of any size give the box that the whole gives, sealed and opened.
func TestStreamedIsTheWhole(t *testing.T) {
	const seed = 7
	random := rand.New(rand.NewPCG(seed, seed))
	for _, size := range []int{0, 1, 31, 32, 33, 95, 96, 97, 1000, 16384, 70001} {
		var nonce [NonceSize]byte
		var key [KeySize]byte
		plain := make([]byte, size)
		for _, b := range [][]byte{nonce[:], key[:], plain} {
			for i := range b {
				b[i] = byte(random.Uint32())
			}
		}
		want := bytes.Clone(plain)
		var tag [TagSize]byte
		SealDetached(&tag, want, &nonce, &key)

		got := bytes.Clone(plain)
		s, o, skip := NewStreamed(&nonce, &key), NewStreamed(&nonce, &key), NewStreamed(&nonce, &key)
		for rest := got; len(rest) > 0; {
			piece := rest[:min(len(rest), 1+random.IntN(200))]
			rest = rest[len(piece):]
			s.Seal(piece)
		}
		if !bytes.Equal(got, want) || s.Tag() != tag {
			t.Errorf("%d bytes seal to another box", size)
		}
		for rest := got; len(rest) > 0; {
			piece := rest[:min(len(rest), 1+random.IntN(5000))]
			rest = rest[len(piece):]
			skip.Skip(piece)
			o.Open(piece)
		}
		if !bytes.Equal(got, plain) || !o.Verify(tag[:]) || !skip.Verify(tag[:]) {
			t.Errorf("%d bytes do not open", size)
		}
		tag[3] ^= 1
		if s := NewStreamed(&nonce, &key); size == 0 && s.Verify(tag[:]) {
			t.Error("a wrong tag is taken")
		}
	}
}

func BenchmarkStreamed16K(b *testing.B) {
	var nonce [NonceSize]byte
	var key [KeySize]byte
	data := make([]byte, 16375) // what fits one record of TLS with a frame of HTTP/2
	s := NewStreamed(&nonce, &key)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		s.Seal(data)
	}
}
