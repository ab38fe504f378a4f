package box

import "testing"

// TestSecretCache looks that secrets are kept of valid claims only, that they are
// used, and that what they say is what the key agreement says.
func TestSecretCache(t *testing.T) {
	s, other := newSigner(t, X25519, 1), newSigner(t, X25519, 2)
	kept := func(c *SecretCache, claim *Claim, key *PublicKey) bool {
		raw, _ := key.X25519()
		return c.place(claim.SessionKey, raw).has(claim.SessionKey, raw)
	}
	v := Verifier{Secrets: NewSecretCache(64)}
	run := func(claim *Claim, key *PublicKey) bool {
		v.Reset()
		i := v.Add(claim, key)
		v.Run()
		return v.Ok(i)
	}
	if run(&s.claim, &other.pub) || kept(v.Secrets, &s.claim, &other.pub) {
		t.Error("the secret of a key that did not sign is kept")
	}
	v.Reset()
	v.AddDummy(&s.claim)
	if v.Run(); kept(v.Secrets, &s.claim, &dummies[X25519]) {
		t.Error("the secret of the dummy is kept")
	}
	if !run(&s.claim, &s.pub) || !kept(v.Secrets, &s.claim, &s.pub) {
		t.Error("the secret of a valid claim is not kept")
	}
	bad := s.claim
	bad.Signed = []byte("\x01c\x00PONG")
	if !run(&s.claim, &s.pub) || run(&bad, &s.pub) || run(&s.claim, &other.pub) {
		t.Error("wrong with a kept secret")
	}
	otherSession := s.claim
	otherSession.SessionKey = &[KeySize]byte{9}
	if run(&otherSession, &s.pub) {
		t.Error("the secret of one session is used in another")
	}
	if !run(&s.claim, &s.pub) {
		t.Error("refused")
	}
	raw, _ := s.pub.X25519()
	v.Secrets.place(s.claim.SessionKey, raw).secret[0] ^= 1
	if run(&s.claim, &s.pub) {
		t.Error("the kept secret is not used")
	}
}

// TestSecretCacheFull has more keys than places.
func TestSecretCacheFull(t *testing.T) {
	v := Verifier{Secrets: NewSecretCache(0)}
	for range 2 {
		for secret := range byte(4) {
			s := newSigner(t, X25519, secret+1)
			v.Reset()
			i := v.Add(&s.claim, &s.pub)
			if v.Run(); !v.Ok(i) {
				t.Error("refused")
			}
		}
	}
}
