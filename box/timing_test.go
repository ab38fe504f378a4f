//go:build timing

package box

import (
	"crypto/rand"
	"testing"

	"switchyard/internal/leak"
)

// Whether time tells a secret, by `make timing`: it takes minutes and a quiet machine, so it is not among the tests.

const timingSamples = 100_000

func judge(t *testing.T, r leak.Result) {
	t.Helper()
	t.Log(r)
	if r.Leaks() {
		t.Error("time depends on the class")
	}
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// TestTimingAuthenticator: an authenticator that is wrong from its first byte on, and one that is wrong in its last.
func TestTimingAuthenticator(t *testing.T) {
	var secret [KeySize]byte
	var hash [64]byte
	corrID := randomBytes(24)
	right := AppendAuthenticator(nil, &secret, corrID, &hash)
	judge(t, leak.Measure(timingSamples, 1, func(class int) func() {
		auth := append([]byte(nil), right...)
		auth[class*(len(auth)-1)] ^= 1
		return func() { VerifyAuthenticator(auth, &secret, corrID, &hash) }
	}))
}

// TestTimingOpen: the same of a box's tag.
func TestTimingOpen(t *testing.T) {
	var key [KeySize]byte
	var nonce [NonceSize]byte
	sealed := make([]byte, TagSize+256)
	Seal(sealed, &nonce, &key)
	judge(t, leak.Measure(timingSamples, 2, func(class int) func() {
		box := append([]byte(nil), sealed...)
		box[class*(TagSize-1)] ^= 1
		return func() { Open(box, &nonce, &key) }
	}))
}

// TestTimingDummy: a claim with a key that does not verify it, and one without a key, of each algorithm.
func TestTimingDummy(t *testing.T) {
	for _, test := range []struct {
		name    string
		alg     Alg
		samples int
	}{{"Ed25519", Ed25519, timingSamples}, {"Ed448", Ed448, timingSamples / 10}, {"X25519", X25519, timingSamples}} {
		t.Run(test.name, func(t *testing.T) {
			judge(t, leak.Measure(test.samples, 3, wrongOrUnknown(t, test.alg)))
		})
	}
}

// wrongOrUnknown makes claims that fail: of class 0 with one of many keys, of class 1 with none.
func wrongOrUnknown(t *testing.T, alg Alg) func(class int) func() {
	session, err := GenerateKey(X25519, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	secret, _ := session.X25519()
	public := session.Public()
	peer, _ := public.X25519()
	var keys [64]PublicKey
	var claims [64]Claim
	for i := range keys {
		key, err := GenerateKey(alg, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		other, err := GenerateKey(alg, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		keys[i] = key.Public()
		claims[i].Authorized = Authorized{SessionID: randomBytes(32), Signed: randomBytes(200), CorrID: randomBytes(24)}
		claims[i].SessionKey = secret
		if claims[i].Auth, err = AppendAuth(nil, other, peer, &claims[i].Authorized); err != nil {
			t.Fatal(err)
		}
	}
	v := new(Verifier)
	next := 0
	return func(class int) func() {
		next++
		i := next % len(keys)
		v.Reset()
		if class == 0 {
			v.Add(&claims[i], &keys[i])
		} else {
			v.AddDummy(&claims[i])
		}
		return v.Run
	}
}
