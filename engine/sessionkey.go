package engine

import (
	"crypto/rand"
	"sync"

	"switchyard/box"
)

// sessionKey is our X25519 key of one session, and as the hello carries it: its public half signed by the leaf
// certificate's key. That signature covers nothing of the session, so workers make keys ahead, and a loop ends a TLS
// handshake without waiting for one.
type sessionKey struct {
	secret [box.KeySize]byte
	signed []byte
}

const (
	// keyStock is how many keys are made ahead: what a loop may take while workers do the first part of other handshakes.
	keyStock = 64
	// keyBatch is how many are made at a time.
	keyBatch = 4
)

// sessionKeys is a stock of keys, each for one session. The zero value is empty.
type sessionKeys struct {
	mu    sync.Mutex
	ready []*sessionKey
}

// take is a key that nobody else gets; nil when there is none.
func (k *sessionKeys) take() *sessionKey {
	k.mu.Lock()
	defer k.mu.Unlock()
	last := len(k.ready) - 1
	if last < 0 {
		return nil
	}
	key := k.ready[last]
	k.ready[last] = nil
	k.ready = k.ready[:last]
	return key
}

func (k *sessionKeys) full() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.ready) >= keyStock
}

func (k *sessionKeys) put(key *sessionKey) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ready = append(k.ready, key)
}

// refill makes some keys unless there are enough. It is for workers.
func (m *helloMaker) refill() {
	for n := 0; n < keyBatch && !m.keys.full(); n++ {
		m.keys.put(m.newKey())
	}
}

// newKey makes a key.
func (m *helloMaker) newKey() *sessionKey {
	key := new(sessionKey)
	var public [box.KeySize]byte
	if err := box.GenerateX25519(rand.Reader, &key.secret, &public); err != nil {
		panic("engine: " + err.Error()) // crypto/rand does not fail
	}
	var err error
	if key.signed, err = box.AppendSignedKey(nil, box.AppendX25519(nil, &public), m.keyPair.Sign); err != nil {
		panic("engine: " + err.Error()) // the leaf's key can sign, as TLS has
	}
	return key
}
