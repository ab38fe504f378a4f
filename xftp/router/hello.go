package router

import (
	"bytes"
	"crypto/rand"
	"net/http"

	"switchyard/box"
	"switchyard/xftp"
)

// hello takes the requests that belong to the hello: done is false for a command. A client whose hello does not fit
// may try again.
func (r *Router) hello(s *session, h http.Header, body []byte) (answer []byte, done bool) {
	webHello := s.web && h[xftp.HeaderWebHello] != nil
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case webHello:
		challenge, ok := xftp.ParseChallenge(body)
		if !ok {
			return xftp.AppendBareError(nil, xftp.ErrHandshake), true
		}
		return r.greet(s, challenge), true
	case s.stage == unknown && s.web:
		return xftp.AppendBareError(nil, xftp.ErrSession), true
	case s.stage == unknown && len(body) > 0:
		return xftp.AppendBareError(nil, xftp.ErrHandshake), true
	case s.stage == unknown:
		return r.greet(s, nil), true
	case s.stage == greeted, s.web && h[xftp.HeaderHandshake] != nil:
		version, keyHash, ok := xftp.ParseClientHello(body)
		if !ok || version < xftp.MinVersion || version > xftp.CurrentVersion || !bytes.Equal(keyHash, r.cfg.Identity[:]) {
			return xftp.AppendBareError(nil, xftp.ErrHandshake), true
		}
		s.stage, s.version = accepted, version
		return nil, true
	}
	return nil, false
}

// greet is our hello; a challenge is answered with a signature by the leaf key. The session's key stays the same when
// a browser says hello again.
func (r *Router) greet(s *session, challenge []byte) []byte {
	if !s.keyed {
		if err := box.GenerateX25519(rand.Reader, &s.private, &s.public); err != nil {
			panic("router: no random bytes: " + err.Error())
		}
		s.keyed = true
	}
	pair := s.pair
	signed, err := box.AppendSignedKey(nil, box.AppendX25519(nil, &s.public), pair.Sign)
	if err != nil {
		panic("router: a key pair that cannot sign: " + err.Error())
	}
	hello := xftp.ServerHello{
		Min: xftp.MinVersion, Max: xftp.CurrentVersion,
		SessionID: s.id, Chain: pair.Chain, SignedKey: signed,
	}
	if challenge != nil {
		hello.Proof = pair.Sign(append(bytes.Clone(challenge), s.id...))
	}
	block, err := xftp.AppendServerHello(nil, &hello)
	if err != nil {
		panic("router: certificates larger than a block")
	}
	s.stage = greeted
	return block
}
