package box

import (
	"crypto/rand"
	"testing"
)

const benchBlock = 16384

func BenchmarkSeal(b *testing.B) {
	var key [KeySize]byte
	var nonce [NonceSize]byte
	buf := make([]byte, benchBlock)
	b.SetBytes(benchBlock)
	b.ReportAllocs()
	for b.Loop() {
		Seal(buf, &nonce, &key)
	}
}

// BenchmarkOpenUsed opens a block full of content and one with a small command.
func BenchmarkOpenUsed(b *testing.B) {
	for name, n := range map[string]int{"full": benchBlock - blockOverhead, "small": 200} {
		b.Run(name, func(b *testing.B) {
			var key [KeySize]byte
			var nonce [NonceSize]byte
			sealed := make([]byte, benchBlock)
			if err := PadInPlace(sealed[TagSize:], n); err != nil {
				b.Fatal(err)
			}
			Seal(sealed, &nonce, &key)
			buf := make([]byte, benchBlock)
			b.SetBytes(benchBlock)
			b.ReportAllocs()
			for b.Loop() {
				copy(buf, sealed)
				if _, ok := OpenUsed(buf, &nonce, &key); !ok {
					b.Fatal("box does not open")
				}
			}
		})
	}
}

func BenchmarkPadInPlace(b *testing.B) {
	buf := make([]byte, benchBlock)
	b.SetBytes(benchBlock)
	b.ReportAllocs()
	for b.Loop() {
		if err := PadInPlace(buf, 100); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewChains(b *testing.B) {
	var secret [KeySize]byte
	session := make([]byte, 32)
	b.ReportAllocs()
	for b.Loop() {
		NewChains(session, &secret)
	}
}

func BenchmarkChainNext(b *testing.B) {
	var key [KeySize]byte
	var nonce [NonceSize]byte
	c, _ := NewChains(nil, &key)
	b.ReportAllocs()
	for b.Loop() {
		c.Next(&key, &nonce)
	}
}

func BenchmarkChainSealBlock(b *testing.B) {
	var secret [KeySize]byte
	c, _ := NewChains(nil, &secret)
	block := make([]byte, benchBlock)
	b.SetBytes(benchBlock)
	b.ReportAllocs()
	for b.Loop() {
		if err := c.SealBlock(block, 16000); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDH(b *testing.B) {
	var priv, pub, secret [KeySize]byte
	if err := GenerateX25519(rand.Reader, &priv, &pub); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := DH(&secret, &priv, &pub); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPublicX25519(b *testing.B) {
	var priv, pub [KeySize]byte
	b.ReportAllocs()
	for b.Loop() {
		PublicX25519(&pub, &priv)
	}
}

// BenchmarkVerifier gives the time of one claim in a drain of 64, with a
// command of 16,000 bytes: with its key, and with the dummy.
func BenchmarkVerifier(b *testing.B) {
	for _, alg := range []Alg{Ed25519, X25519, Ed448} {
		key, claim := benchClaim(b, alg)
		for _, kind := range []string{"key", "dummy"} {
			b.Run(alg.String()+"/"+kind, func(b *testing.B) {
				var v Verifier
				b.ReportAllocs()
				for b.Loop() {
					if kind == "key" {
						v.Add(claim, key)
					} else {
						v.AddDummy(claim)
					}
					if v.Len() == 64 {
						v.Run()
						v.Reset()
					}
				}
			})
		}
	}
}

func benchClaim(tb testing.TB, alg Alg) (*PublicKey, *Claim) {
	tb.Helper()
	key, err := GenerateKey(alg, rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	var priv, pub [KeySize]byte
	if err := GenerateX25519(rand.Reader, &priv, &pub); err != nil {
		tb.Fatal(err)
	}
	c := &Claim{SessionKey: &priv}
	c.SessionID, c.Signed, c.CorrID = make([]byte, 32), make([]byte, 16000), make([]byte, 24)
	if c.Auth, err = AppendAuth(nil, key, &pub, &c.Authorized); err != nil {
		tb.Fatal(err)
	}
	public := key.Public()
	return &public, c
}
