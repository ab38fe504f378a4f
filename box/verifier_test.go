package box

import (
	"bytes"
	"testing"
)

var authAlgs = []Alg{Ed25519, Ed448, X25519}

// signer is a key with the claim of a small command that it authorized.
type signer struct {
	key   *PrivateKey
	pub   PublicKey
	claim Claim
}

func newSigner(t *testing.T, alg Alg, secret byte) *signer {
	t.Helper()
	key, err := NewPrivateKey(alg, filled(algs[alg].secret, secret))
	if err != nil {
		t.Fatal(err)
	}
	s := &signer{key: key, pub: key.Public()}
	sessionKey := [KeySize]byte{1, 2, 3}
	var sessionPublic [KeySize]byte
	PublicX25519(&sessionPublic, &sessionKey)
	s.claim = Claim{
		Authorized: Authorized{SessionID: filled(32, 's'), Signed: []byte("\x01c\x00PING"), CorrID: []byte("c")},
		SessionKey: &sessionKey,
	}
	if s.claim.Auth, err = AppendAuth(nil, key, &sessionPublic, &s.claim.Authorized); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestVerifierPairs tries each key with each authorization: a drain of all
// pairs, with another key of the same algorithm, and with no key.
func TestVerifierPairs(t *testing.T) {
	var v Verifier
	var want []bool
	for _, alg := range authAlgs {
		s, other := newSigner(t, alg, 1), newSigner(t, alg, 2)
		for _, keyAlg := range authAlgs {
			v.Add(&s.claim, &newSigner(t, keyAlg, 1).pub)
			want = append(want, keyAlg == alg)
		}
		v.Add(&s.claim, &other.pub)
		v.AddDummy(&s.claim)
		v.Add(&s.claim, &PublicKey{})
		want = append(want, false, false, false)
	}
	for i := range want {
		if v.Ok(i) {
			t.Errorf("claim %d is valid before Run", i)
		}
	}
	v.Run()
	for i, ok := range want {
		if v.Ok(i) != ok {
			t.Errorf("claim %d: %v, want %v", i, v.Ok(i), ok)
		}
	}
}

// TestVerifierDummyKeys authorizes with the private half of the dummies, which
// nobody has: even that would not help where there is no key or another one.
func TestVerifierDummyKeys(t *testing.T) {
	had := dummies
	defer func() { dummies = had }()
	var v Verifier
	for _, alg := range authAlgs {
		s := newSigner(t, alg, 7)
		dummies[alg] = s.pub
		v.AddDummy(&s.claim)
		for _, keyAlg := range authAlgs {
			v.Add(&s.claim, &newSigner(t, keyAlg, 1).pub)
		}
	}
	v.Run()
	for i := range v.Len() {
		if v.Ok(i) {
			t.Errorf("claim %d is valid by a dummy", i)
		}
	}
}

func TestVerifierCandidates(t *testing.T) {
	for _, alg := range authAlgs {
		s := newSigner(t, alg, 1)
		for at := range 4 {
			var v Verifier
			first := v.AddDummy(&s.claim)
			i := v.AddDummy(&s.claim)
			for k := range 4 {
				if k == at {
					v.AddCandidate(&s.pub)
				} else {
					v.AddCandidate(&newSigner(t, authAlgs[k%3], 9).pub)
				}
			}
			last := v.AddDummy(&s.claim)
			v.Run()
			if !v.Ok(i) || v.Ok(first) || v.Ok(last) {
				t.Errorf("%v, key %d: %v, neighbours %v %v", alg, at, v.Ok(i), v.Ok(first), v.Ok(last))
			}
		}
	}
}

// TestVerifierCovers changes each part of what is authorized.
func TestVerifierCovers(t *testing.T) {
	changes := map[string]func(*Claim){
		"prefix":     func(c *Claim) { c.Prefix = filled(32, 'p') },
		"session ID": func(c *Claim) { c.SessionID = filled(32, 't') },
		"no session": func(c *Claim) { c.SessionID = nil },
		"command":    func(c *Claim) { c.Signed = []byte("\x01c\x00PONG") },
		"auth":       func(c *Claim) { c.Auth = bytes.Clone(c.Auth); c.Auth[20] ^= 1 },
		"no auth":    func(c *Claim) { c.Auth = nil },
		"short auth": func(c *Claim) { c.Auth = c.Auth[1:] },
	}
	onlyX25519 := map[string]func(*Claim){
		"nonce":          func(c *Claim) { c.CorrID = []byte("d") },
		"session key":    func(c *Claim) { c.SessionKey = &[KeySize]byte{7} },
		"no session key": func(c *Claim) { c.SessionKey = nil },
	}
	var v Verifier
	for _, alg := range authAlgs {
		s := newSigner(t, alg, 1)
		check := func(name string, change func(*Claim), want bool) {
			c := s.claim
			change(&c)
			v.Reset()
			i := v.Add(&c, &s.pub)
			if v.Run(); v.Ok(i) != want {
				t.Errorf("%v, %s changed: %v", alg, name, !want)
			}
		}
		check("nothing", func(*Claim) {}, true)
		for name, change := range changes {
			check(name, change, false)
		}
		for name, change := range onlyX25519 {
			check(name, change, alg != X25519)
		}
	}
}

// TestVerifierLowOrder has a queue key of low order, which the reference takes.
func TestVerifierLowOrder(t *testing.T) {
	s := newSigner(t, X25519, 1)
	key, err := NewPublicKey(X25519, make([]byte, KeySize))
	if err != nil {
		t.Fatal(err)
	}
	var m messageHash
	s.claim.Auth = AppendAuthenticator(nil, &[KeySize]byte{}, s.claim.CorrID, m.of(&s.claim.Authorized))
	var v Verifier
	i := v.Add(&s.claim, &key)
	if v.Run(); !v.Ok(i) {
		t.Error("refused")
	}
}

func TestVerifierReset(t *testing.T) {
	var v Verifier
	s := newSigner(t, Ed25519, 1)
	v.Add(&s.claim, &s.pub)
	v.Run()
	if v.Reset(); v.Len() != 0 {
		t.Errorf("%d claims after Reset", v.Len())
	}
	if i := v.AddDummy(&s.claim); i != 0 || v.Ok(i) {
		t.Error("a result survived Reset")
	}
}
