package xftp

import (
	"bytes"

	"switchyard/box"
	"switchyard/smp"
)

// ALPN is the protocol that native clients ask for.
const ALPN = "xftp/1"

// Headers of web clients; only that they are there counts.
const (
	HeaderWebHello  = "Xftp-Web-Hello"
	HeaderHandshake = "Xftp-Handshake"
)

// ChallengeSize is the size in bytes of a web client's challenge.
const ChallengeSize = 32

// ServerHello is the router's hello.
//
//	u16 min ‖ u16 max ‖ short sessionID ‖ u8 n, n × large certificate ‖ large signedKey ‖ short proof
type ServerHello struct {
	Min, Max  Version
	SessionID []byte
	Chain     [][]byte // DER, leaf first
	SignedKey []byte   // X25519 key of the session in its wrapper, signed by the leaf (box.ParseSignedKey)
	Proof     []byte   // signature of challenge ‖ session ID by the leaf, for web clients; else empty
}

// AppendServerHello appends the padded hello.
func AppendServerHello(b []byte, h *ServerHello) ([]byte, error) {
	var c []byte
	c = smp.AppendU16(smp.AppendU16(c, uint16(h.Min)), uint16(h.Max))
	c = smp.AppendLargeList(smp.AppendShort(c, h.SessionID), h.Chain)
	c = smp.AppendShort(smp.AppendLarge(c, h.SignedKey), h.Proof)
	return box.Pad(b, c, BlockSize)
}

// ParseServerHello reads a padded hello. What follows it is ignored, and the proof may be missing.
func ParseServerHello(block []byte) (h ServerHello, ok bool) {
	b, err := box.Unpad(block)
	if err != nil {
		return h, false
	}
	r, b, ok := smp.ParseVersionRange(b)
	if !ok {
		return h, false
	}
	h.Min, h.Max = Version(r.Min), Version(r.Max)
	if h.SessionID, b, ok = smp.ParseShort(b); !ok {
		return h, false
	}
	if h.Chain, b, ok = smp.ParseLargeList(b); !ok {
		return h, false
	}
	if h.SignedKey, b, ok = smp.ParseLarge(b); !ok {
		return h, false
	}
	if len(b) > 0 {
		h.Proof, _, ok = smp.ParseShort(b)
	}
	return h, ok
}

// AppendChallenge appends the padded hello of a web client. A nil challenge asks for no proof.
func AppendChallenge(b, challenge []byte) ([]byte, error) {
	return box.Pad(b, smp.AppendMaybeShort(nil, challenge), BlockSize)
}

// ParseChallenge reads a web client's hello: an empty body, or a padded one with a challenge of 32 bytes or none.
func ParseChallenge(body []byte) (challenge []byte, ok bool) {
	if len(body) == 0 {
		return nil, true
	}
	b, err := box.Unpad(body)
	if err != nil {
		return nil, false
	}
	challenge, _, ok = smp.ParseMaybeShort(b)
	return challenge, ok && (challenge == nil || len(challenge) == ChallengeSize)
}

// AppendClientHello appends the client's padded answer to the hello.
func AppendClientHello(b []byte, v Version, keyHash *[32]byte) ([]byte, error) {
	return box.Pad(b, smp.AppendShort(smp.AppendU16(nil, uint16(v)), keyHash[:]), BlockSize)
}

// ParseClientHello reads the client's answer. It must fill a block; what follows inside the padding is ignored.
func ParseClientHello(block []byte) (v Version, keyHash []byte, ok bool) {
	if len(block) != BlockSize {
		return 0, nil, false
	}
	b, err := box.Unpad(block)
	if err != nil {
		return 0, nil, false
	}
	n, b, ok := smp.ParseU16(b)
	if !ok {
		return 0, nil, false
	}
	keyHash, _, ok = smp.ParseShort(b)
	return Version(n), keyHash, ok
}

// AppendBareError appends the padded word that answers a faulty hello.
func AppendBareError(b []byte, e Error) []byte {
	b, err := box.Pad(b, []byte(e.Error()), BlockSize)
	if err != nil {
		panic("xftp: an error longer than a block")
	}
	return b
}

// maxBare is longer than any word that answers a hello.
const maxBare = 20

// ParseBareError recognizes the padded word that answers a faulty hello.
func ParseBareError(block []byte) (e Error, ok bool) {
	b, err := box.Unpad(block)
	if err != nil || len(b) >= maxBare || bytes.ContainsAny(b, " \x00") {
		return e, false
	}
	return ParseError(b)
}
