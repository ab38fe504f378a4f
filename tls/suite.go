package tls

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"sync"

	"switchyard/box"
)

// suite is a cipher suite with what it is made of.
type suite struct {
	id      CipherSuite
	hash    func() hash.Hash
	hashLen int
	keyLen  int
	aead    func(key []byte) (cipher.AEAD, error)

	// maxRecords is how many records one key may seal before a KeyUpdate. RFC 8446 section 5.5 allows 2^24.5 full
	// records for AES-GCM; ChaCha20-Poly1305 has no such limit, and 2^48 is far from the end of its sequence numbers.
	maxRecords uint64

	emptyHash    []byte
	earlyDerived []byte    // what the handshake secret is extracted with: without a PSK it is always the same
	hashers      sync.Pool // of *hasher
}

var suites = []*suite{
	newSuite(ChaCha20Poly1305SHA256, sha256.New, box.KeySize, box.NewChaCha20Poly1305, 1<<48),
	newSuite(AES128GCMSHA256, sha256.New, 16, newGCM, 1<<24),
	newSuite(AES256GCMSHA384, sha512.New384, 32, newGCM, 1<<24),
}

func newSuite(id CipherSuite, newHash func() hash.Hash, keyLen int, aead func([]byte) (cipher.AEAD, error), maxRecords uint64) *suite {
	empty := newHash().Sum(nil)
	s := &suite{
		id: id, hash: newHash, hashLen: len(empty), keyLen: keyLen, aead: aead, maxRecords: maxRecords, emptyHash: empty,
		hashers: sync.Pool{New: func() any { return &hasher{hash: newHash()} }},
	}
	s.earlyDerived = newEarlySecret(s).derived()
	return s
}

const (
	ivLen      = 12
	tagLen     = 16
	maxHashLen = sha512.Size384
)

func suiteByID(id CipherSuite) *suite {
	for _, s := range suites {
		if s.id == id {
			return s
		}
	}
	return nil
}

func newGCM(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// transcript is the hash of all handshake messages so far (RFC 8446 section 4.4.1).
type transcript struct{ running hash.Hash }

func newTranscript(s *suite) transcript { return transcript{s.hash()} }
func (t transcript) add(message []byte) { t.running.Write(message) }
func (t transcript) sum() []byte        { return t.running.Sum(nil) }

// retry puts message_hash in the place of the first ClientHello, as a HelloRetryRequest asks.
func (t transcript) retry() {
	first := t.sum()
	t.running.Reset()
	t.add([]byte{byte(typeMessageHash), 0, 0, byte(len(first))})
	t.add(first)
}
