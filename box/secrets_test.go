package box

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"unsafe"
)

// TestSecretCache looks that secrets are kept of valid claims only, that they are
// used, and that what they say is what the key agreement says.
func TestSecretCache(t *testing.T) {
	s, other := newSigner(t, X25519, 1), newSigner(t, X25519, 2)
	session := new(SessionSecrets)
	s.claim.Secrets = session
	kept := func(c *SecretCache, claim *Claim, key *PublicKey) bool {
		raw, _ := key.X25519()
		return c.find(claim.Secrets, raw) != nil
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
	otherSession.SessionKey, otherSession.Secrets = &[KeySize]byte{9}, new(SessionSecrets)
	if run(&otherSession, &s.pub) {
		t.Error("the secret of one session is used in another")
	}
	if !run(&s.claim, &s.pub) {
		t.Error("refused")
	}
	raw, _ := s.pub.X25519()
	v.Secrets.find(session, raw)[0] ^= 1
	if run(&s.claim, &s.pub) {
		t.Error("the kept secret is not used")
	}
	nowhere := s.claim
	nowhere.Secrets = nil
	if !run(&nowhere, &s.pub) {
		t.Error("refused in a session without kept secrets")
	}
}

// TestSecretsEnd puts secrets at random, ends sessions and forgets keys, beside a map that does the same but has room for
// all: what the cache has is in the map, what has gone is nowhere in the cache's memory, and so is no session's private key.
func TestSecretsEnd(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 1))
	c := NewSecretCache(64)
	memory := unsafe.Slice((*byte)(unsafe.Pointer(&c.places[0])), len(c.places)*int(unsafe.Sizeof(c.places[0])))
	type pair struct {
		session *SessionSecrets
		key     PublicKey
	}
	secrets := make(map[pair][KeySize]byte)
	var sessions [8]SessionSecrets
	var keys [16]PublicKey
	for i := range keys {
		keys[i] = PublicKey{alg: X25519, raw: [57]byte{byte(i), 1, 2, 3}}
	}
	gone := func(p pair) {
		if secret, ok := secrets[p]; ok && bytes.Contains(memory, secret[:]) {
			t.Fatal("a secret is in memory that was to go")
		}
		delete(secrets, p)
	}
	hits, full := 0, 0
	for range 20_000 {
		p := pair{&sessions[rng.IntN(len(sessions))], keys[rng.IntN(len(keys))]}
		raw, _ := p.key.X25519()
		switch got := c.find(p.session, raw); {
		case got != nil:
			if *got != secrets[p] {
				t.Fatal("the secret of another pair")
			}
			hits++
		case secrets[p] != [KeySize]byte{}:
			full++
		default:
			var secret [KeySize]byte
			for i := range secret {
				secret[i] = byte(rng.Uint32()) | 1
			}
			secrets[p] = secret
			c.put(p.session, raw, &secret)
		}
		switch rng.IntN(40) {
		case 0:
			c.EndSession(p.session)
			for i := range keys {
				gone(pair{p.session, keys[i]})
			}
			if p.session.first != nil {
				t.Fatal("a session that has ended has something")
			}
		case 1:
			c.ForgetKey(&p.key)
			for i := range sessions {
				gone(pair{&sessions[i], p.key})
			}
		}
	}
	if hits < 1000 || full < 100 {
		t.Errorf("%d found, %d had to make room", hits, full)
	}
	for i := range sessions {
		c.EndSession(&sessions[i])
	}
	if !bytes.Equal(memory, make([]byte, len(memory))) {
		t.Error("something is left when all sessions have ended")
	}
	c.ForgetKey(&PublicKey{alg: Ed25519})
}

// TestSecretCacheFull has more keys than places.
func TestSecretCacheFull(t *testing.T) {
	v := Verifier{Secrets: NewSecretCache(0)}
	session := new(SessionSecrets)
	for range 2 {
		for secret := range byte(2 * secretsOfKey) {
			s := newSigner(t, X25519, secret+1)
			s.claim.Secrets = session
			v.Reset()
			i := v.Add(&s.claim, &s.pub)
			if v.Run(); !v.Ok(i) {
				t.Error("refused")
			}
		}
	}
}
