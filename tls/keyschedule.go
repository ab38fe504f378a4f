package tls

import (
	"crypto/sha512"
	"hash"
)

// The key schedule (RFC 8446 section 7.1). Each secret is a type with only the steps that may follow it:
//
//	earlySecret ─shared─▶ handshakeSecret ──▶ masterSecret
//	                        │ client, server     │ client, server
//	                        ▼                    ▼
//	                     trafficSecret        trafficSecret ─next─▶ trafficSecret …
type (
	earlySecret     struct{ scheduled }
	handshakeSecret struct{ scheduled }
	masterSecret    struct{ scheduled }
	trafficSecret   []byte // hash length
)

type scheduled struct {
	suite  *suite
	secret []byte
}

// newEarlySecret starts the schedule without a PSK: the same for all handshakes with a suite.
func newEarlySecret(s *suite) earlySecret {
	zeros := make([]byte, s.hashLen)
	return earlySecret{scheduled{s, s.extract(zeros, zeros)}}
}

// handshake mixes the (EC)DHE shared secret into the early secret.
func (s *suite) handshake(shared []byte) handshakeSecret {
	return handshakeSecret{scheduled{s, s.extract(shared, s.earlyDerived)}}
}

// client and server are the handshake traffic secrets; transcript is the hash of ClientHello…ServerHello.
func (h handshakeSecret) client(transcript []byte) trafficSecret {
	return h.deriveSecret("c hs traffic", transcript)
}

func (h handshakeSecret) server(transcript []byte) trafficSecret {
	return h.deriveSecret("s hs traffic", transcript)
}

func (h handshakeSecret) master() masterSecret {
	zeros := make([]byte, h.suite.hashLen)
	return masterSecret{scheduled{h.suite, h.suite.extract(zeros, h.derived())}}
}

// client and server are the first application traffic secrets; transcript is the hash of ClientHello…server Finished.
func (m masterSecret) client(transcript []byte) trafficSecret {
	return m.deriveSecret("c ap traffic", transcript)
}

func (m masterSecret) server(transcript []byte) trafficSecret {
	return m.deriveSecret("s ap traffic", transcript)
}

// next is the secret after a KeyUpdate (section 7.2).
func (t trafficSecret) next(s *suite) trafficSecret {
	return s.expandLabel(t, "traffic upd", nil, s.hashLen)
}

// key and iv protect records (section 7.3).
func (t trafficSecret) key(s *suite) []byte { return s.expandLabel(t, "key", nil, s.keyLen) }
func (t trafficSecret) iv(s *suite) []byte  { return s.expandLabel(t, "iv", nil, ivLen) }

// verifyData is the content of a Finished under the sender's handshake traffic secret (section 4.4.4).
func (t trafficSecret) verifyData(s *suite, transcript []byte) []byte {
	return s.hmac(s.expandLabel(t, "finished", nil, s.hashLen), transcript)
}

func (s scheduled) derived() []byte {
	return s.deriveSecret("derived", s.suite.emptyHash)
}

func (s scheduled) deriveSecret(label string, transcript []byte) []byte {
	return s.suite.expandLabel(s.secret, label, transcript, s.suite.hashLen)
}

// extract is HKDF-Extract (RFC 5869). Salt and HMAC key are the same thing.
func (s *suite) extract(secret, salt []byte) []byte { return s.hmac(salt, secret) }

// maxInfo is the longest input of an HMAC: length, label of up to 12 bytes behind "tls13 ", transcript hash, counter. A
// shared secret is shorter.
const maxInfo = 2 + 1 + 6 + 12 + 1 + maxHashLen + 1

// expandLabel is HKDF-Expand-Label for n ≤ hashLen bytes, which take one step of HKDF-Expand.
func (s *suite) expandLabel(secret []byte, label string, context []byte, n int) []byte {
	var info [maxInfo]byte
	b := append(info[:0], byte(n>>8), byte(n), byte(len("tls13 ")+len(label)))
	b = append(b, "tls13 "...)
	b = append(b, label...)
	b = append(b, byte(len(context)))
	b = append(b, context...)
	b = append(b, 1) // counter of HKDF-Expand
	return s.hmac(secret, b)[:n]
}

// hasher is the work space of HMAC (RFC 2104). crypto/hmac makes two hashes and more for each of the nineteen keys of a
// handshake.
type hasher struct {
	hash hash.Hash
	pad  [sha512.BlockSize]byte // the longest of a suite
	data [maxInfo]byte
}

// hmac is for keys of at most a block and data of at most maxInfo bytes.
func (s *suite) hmac(key, data []byte) []byte {
	h := s.hashers.Get().(*hasher)
	pad := h.pad[:h.hash.BlockSize()]
	n := copy(h.data[:], data) // what goes through an interface would be on the heap
	if n < len(data) {
		panic("tls: data of HMAC too long")
	}
	h.keyed(pad, key, 0x36)
	h.hash.Write(h.data[:n])
	inner := h.hash.Sum(h.data[:0])
	h.keyed(pad, key, 0x5c)
	h.hash.Write(inner)
	mac := h.hash.Sum(make([]byte, 0, s.hashLen))
	clear(h.data[:])
	clear(pad)
	s.hashers.Put(h)
	return mac
}

// keyed restarts the hash with the block of a key.
func (h *hasher) keyed(pad, key []byte, mask byte) {
	clear(pad)
	copy(pad, key)
	for i := range pad {
		pad[i] ^= mask
	}
	h.hash.Reset()
	h.hash.Write(pad)
}
