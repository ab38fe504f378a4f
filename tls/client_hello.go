package tls

import (
	"bytes"
	"encoding/binary"
	"slices"

	"golang.org/x/crypto/cryptobyte"
)

// clientHello is a ClientHello (RFC 8446 section 4.1.2). Parsed, its slices alias the message. A nil list is an
// extension that is not there.
type clientHello struct {
	legacyVersion    uint16
	random           [32]byte
	sessionID        []byte // ≤ 32
	cipherSuites     []CipherSuite
	compression      []byte
	serverName       string
	groups           []Group
	signatureSchemes []SignatureScheme
	alpn             []string
	versions         []uint16
	cookie           []byte
	keyShares        []keyShareEntry

	// Only looked at, never sent.
	earlyData   bool
	pskModes    bool
	psk         bool
	pskIsLast   bool
	hasSNI      bool
	hasKeyShare bool
}

func (h *clientHello) append(b []byte) []byte {
	return appendMessage(b, typeClientHello, func(b []byte) []byte {
		b = binary.BigEndian.AppendUint16(b, h.legacyVersion)
		b = append(b, h.random[:]...)
		b = appendBytes(b, 1, h.sessionID)
		b = appendList(b, 2, h.cipherSuites)
		b = appendBytes(b, 1, h.compression)
		return appendVector(b, 2, h.appendExtensions)
	})
}

func (h *clientHello) appendExtensions(b []byte) []byte {
	if h.serverName != "" {
		b = appendExtension(b, extServerName, func(b []byte) []byte { return appendServerName(b, h.serverName) })
	}
	b = appendExtension(b, extSupportedGroups, func(b []byte) []byte { return appendList(b, 2, h.groups) })
	b = appendExtension(b, extSignatureAlgorithms, func(b []byte) []byte { return appendList(b, 2, h.signatureSchemes) })
	if len(h.alpn) > 0 {
		b = appendExtension(b, extALPN, func(b []byte) []byte { return appendProtocols(b, h.alpn) })
	}
	b = appendExtension(b, extSupportedVersions, func(b []byte) []byte { return appendList(b, 1, h.versions) })
	if len(h.cookie) > 0 {
		b = appendExtension(b, extCookie, func(b []byte) []byte { return appendBytes(b, 2, h.cookie) })
	}
	return appendExtension(b, extKeyShare, func(b []byte) []byte {
		return appendVector(b, 2, func(b []byte) []byte {
			for _, e := range h.keyShares {
				b = appendKeyShareEntry(b, e)
			}
			return b
		})
	})
}

func parseClientHello(body cryptobyte.String) (*clientHello, error) {
	h := new(clientHello)
	var sessionID, compression, extensions cryptobyte.String
	ok := body.ReadUint16(&h.legacyVersion) && body.CopyBytes(h.random[:]) &&
		body.ReadUint8LengthPrefixed(&sessionID) && len(sessionID) <= 32
	if ok {
		h.cipherSuites, ok = parseList[CipherSuite](&body, 2)
	}
	if !ok || !body.ReadUint8LengthPrefixed(&compression) || compression.Empty() {
		return nil, errDecode("ClientHello")
	}
	h.sessionID, h.compression = sessionID, compression
	if body.Empty() {
		return h, nil // TLS 1.2 and older may come without extensions
	}
	if !body.ReadUint16LengthPrefixed(&extensions) || !body.Empty() {
		return nil, errDecode("ClientHello")
	}
	return h, eachExtension(extensions, AlertDecodeError, h.parseExtension)
}

func (h *clientHello) parseExtension(typ extensionType, data cryptobyte.String) error {
	h.pskIsLast = false
	ok := true
	switch typ {
	case extServerName:
		h.hasSNI = true
		h.serverName, ok = parseServerName(&data)
	case extSupportedGroups:
		h.groups, ok = parseList[Group](&data, 2)
	case extSignatureAlgorithms:
		h.signatureSchemes, ok = parseList[SignatureScheme](&data, 2)
	case extALPN:
		h.alpn, ok = parseProtocols(&data)
	case extSupportedVersions:
		h.versions, ok = parseList[uint16](&data, 1)
	case extCookie:
		ok = data.ReadUint16LengthPrefixed((*cryptobyte.String)(&h.cookie)) && len(h.cookie) > 0
	case extKeyShare:
		h.hasKeyShare = true
		h.keyShares, ok = parseKeyShares(&data)
	case extEarlyData:
		h.earlyData = true
	case extPSKModes:
		h.pskModes = true
		var modes cryptobyte.String
		ok = data.ReadUint8LengthPrefixed(&modes) && !modes.Empty()
	case extPreSharedKey:
		h.psk, h.pskIsLast = true, true
		return nil // its content means nothing to us
	default:
		return nil
	}
	return decoded(ok && data.Empty(), "extension of ClientHello")
}

