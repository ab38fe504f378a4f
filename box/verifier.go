package box

import (
	"crypto/ed25519"

	"github.com/cloudflare/circl/sign/ed448"
)

// Claim is one authorization to verify.
type Claim struct {
	Authorized
	Auth       []byte         // as received: 64, 80 or 114 bytes; any other size fails without work
	SessionKey *[KeySize]byte // the router's private key of the session, nil where its hello had none
}

// Verifier verifies the authorizations of a drain of commands together. Its
// use is in three steps: Add the claims of all commands, Run once, ask Ok for
// each. It is the seam for batch verification: nothing is computed before Run.
//
// A wrong key, a key of the wrong algorithm and no key at all (the queue does
// not exist) cost the same work, that of the algorithm which the size of the
// authorization tells, so that timing does not show which queues exist.
//
// The zero value is ready for use. A Verifier belongs to one goroutine and
// refers to the slices of the added claims until Reset; keys are copied. In
// steady state it does not allocate for valid claims of Ed25519 and X25519.
type Verifier struct {
	claims  []claim
	keys    []PublicKey
	message []byte
	hash    messageHash
}

// claim is a Claim with its candidate keys, keys[first:first+count].
type claim struct {
	Claim
	first, count int
	ok           bool
}

// Reset forgets all claims and keeps the memory. Before it the results of Run
// stay valid.
func (v *Verifier) Reset() {
	clear(v.claims)
	v.claims = v.claims[:0]
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
	for i := range v.claims {
		c := &v.claims[i]
		c.ok = v.verify(c)
	}
}

// Ok tells whether claim i is valid. It is false before Run.
func (v *Verifier) Ok(i int) bool { return v.claims[i].ok }

func (v *Verifier) verify(c *claim) bool {
	alg := AuthAlg(len(c.Auth))
	if alg == 0 || alg == X25519 && c.SessionKey == nil {
		return false
	}
	if alg == X25519 {
		v.hash.of(&c.Authorized)
	} else {
		v.message = c.appendTo(v.message[:0])
	}
	if c.count == 0 {
		v.verifyKey(c, &dummies[alg])
		return false
	}
	// All candidates are tried, also after one has verified: the time tells
	// how many keys a queue has, but not which of them signed.
	ok := false
	for k := c.first; k < c.first+c.count; k++ {
		key, fits := &v.keys[k], true
		if key.alg != alg {
			key, fits = &dummies[alg], false
		}
		ok = v.verifyKey(c, key) && fits || ok
	}
	return ok
}

// verifyKey verifies c with a key of the authorization's algorithm.
func (v *Verifier) verifyKey(c *claim, key *PublicKey) bool {
	switch key.alg {
	case Ed25519:
		return ed25519.Verify(key.raw[:ed25519.PublicKeySize], v.message, c.Auth)
	case Ed448:
		return ed448.Verify(key.raw[:ed448.PublicKeySize], v.message, c.Auth, "")
	default:
		var secret [KeySize]byte
		// A key of low order has the zero secret in the reference and
		// authorizes like any other; whoever chose it gave it away.
		_ = DH(&secret, c.SessionKey, (*[KeySize]byte)(key.raw[:KeySize]))
		return VerifyAuthenticator(c.Auth, &secret, c.CorrID, &v.hash.sum)
	}
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
