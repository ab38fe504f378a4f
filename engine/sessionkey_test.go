package engine

import (
	"crypto/ed25519"
	"sync"
	"testing"

	"switchyard/box"
	"switchyard/tls"
)

func keyMaker(t testing.TB) *helloMaker {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &helloMaker{keyPair: &tls.KeyPair{Key: key}}
}

// TestSessionKeys: whoever takes keys while workers make them, each key is taken once, and is signed.
func TestSessionKeys(t *testing.T) {
	m := keyMaker(t)
	if m.keys.take() != nil {
		t.Fatal("a key of an empty stock")
	}
	var mu sync.Mutex
	taken := make(map[[32]byte]*sessionKey)
	var running sync.WaitGroup
	for range 4 {
		running.Go(func() {
			for range 2 * keyStock {
				m.refill()
				if key := m.keys.take(); key != nil {
					mu.Lock()
					taken[key.secret] = key
					mu.Unlock()
				}
			}
		})
	}
	running.Wait()
	if len(taken) < 2*keyStock {
		t.Errorf("%d keys taken", len(taken))
	}
	for range 2 * keyStock {
		m.refill()
	}
	if n := len(m.keys.ready); n < keyStock || n >= keyStock+keyBatch {
		t.Errorf("%d keys in stock", n)
	}
	for key := m.keys.take(); key != nil; key = m.keys.take() {
		if taken[key.secret] != nil {
			t.Error("a key was taken twice")
		}
		taken[key.secret] = key
	}
	for secret, key := range taken {
		checkSessionKey(t, m, secret, key)
	}
}

func checkSessionKey(t *testing.T, m *helloMaker, secret [32]byte, key *sessionKey) {
	t.Helper()
	signed, err := box.ParseSignedKey(key.signed)
	if err != nil {
		t.Fatal(err)
	}
	public, err := box.ParseX25519(signed.SPKI)
	if err != nil {
		t.Fatal(err)
	}
	var want [32]byte
	if box.PublicX25519(&want, &secret); public != want {
		t.Error("the signed key is not that of the secret")
	}
	if !ed25519.Verify(m.keyPair.Key.Public().(ed25519.PublicKey), signed.Signed, signed.Signature) {
		t.Error("the signature does not verify")
	}
}

func BenchmarkSessionKey(b *testing.B) {
	m := keyMaker(b)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		if m.keys.take() == nil {
			m.refill()
		}
	}
}
