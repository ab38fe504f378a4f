package tls

import (
	"crypto/ed25519"
	"crypto/rand"
	"testing"

	"switchyard/box"
)

// BenchmarkHandshakePrimitives is what a router's handshake takes at least (see `make bench-handshake`): the key agreement of
// TLS in a group, that of SMP, and a signature of each, with no bytes to read or write.
func BenchmarkHandshakePrimitives(b *testing.B) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	must(err)
	pair := &KeyPair{Key: key}
	message := someData(130)
	for name, group := range map[string]Group{"X25519": X25519, "X448": X448} {
		b.Run(name, func(b *testing.B) {
			peer, err := newKeyExchange(group, rand.Reader)
			must(err)
			var private, public, shared, theirs [box.KeySize]byte
			must(box.GenerateX25519(rand.Reader, &private, &theirs))
			b.ReportAllocs()
			for b.Loop() {
				ours, err := newKeyExchange(group, rand.Reader)
				must(err)
				_, err = ours.shared(peer.public)
				must(err)
				must(box.GenerateX25519(rand.Reader, &private, &public))
				must(box.DH(&shared, &private, &theirs))
				pair.Sign(message)
				pair.Sign(message)
			}
		})
	}
}
