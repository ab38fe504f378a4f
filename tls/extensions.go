package tls

import (
	"encoding/binary"

	"golang.org/x/crypto/cryptobyte"
)

// Extensions (RFC 8446 section 4.2).

type extensionType uint16

const (
	extServerName          extensionType = 0
	extSupportedGroups     extensionType = 10
	extSignatureAlgorithms extensionType = 13
	extALPN                extensionType = 16
	extPadding             extensionType = 21
	extPreSharedKey        extensionType = 41
	extEarlyData           extensionType = 42
	extSupportedVersions   extensionType = 43
	extCookie              extensionType = 44
	extPSKModes            extensionType = 45
	extKeyShare            extensionType = 51
)

// eachExtension calls f for the extensions of a block in their order, once the block is known to be well formed. A
// repeated extension is duplicates: RFC 8446 section 4.2 forbids it without naming an alert.
func eachExtension(block cryptobyte.String, duplicates Alert, f func(typ extensionType, data cryptobyte.String) error) error {
	var seen [1 << 16 / 64]uint64
	var typ uint16
	var data cryptobyte.String
	for rest := block; !rest.Empty(); {
		if !rest.ReadUint16(&typ) || !rest.ReadUint16LengthPrefixed(&data) {
			return errDecode("extension")
		}
		if seen[typ/64]&(1<<(typ%64)) != 0 {
			return fatal(duplicates, "repeated extension")
		}
		seen[typ/64] |= 1 << (typ % 64)
	}
	for !block.Empty() {
		block.ReadUint16(&typ)
		block.ReadUint16LengthPrefixed(&data)
		if err := f(extensionType(typ), data); err != nil {
			return err
		}
	}
	return nil
}

func errDecode(what string) error { return fatal(AlertDecodeError, "malformed "+what) }

// decoded is nil if ok, else the error of a malformed field.
func decoded(ok bool, what string) error {
	if ok {
		return nil
	}
	return errDecode(what)
}

// appendVector appends what body appends, behind its length in width bytes.
func appendVector(b []byte, width int, body func([]byte) []byte) []byte {
	start := len(b)
	b = append(b, 0, 0, 0)[:start+width]
	b = body(b)
	length := len(b) - start - width
	for i := width - 1; i >= 0; i-- {
		b[start+i] = byte(length)
		length >>= 8
	}
	if length != 0 {
		panic("tls: vector too long for its length field")
	}
	return b
}

func appendBytes(b []byte, width int, content []byte) []byte {
	return appendVector(b, width, func(b []byte) []byte { return append(b, content...) })
}

func appendMessage(b []byte, typ messageType, body func([]byte) []byte) []byte {
	return appendVector(append(b, byte(typ)), 3, body)
}

func appendExtension(b []byte, typ extensionType, data func([]byte) []byte) []byte {
	return appendVector(binary.BigEndian.AppendUint16(b, uint16(typ)), 2, data)
}

// appendList and parseList: a vector of 16-bit code points behind a length of width bytes, never empty.
func appendList[T ~uint16](b []byte, width int, list []T) []byte {
	return appendVector(b, width, func(b []byte) []byte {
		for _, x := range list {
			b = binary.BigEndian.AppendUint16(b, uint16(x))
		}
		return b
	})
}

func parseList[T ~uint16](s *cryptobyte.String, width int) ([]T, bool) {
	var list cryptobyte.String
	switch {
	case width == 1 && !s.ReadUint8LengthPrefixed(&list), width == 2 && !s.ReadUint16LengthPrefixed(&list):
		return nil, false
	case len(list) == 0 || len(list)%2 != 0:
		return nil, false
	}
	out := make([]T, 0, len(list)/2)
	for len(list) > 0 {
		var x uint16
		list.ReadUint16(&x)
		out = append(out, T(x))
	}
	return out, true
}

// keyShareEntry is one KeyShareEntry (section 4.2.8).
type keyShareEntry struct {
	group Group
	key   []byte
}

func appendKeyShareEntry(b []byte, e keyShareEntry) []byte {
	return appendBytes(binary.BigEndian.AppendUint16(b, uint16(e.group)), 2, e.key)
}

func parseKeyShareEntry(s *cryptobyte.String) (e keyShareEntry, ok bool) {
	var key cryptobyte.String
	ok = s.ReadUint16((*uint16)(&e.group)) && s.ReadUint16LengthPrefixed(&key) && len(key) > 0
	e.key = key
	return e, ok
}

// ProtocolNameList of RFC 7301: never empty, no name empty.
func appendProtocols(b []byte, protocols []string) []byte {
	return appendVector(b, 2, func(b []byte) []byte {
		for _, p := range protocols {
			b = appendBytes(b, 1, []byte(p))
		}
		return b
	})
}

func parseProtocols(s *cryptobyte.String) ([]string, bool) {
	var list cryptobyte.String
	if !s.ReadUint16LengthPrefixed(&list) || list.Empty() {
		return nil, false
	}
	var protocols []string
	for !list.Empty() {
		var name cryptobyte.String
		if !list.ReadUint8LengthPrefixed(&name) || name.Empty() {
			return nil, false
		}
		protocols = append(protocols, string(name))
	}
	return protocols, true
}

// ServerNameList of RFC 6066: the one name of type host_name.
func appendServerName(b []byte, name string) []byte {
	return appendVector(b, 2, func(b []byte) []byte {
		return appendBytes(append(b, 0), 2, []byte(name))
	})
}

func parseServerName(s *cryptobyte.String) (string, bool) {
	var list, name cryptobyte.String
	var typ uint8
	ok := s.ReadUint16LengthPrefixed(&list) && list.ReadUint8(&typ) && typ == 0 &&
		list.ReadUint16LengthPrefixed(&name) && list.Empty() && len(name) > 0 && len(name) <= 255
	return string(name), ok
}