func parseKeyShares(s *cryptobyte.String) ([]keyShareEntry, bool) {
	var list cryptobyte.String
	if !s.ReadUint16LengthPrefixed(&list) {
		return nil, false
	}
	var shares []keyShareEntry
	for !list.Empty() {
		e, ok := parseKeyShareEntry(&list)
		if !ok {
			return nil, false
		}
		shares = append(shares, e)
	}
	return shares, true
}

// share is the client's key share for a group.
func (h *clientHello) share(group Group) (key []byte, ok bool) {
	for _, e := range h.keyShares {
		if e.group == group {
			return e.key, true
		}
	}
	return nil, false
}

// info is what OnClientHello sees.
func (h *clientHello) info(raw []byte) *ClientHelloInfo {
	return &ClientHelloInfo{
		ServerName: h.serverName, ALPN: h.alpn, Versions: h.versions, CipherSuites: h.cipherSuites,
		Groups: h.groups, SignatureSchemes: h.signatureSchemes, Raw: raw,
	}
}

// check judges what every ClientHello must fulfil whatever the server supports (sections 4.1.2, 4.2.1, 4.2.8, 4.2.11
// and 9.2).
func (h *clientHello) check() error {
	switch {
	case h.legacyVersion == 0x0300:
		return fatal(AlertProtocolVersion, "SSL 3.0") // appendix D.5
	case !slices.Contains(h.versions, versionTLS13):
		return fatal(AlertProtocolVersion, "client does not offer TLS 1.3")
	case !bytes.Equal(h.compression, []byte{0}):
		return fatal(AlertIllegalParameter, "compression offered")
	case h.psk && !h.pskIsLast:
		return fatal(AlertIllegalParameter, "pre_shared_key is not the last extension")
	case h.psk && !h.pskModes:
		return fatal(AlertMissingExtension, "pre_shared_key without psk_key_exchange_modes")
	case h.signatureSchemes == nil:
		return fatal(AlertMissingExtension, "no signature_algorithms")
	case h.groups == nil:
		return fatal(AlertMissingExtension, "no supported_groups")
	case !h.hasKeyShare:
		return fatal(AlertMissingExtension, "no key_share")
	}
	return h.checkKeyShares()
}

// checkKeyShares: the shares are for groups that the client supports, in the same order, so none is repeated.
func (h *clientHello) checkKeyShares() error {
	groups := h.groups
	for _, e := range h.keyShares {
		i := slices.Index(groups, e.group)
		if i < 0 {
			return fatal(AlertIllegalParameter, "key shares do not follow supported_groups")
		}
		groups = groups[i+1:]
	}
	return nil
}

// offers reports whether a ClientHello of ours has an extension.
func (h *clientHello) offers(typ extensionType) bool {
	switch typ {
	case extSupportedGroups, extSignatureAlgorithms, extSupportedVersions, extKeyShare:
		return true
	case extServerName:
		return h.serverName != ""
	case extALPN:
		return len(h.alpn) > 0
	case extCookie:
		return len(h.cookie) > 0
	}
	return false
}

// misplaced is the error of an extension that may not stand in a message from the server (section 4.2):
// illegal_parameter if we offered it, because then its answer belongs into another message, else unsupported_extension.
func (h *clientHello) misplaced(typ extensionType) error {
	if h.offers(typ) {
		return fatal(AlertIllegalParameter, "extension of another message")
	}
	return fatal(AlertUnsupportedExtension, "extension that was not asked for")
}

// helloRetry is what a side remembers of its HelloRetryRequest.
type helloRetry struct {
	suite *suite
	group Group // 0 if the server only sent a cookie
}

// sameButForRetry reports whether two ClientHello messages differ only in what a HelloRetryRequest lets a client change
// (section 4.1.2).
func sameButForRetry(first, second []byte) bool {
	return bytes.Equal(unchanging(first), unchanging(second))
}

// unchanging is a well-formed ClientHello message without the extensions that may change.
func unchanging(message []byte) []byte {
	body := cryptobyte.String(message[messageHeader:])
	var skipped, extensions cryptobyte.String
	body.Skip(2 + 32)
	body.ReadUint8LengthPrefixed(&skipped)
	body.ReadUint16LengthPrefixed(&skipped)
	body.ReadUint8LengthPrefixed(&skipped)
	kept := bytes.Clone(message[messageHeader : len(message)-len(body)])
	body.ReadUint16LengthPrefixed(&extensions)
	for !extensions.Empty() {
		start := extensions
		var typ uint16
		extensions.ReadUint16(&typ)
		extensions.ReadUint16LengthPrefixed(&skipped)
		switch extensionType(typ) {
		case extKeyShare, extEarlyData, extCookie, extPreSharedKey, extPadding:
		default:
			kept = append(kept, start[:len(start)-len(extensions)]...)
		}
	}
	return kept
}
