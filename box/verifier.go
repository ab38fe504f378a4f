package box

import (
	"crypto/ed25519"

	"github.com/cloudflare/circl/sign/ed448"

	"switchyard/box/internal/edbatch"
)

// Claim is one authorization to verify.
type Claim struct {
	Authorized
	Auth       []byte         // as received: 64, 80 or 114 bytes; any other size fails without work
	SessionKey *[KeySize]byte // the router's private key of the session, nil where its hello had none

	// Secrets is the session in Verifier.Secrets; nil where none of its secrets
	// are kept.
	Secrets *SessionSecrets
}

// Verifier verifies the authorizations of a drain of commands together. Its
// use is in three steps: Add the claims of all commands, Run once, ask Ok for
// each. Nothing is computed before Run.
//
// A wrong key, a key of the wrong algorithm and no key at all (the queue does
// not exist) cost the same work, that of the algorithm which the size of the
// authorization tells, so that timing does not show which queues exist: where
// there is no fitting key, a dummy is tried in earnest, and fails.
//
// Ed25519 signatures are verified in batches of up to 64; see package edbatch for
// what that accepts. A bad one, by a dummy too, makes its batch fail, whose
// signatures are then verified each by itself. The worst a session can do to
// others is that, once in 64 of its signatures: after a bad one its own are
// kept out of the batches until that many were good. So are those of claims
// with several candidate keys, most of which fail. Even where every batch
// fails, a signature costs three times its share of a good batch of 64 at most,
// which is half of what it takes alone with crypto/ed25519 (10, 31 and 65 µs on
// the machine of BENCHMARKS.md).
//
// The zero value is ready for use. A Verifier belongs to one goroutine and
// refers to the slices of the added claims until Reset; keys are copied, until
// then as well. In steady state it does not allocate for claims of Ed25519 and X25519.
type Verifier struct {
	// Secrets, where it is set, spares the key agreement for X25519 claims
	// whose keys have verified a claim before. Verifiers of one goroutine may
	// share it.
	Secrets *SecretCache

	claims     []claim
	keys       []PublicKey
	message    []byte // for Ed448
	hashes     hashes
	signatures edbatch.Batch
	suspects   suspects
}

// claim is a Claim with its candidate keys, keys[first:first+count].
type claim struct {
	Claim
	first, count int
	hash         int // its first hash
	signature    int // its first signature in the batch
	ok           bool
}

// Reset forgets all claims and keeps the memory. Before it the results of Run
// stay valid.
func (v *Verifier) Reset() {
	clear(v.claims)
	v.claims = v.claims[:0]
	clear(v.keys)
	v.keys = v.keys[:0]
}

// Len returns the number of claims added since Reset.
func (v *Verifier) Len() int { return len(v.claims) }

// Add adds a claim to be verified with key and returns its index.
func (v *Verifier) Add(c *Claim, key *PublicKey) int {
	i := v.AddDummy(c)
	v.AddCandidate(key)
	return i
}

// AddCandidate adds one more key to the last added claim, which is valid when
// any of its keys verifies it (the recipient keys of a queue).
func (v *Verifier) AddCandidate(key *PublicKey) {
	v.keys = append(v.keys, *key)
	v.claims[len(v.claims)-1].count++
}

// AddDummy adds a claim that fails, as there is no key to verify it with, but
// costs as much as one with a key. It returns its index.
func (v *Verifier) AddDummy(c *Claim) int {
	v.claims = append(v.claims, claim{Claim: *c, first: len(v.keys)})
	return len(v.claims) - 1
}

// Run verifies the claims that were added.
func (v *Verifier) Run() {
	v.hashes.reset()
	v.signatures.Reset()
	for i := range v.claims {
		v.addHashes(&v.claims[i])
	}
	v.hashes.run()
	for i := range v.claims {
		c := &v.claims[i]
		switch c.alg() {
		case Ed25519:
			v.addSignatures(c)
		case Ed448:
			v.message = c.appendTo(v.message[:0])
			c.ok = v.verifyAny(c, Ed448)
		case X25519:
			c.ok = v.verifyAny(c, X25519)
		}
	}
	v.signatures.Run()
	for i := range v.claims {
		if c := &v.claims[i]; c.alg() == Ed25519 {
			c.ok = v.signatureOk(c)
			v.suspects.note(c.SessionID, c.ok)
		}
	}
}

