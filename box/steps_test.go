package box

import (
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha512"
	"testing"
	"time"

	"golang.org/x/crypto/chacha20poly1305"
)

// messageStep is a piece of cryptography that a message needs.
type messageStep struct {
	name  string
	count float64 // in one message (SEND, OK, MSG, ACK, OK)
	run   func()
	ops   int // that run does at once
}

// BenchmarkSteps measures what one message costs in cryptography, with block
// encryption; Message is the sum. Beside the mean it gives best-ns/op, the time
// of the fastest run, which is what the code costs while nothing else disturbs
// the machine; the sum is of those. (`make bench-floor` compares with other
// implementations, and with a running router.)
//
//	go test ./box -run '^$' -bench Steps
func BenchmarkSteps(b *testing.B) {
	steps := stepsOfMessage(b)
	var sum float64
	for _, s := range steps {
		best := time.Duration(0)
		b.Run(s.name, func(b *testing.B) { best = measure(b, s.run, s.ops) })
		if best == 0 {
			return // not selected
		}
		sum += s.count * float64(best.Nanoseconds()) / float64(s.ops)
	}
	b.Run("Message", func(b *testing.B) {
		for b.Loop() {
		}
		b.ReportMetric(sum, "best-ns/op")
		b.ReportMetric(0, "ns/op")
	})
}

// measure reports the time of an operation, of which run does some at once.
func measure(b *testing.B, run func(), ops int) time.Duration {
	run()
	best := time.Duration(1<<63 - 1)
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		run()
		best = min(best, time.Since(start))
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*ops), "ns/op")
	b.ReportMetric(float64(best.Nanoseconds())/float64(ops), "best-ns/op")
	return best
}

func stepsOfMessage(tb testing.TB) []messageStep {
	const shortCommand = 200 // bytes in the block of an ACK
	aead, err := chacha20poly1305.New(make([]byte, KeySize))
	if err != nil {
		tb.Fatal(err)
	}
	block, command := make([]byte, benchBlock), make([]byte, 16000)
	var secret, key [KeySize]byte
	var nonce [NonceSize]byte
	chain, _ := NewChains(nil, &secret)
	return []messageStep{
		{"RecordOpen16K", 2, openRecord(tb, aead), 1},
		{"RecordSeal16K", 3, sealRecord(aead), 1},
		{"BlockOpen16K", 1, openBlock(tb, benchBlock-blockOverhead), 1},
		{"BlockOpenShort", 1, openBlock(tb, shortCommand), 1},
		{"BlockSeal16K", 3, func() { Seal(block, &nonce, &secret) }, 1},
		{"BodySeal16K", 1, func() { Seal(block[:16122], &nonce, &secret) }, 1},
		{"ChainStep", 5, func() { chain.next(&key, &nonce) }, 1},
		{"SHA512of16K", 1, func() { sha512.Sum512(command) }, 1},
		{"SHA512of16KinFours", 0, hashMany(4, command), 4}, // where a drain has so many
		{"Ed25519inBatchOf64", 1, verifyBatch(tb, 64), 64},
	}
}

// openRecord opens always the same record. The copy that this takes, about 2 %,
// is a part of what it measures, as is that of openBlock.
func openRecord(tb testing.TB, aead cipher.AEAD) func() {
	buf, nonce, header := make([]byte, benchBlock+aead.Overhead()), make([]byte, 12), make([]byte, 5)
	sealed := aead.Seal(nil, nonce, buf[:benchBlock], header)
	return func() {
		copy(buf, sealed)
		if _, err := aead.Open(buf[:0], nonce, buf, header); err != nil {
			tb.Fatal(err)
		}
	}
}

func sealRecord(aead cipher.AEAD) func() {
	buf, nonce, header := make([]byte, benchBlock+aead.Overhead()), make([]byte, 12), make([]byte, 5)
	return func() { aead.Seal(buf[:0], nonce, buf[:benchBlock], header) }
}

// openBlock opens a block with n bytes of content.
func openBlock(tb testing.TB, n int) func() {
	var key [KeySize]byte
	var nonce [NonceSize]byte
	buf, sealed := make([]byte, benchBlock), make([]byte, benchBlock)
	if err := PadInPlace(sealed[TagSize:], n); err != nil {
		tb.Fatal(err)
	}
	Seal(sealed, &nonce, &key)
	return func() {
		copy(buf, sealed)
		if _, ok := OpenUsed(buf, &nonce, &key); !ok {
			tb.Fatal("box does not open")
		}
	}
}

// hashMany hashes n times some commands together.
func hashMany(n int, commands ...[]byte) func() {
	var h hashes
	session := make([]byte, 32)
	return func() {
		h.reset()
		for range n {
			for _, c := range commands {
				h.add(&Authorized{SessionID: session, Signed: c})
			}
		}
		h.run()
	}
}

// verifyBatch verifies n ACKs by different keys together.
func verifyBatch(tb testing.TB, n int) func() {
	v := new(Verifier)
	for range n {
		key, err := GenerateKey(Ed25519, rand.Reader)
		if err != nil {
			tb.Fatal(err)
		}
		c := new(Claim)
		c.SessionID, c.Signed = make([]byte, 32), make([]byte, 80)
		if c.Auth, err = AppendAuth(nil, key, nil, &c.Authorized); err != nil {
			tb.Fatal(err)
		}
		public := key.Public()
		v.Add(c, &public)
	}
	return func() {
		if v.Run(); !v.Ok(0) || !v.Ok(n-1) {
			tb.Fatal("refused")
		}
	}
}
