package tls

import (
	"crypto/ed25519"
	"crypto/rand"
	"testing"

	"switchyard/box"
)

// BenchmarkHandshakePrimitives is what the cryptography of a router's handshake takes at least (see `make bench-handshake`):
// the key agreement of TLS in a group and that of SMP with their key schedules, a signature of each, and the records of both
// sides, whose hellos of SMP have 16 KiB; with no message to make, parse or send. "asymmetric" is the first part of that.
func BenchmarkHandshakePrimitives(b *testing.B) {
	for name, group := range map[string]Group{"X25519": X25519, "X448": X448} {
		p := newPrimitives(group)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p.schedules(p.asymmetric())
				p.records()
			}
		})
		b.Run("asymmetric/"+name, func(b *testing.B) {
			for b.Loop() {
				p.asymmetric()
			}
		})
	}
}

type primitives struct {
	pair     *KeyPair
	suite    *suite
	peer     *keyExchange      // of TLS
	theirs   [box.KeySize]byte // key of the client's hello
	messages []byte            // as many as a handshake has
	in, out  direction
	record   []byte // room for one
}

func newPrimitives(group Group) *primitives {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	must(err)
	p := &primitives{
		pair: &KeyPair{Key: key}, suite: suiteByID(ChaCha20Poly1305SHA256),
		messages: someData(2048), record: make([]byte, MaxPlaintext+RecordOverhead),
	}
	p.peer, err = newKeyExchange(group, rand.Reader)
	must(err)
	var private [box.KeySize]byte
	must(box.GenerateX25519(rand.Reader, &private, &p.theirs))
	return p
}

// asymmetric returns the secrets that are shared by TLS and by SMP.
func (p *primitives) asymmetric() (shared []byte, ofHellos [box.KeySize]byte) {
	ours, err := newKeyExchange(p.peer.group, rand.Reader)
	must(err)
	shared, err = ours.shared(p.peer.public)
	must(err)
	var private, public [box.KeySize]byte
	must(box.GenerateX25519(rand.Reader, &private, &public))
	must(box.DH(&ofHellos, &private, &p.theirs))
	p.pair.Sign(p.messages[:130])
	p.pair.Sign(p.messages[:130])
	return shared, ofHellos
}

// schedules derives all keys.
func (p *primitives) schedules(shared []byte, ofHellos [box.KeySize]byte) {
	t := newTranscript(p.suite)
	t.add(p.messages[:400]) // the hellos of TLS
	secret := p.suite.handshake(shared)
	client, server := secret.client(t.sum()), secret.server(t.sum())
	p.in.rekey(p.suite, client)
	p.out.rekey(p.suite, server)
	t.add(p.messages[400:])
	t.sum() // signed
	server.verifyData(p.suite, t.sum())
	master := secret.master()
	p.out.rekey(p.suite, master.server(t.sum()))
	client.verifyData(p.suite, t.sum())
	p.in.rekey(p.suite, master.client(t.sum()))
	box.NewChains(t.sum(), &ofHellos)
	box.Precompute(&ofHellos, &ofHellos)
}

// records protects as much as both sides say: opening takes what sealing does.
func (p *primitives) records() {
	p.out.sealInPlace(p.record[:1600+RecordOverhead], 1600) // certificates and Finished of ours
	p.in.sealInPlace(p.record[:60+RecordOverhead], 60)
	p.out.sealInPlace(p.record, MaxPlaintext)
	p.in.sealInPlace(p.record, MaxPlaintext)
}
