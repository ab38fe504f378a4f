package tls

import (
	"crypto/hkdf"
	"crypto/hmac"
	"encoding/binary"
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

// newEarlySecret starts the schedule without a PSK.
func newEarlySecret(s *suite) earlySecret {
	zeros := make([]byte, s.hashLen)
	return earlySecret{scheduled{s, s.extract(zeros, zeros)}}
}

// handshake mixes in the (EC)DHE shared secret.
func (e earlySecret) handshake(shared []byte) handshakeSecret {
	return handshakeSecret{scheduled{e.suite, e.suite.extract(shared, e.derived())}}
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
	mac := hmac.New(s.hash, s.expandLabel(t, "finished", nil, s.hashLen))
	mac.Write(transcript)
	return mac.Sum(nil)
}

func (s scheduled) derived() []byte {
	return s.deriveSecret("derived", s.suite.hash().Sum(nil))
}

func (s scheduled) deriveSecret(label string, transcript []byte) []byte {
	return s.suite.expandLabel(s.secret, label, transcript, s.suite.hashLen)
}

func (s *suite) extract(secret, salt []byte) []byte {
	prk, err := hkdf.Extract(s.hash, secret, salt)
	if err != nil {
		panic("tls: HKDF-Extract: " + err.Error())
	}
	return prk
}

func (s *suite) expandLabel(secret []byte, label string, context []byte, n int) []byte {
	info := make([]byte, 0, 2+1+6+len(label)+1+len(context))
	info = binary.BigEndian.AppendUint16(info, uint16(n))
	info = append(info, byte(len("tls13 ")+len(label)))
	info = append(info, "tls13 "...)
	info = append(info, label...)
	info = append(info, byte(len(context)))
	info = append(info, context...)
	okm, err := hkdf.Expand(s.hash, secret, string(info), n)
	if err != nil {
		panic("tls: HKDF-Expand: " + err.Error())
	}
	return okm
}
