package box

import "hash/maphash"

// SecretCache keeps X25519 secrets of (session key, queue key), which are the
// same for every SEND to a queue in a session and cost more to compute than
// all the rest of its verification. It has a fixed number of places of 97
// bytes; a new secret takes the place of an older one.
//
// Only secrets that an authenticator was valid with are kept. So a session
// finds here only what it could send to before, and its timing tells it nothing
// about other queues: neither a dummy's secret nor that of a queue to which it
// has no key is ever here.
//
// A SecretCache belongs to one goroutine.
type SecretCache struct {
	seed   maphash.Seed
	places []cachedSecret
}

type cachedSecret struct {
	filled                  bool
	sessionKey, key, secret [KeySize]byte
}

// NewSecretCache returns a cache with n places, at least one.
func NewSecretCache(n int) *SecretCache {
	return &SecretCache{seed: maphash.MakeSeed(), places: make([]cachedSecret, max(n, 1))}
}

// place returns where the secret of the two keys is, if it is there.
func (c *SecretCache) place(sessionKey, key *[KeySize]byte) *cachedSecret {
	var keys [2 * KeySize]byte
	copy(keys[:], sessionKey[:])
	copy(keys[KeySize:], key[:])
	return &c.places[maphash.Bytes(c.seed, keys[:])%uint64(len(c.places))]
}

// has tells whether the place has the secret of the two keys.
func (p *cachedSecret) has(sessionKey, key *[KeySize]byte) bool {
	return p.filled && p.key == *key && p.sessionKey == *sessionKey
}