// alg returns the algorithm of a claim, zero where it fails without work.
func (c *claim) alg() Alg {
	alg := AuthAlg(len(c.Auth))
	if alg == X25519 && c.SessionKey == nil {
		return 0
	}
	return alg
}

// Ok tells whether claim i is valid. It is false before Run.
func (v *Verifier) Ok(i int) bool { return v.claims[i].ok }

// candidate returns key k of a claim, or the dummy where that does not fit or
// where there is none, and whether it fits.
func (v *Verifier) candidate(c *claim, k int, alg Alg) (*PublicKey, bool) {
	if k < c.count {
		if key := &v.keys[c.first+k]; key.alg == alg {
			return key, true
		}
	}
	return &dummies[alg], false
}

// tries is how many keys are tried for a claim: all candidates, also after one has
// verified. The time tells how many keys a queue has, but not which of them signed.
func (c *claim) tries() int { return max(c.count, 1) }

// addHashes adds what has to be hashed for a claim.
func (v *Verifier) addHashes(c *claim) {
	c.hash = len(v.hashes.messages)
	switch c.alg() {
	case Ed25519:
		for k := range c.tries() {
			key, _ := v.candidate(c, k, Ed25519)
			v.hashes.addSignature((*[Ed25519SignatureSize]byte)(c.Auth), key.ed25519(), &c.Authorized)
		}
	case X25519:
		v.hashes.add(&c.Authorized)
	}
}

// addSignatures adds the signature of an Ed25519 claim to the batch, once for
// each key.
func (v *Verifier) addSignatures(c *claim) {
	apart := c.count > 1 || v.suspects.has(c.SessionID)
	c.signature = v.signatures.Len()
	for k := range c.tries() {
		key, _ := v.candidate(c, k, Ed25519)
		v.signatures.Add(key.ed25519(), (*[Ed25519SignatureSize]byte)(c.Auth), v.hashes.sum(c.hash+k), apart)
	}
}

// signatureOk tells what became of the signatures that addSignatures added.
func (v *Verifier) signatureOk(c *claim) bool {
	ok := false
	for k := range c.tries() {
		_, fits := v.candidate(c, k, Ed25519)
		ok = v.signatures.Ok(c.signature+k) && fits || ok
	}
	return ok
}

// verifyAny verifies a claim of another algorithm with its candidates.
func (v *Verifier) verifyAny(c *claim, alg Alg) bool {
	ok := false
	for k := range c.tries() {
		key, fits := v.candidate(c, k, alg)
		if alg == Ed448 {
			ok = ed448.Verify(key.raw[:ed448.PublicKeySize], v.message, c.Auth, "") && fits || ok
		} else {
			ok = v.verifyAuthenticator(c, (*[KeySize]byte)(key.raw[:]), fits) && fits || ok
		}
	}
	return ok
}

// verifyAuthenticator verifies an X25519 claim, which is hashed, with a key. A
// valid one of a key that fits has its secret kept.
func (v *Verifier) verifyAuthenticator(c *claim, key *[KeySize]byte, fits bool) bool {
	cache := v.Secrets
	if c.Secrets == nil {
		cache = nil
	}
	if cache != nil {
		if secret := cache.find(c.Secrets, key); secret != nil {
			return VerifyAuthenticator(c.Auth, secret, c.CorrID, v.hashes.sum(c.hash))
		}
	}
	var secret [KeySize]byte
	// A key of low order has the zero secret in the reference and
	// authorizes like any other; whoever chose it gave it away.
	_ = DH(&secret, c.SessionKey, key)
	ok := VerifyAuthenticator(c.Auth, &secret, c.CorrID, v.hashes.sum(c.hash))
	if ok && fits && cache != nil {
		cache.put(c.Secrets, key, &secret)
	}
	return ok
}

// VerifySignature tells whether sig is the signature of msg by an Ed25519 or
// Ed448 key (RFC 8032, pure, empty context). It is false for other keys.
func VerifySignature(key *PublicKey, msg, sig []byte) bool {
	switch key.alg {
	case Ed25519:
		return ed25519.Verify(key.raw[:ed25519.PublicKeySize], msg, sig)
	case Ed448:
		return ed448.Verify(key.raw[:ed448.PublicKeySize], msg, sig, "")
	}
	return false
}
