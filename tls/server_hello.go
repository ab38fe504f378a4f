package tls

import (
	"encoding/binary"

	"golang.org/x/crypto/cryptobyte"
)

// serverHello is a ServerHello or, by its random, a HelloRetryRequest (RFC 8446 sections 4.1.3 and 4.1.4). Parsed, its
// slices alias the message.
type serverHello struct {
	legacyVersion uint16
	random        [32]byte
	sessionID     []byte
	cipherSuite   CipherSuite
	compression   uint8
	version       uint16        // of supported_versions; 0 without
	keyShare      keyShareEntry // in a HelloRetryRequest, key is empty
	hasKeyShare   bool
	cookie        []byte // HelloRetryRequest only
}

// helloRetryRandom is the SHA-256 of "HelloRetryRequest".
var helloRetryRandom = [32]byte{
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
	0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
}

// The last bytes of the random of a server that could do better than it negotiated (section 4.1.3).
const (
	downgradeTLS12 = "DOWNGRD\x01"
	downgradeTLS11 = "DOWNGRD\x00"
)

func (h *serverHello) isRetry() bool { return h.random == helloRetryRandom }

func (h *serverHello) append(b []byte) []byte {
	return appendMessage(b, typeServerHello, func(b []byte) []byte {
		b = binary.BigEndian.AppendUint16(b, h.legacyVersion)
		b = append(b, h.random[:]...)
		b = appendBytes(b, 1, h.sessionID)
		b = binary.BigEndian.AppendUint16(b, uint16(h.cipherSuite))
		b = append(b, h.compression)
		return appendVector(b, 2, h.appendExtensions)
	})
}

func (h *serverHello) appendExtensions(b []byte) []byte {
	b = appendExtension(b, extSupportedVersions, func(b []byte) []byte {
		return binary.BigEndian.AppendUint16(b, h.version)
	})
	if len(h.cookie) > 0 {
		b = appendExtension(b, extCookie, func(b []byte) []byte { return appendBytes(b, 2, h.cookie) })
	}
	if !h.hasKeyShare {
		return b
	}
	return appendExtension(b, extKeyShare, func(b []byte) []byte {
		if h.isRetry() {
			return binary.BigEndian.AppendUint16(b, uint16(h.keyShare.group))
		}
		return appendKeyShareEntry(b, h.keyShare)
	})
}

// parseServerHello reads the answer to asked. What a server of TLS 1.2 sends comes out with version 0, and its
// extensions are not judged.
func parseServerHello(body cryptobyte.String, asked *clientHello) (*serverHello, error) {
	h := new(serverHello)
	var sessionID, extensions cryptobyte.String
	if !body.ReadUint16(&h.legacyVersion) || !body.CopyBytes(h.random[:]) ||
		!body.ReadUint8LengthPrefixed(&sessionID) || len(sessionID) > 32 ||
		!body.ReadUint16((*uint16)(&h.cipherSuite)) || !body.ReadUint8(&h.compression) {
		return nil, errDecode("ServerHello")
	}
	h.sessionID = sessionID
	if body.Empty() {
		return h, nil
	}
	if !body.ReadUint16LengthPrefixed(&extensions) || !body.Empty() {
		return nil, errDecode("ServerHello")
	}
	if err := eachExtension(extensions, AlertIllegalParameter, h.parseVersion); err != nil || h.version == 0 {
		return h, err
	}
	return h, eachExtension(extensions, AlertIllegalParameter, func(typ extensionType, data cryptobyte.String) error {
		return h.parseExtension(typ, data, asked)
	})
}

func (h *serverHello) parseVersion(typ extensionType, data cryptobyte.String) error {
	if typ != extSupportedVersions {
		return nil
	}
	return decoded(data.ReadUint16(&h.version) && data.Empty(), "supported_versions")
}

func (h *serverHello) parseExtension(typ extensionType, data cryptobyte.String, asked *clientHello) error {
	ok := true
	switch {
	case typ == extSupportedVersions:
		return nil
	case typ == extKeyShare && h.isRetry():
		h.hasKeyShare = true
		ok = data.ReadUint16((*uint16)(&h.keyShare.group))
	case typ == extKeyShare:
		h.hasKeyShare = true
		h.keyShare, ok = parseKeyShareEntry(&data)
	case typ == extCookie && h.isRetry():
		ok = data.ReadUint16LengthPrefixed((*cryptobyte.String)(&h.cookie)) && len(h.cookie) > 0
	default:
		return asked.misplaced(typ)
	}
	return decoded(ok && data.Empty(), "extension of ServerHello")
}
