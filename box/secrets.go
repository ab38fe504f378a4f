package box

import "hash/maphash"

// SecretCache keeps X25519 secrets of (session key, queue key), which are the
// same for every SEND to a queue in a session and cost more to compute than
// all the rest of its verification. It has a fixed number of places of 88
// bytes; a new secret takes the place of an older one.
//
// Only secrets that an authenticator was valid with are kept. So a session
// finds here only what it could send to before, and its timing tells it nothing
// about other queues: neither a dummy's secret nor that of a queue to which it
// has no key is ever here.
//
// No session's private key is kept: a session is told by its SessionSecrets.
// What is here of a session goes with EndSession, and of a key with ForgetKey.
// Secrets of one key are in the places of one set, those of one session are
// linked, so that neither has to look everywhere.
//
// A SecretCache belongs to one goroutine.
type SecretCache struct {
	seed   maphash.Seed
	places []cachedSecret
	victim int // counts what took a place
}

// SessionSecrets is what a SecretCache has of one session. The zero value has
// nothing there. It belongs to the goroutine of the cache.
type SessionSecrets struct {
	first *cachedSecret
}

type cachedSecret struct {
	session     *SessionSecrets // nil when the place is free
	next, prev  *cachedSecret   // of the session
	key, secret [KeySize]byte
}

// secretsOfKey is how many places a key has: for so many sessions that send to
// the same queue at the same time.
const secretsOfKey = 4

// NewSecretCache returns a cache with n places, at least those of one key.
func NewSecretCache(n int) *SecretCache {
	sets := max(n/secretsOfKey, 1)
	return &SecretCache{seed: maphash.MakeSeed(), places: make([]cachedSecret, sets*secretsOfKey)}
}

// set is the places in which secrets of a key may be.
func (c *SecretCache) set(key *[KeySize]byte) []cachedSecret {
	sets := uint64(len(c.places) / secretsOfKey)
	first := maphash.Bytes(c.seed, key[:]) % sets * secretsOfKey
	return c.places[first : first+secretsOfKey]
}

// find returns the secret of a session and a key, nil when it is not there.
func (c *SecretCache) find(session *SessionSecrets, key *[KeySize]byte) *[KeySize]byte {
	set := c.set(key)
	for i := range set {
		if p := &set[i]; p.session == session && p.key == *key {
			return &p.secret
		}
	}
	return nil
}

// put keeps a secret that is not there.
func (c *SecretCache) put(session *SessionSecrets, key, secret *[KeySize]byte) {
	set := c.set(key)
	c.victim++
	p := &set[c.victim%secretsOfKey]
	for i := range set {
		if set[i].session == nil {
			p = &set[i]
		}
	}
	p.free()
	*p = cachedSecret{session: session, next: session.first, key: *key, secret: *secret}
	if p.next != nil {
		p.next.prev = p
	}
	session.first = p
}

// free overwrites a place.
func (p *cachedSecret) free() {
	if p.session == nil {
		return
	}
	if p.prev == nil {
		p.session.first = p.next
	} else {
		p.prev.next = p.next
	}
	if p.next != nil {
		p.next.prev = p.prev
	}
	*p = cachedSecret{}
}

// EndSession overwrites what is kept of a session.
func (c *SecretCache) EndSession(session *SessionSecrets) {
	for session.first != nil {
		session.first.free()
	}
}

// ForgetKey overwrites what is kept of a key, whatever the session.
func (c *SecretCache) ForgetKey(key *PublicKey) {
	raw, ok := key.X25519()
	if !ok {
		return
	}
	set := c.set(raw)
	for i := range set {
		if p := &set[i]; p.key == *raw {
			p.free()
		}
	}
}
