package box

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha512"
	"testing"
)

// The benchmarks named Floor… are this package's parts of the floor of one message (see `make bench-floor`): each part
// alone, by our implementation or another one that stands behind the slash of its name. What has to be undone to be
// measured again is undone outside of the time.

const floorBatch = 64

// BenchmarkFloorBlockOpen opens full blocks of 16 KiB.
func BenchmarkFloorBlockOpen(b *testing.B) {
	var key [KeySize]byte
	var nonce [NonceSize]byte
	sealed := make([]byte, benchBlock)
	if err := PadInPlace(sealed[TagSize:], benchBlock-blockOverhead); err != nil {
		b.Fatal(err)
	}
	Seal(sealed, &nonce, &key)
	blocks := make([]byte, floorBatch*benchBlock)
	b.SetBytes(benchBlock)
	left := 0
	for b.Loop() {
		if left == 0 {
			b.StopTimer()
			for left < floorBatch {
				left++
				copy(blocks[(left-1)*benchBlock:], sealed)
			}
			b.StartTimer()
		}
		left--
		if _, ok := OpenUsed(blocks[left*benchBlock:(left+1)*benchBlock], &nonce, &key); !ok {
			b.Fatal("block does not open")
		}
	}
}

func BenchmarkFloorBlockSeal(b *testing.B) { floorSeal(b, benchBlock) }

func BenchmarkFloorBodySeal(b *testing.B) { floorSeal(b, 16082) }

func floorSeal(b *testing.B, size int) {
	var key [KeySize]byte
	var nonce [NonceSize]byte
	buf := make([]byte, size)
	b.SetBytes(int64(size))
	for b.Loop() {
		Seal(buf, &nonce, &key)
	}
}

func BenchmarkFloorSHA512(b *testing.B) {
	buf := make([]byte, benchBlock)
	b.SetBytes(benchBlock)
	for b.Loop() {
		sha512.Sum512(buf)
	}
}

// BenchmarkFloorEd25519Batch64 verifies 64 signatures of short commands under different keys.
func BenchmarkFloorEd25519Batch64(b *testing.B) {
	b.Run("ours", func(b *testing.B) {
		keys, claims := make([]*PublicKey, floorBatch), make([]*Claim, floorBatch)
		for i := range keys {
			keys[i], claims[i] = floorClaim(b)
		}
		var v Verifier
		for b.Loop() {
			for i := range keys {
				v.Add(claims[i], keys[i])
			}
			if v.Run(); !v.Ok(0) {
				b.Fatal("signature is not good")
			}
			v.Reset()
		}
	})
	b.Run("stdlib", func(b *testing.B) {
		public, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			b.Fatal(err)
		}
		command := make([]byte, 100)
		signature := ed25519.Sign(private, command)
		for b.Loop() {
			for range floorBatch {
				if !ed25519.Verify(public, command, signature) {
					b.Fatal("signature is not good")
				}
			}
		}
	})
}

// floorClaim is a short command with its signature.
func floorClaim(b *testing.B) (*PublicKey, *Claim) {
	key, err := GenerateKey(Ed25519, rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	c := &Claim{}
	c.SessionID, c.Signed, c.CorrID = make([]byte, 32), make([]byte, 60), make([]byte, 24)
	if c.Auth, err = AppendAuth(nil, key, nil, &c.Authorized); err != nil {
		b.Fatal(err)
	}
	public := key.Public()
	return &public, c
}

func BenchmarkFloorChainStep(b *testing.B) {
	var key [KeySize]byte
	var nonce [NonceSize]byte
	c, _ := NewChains(nil, &key)
	for b.Loop() {
		c.Next(&key, &nonce)
	}
}
