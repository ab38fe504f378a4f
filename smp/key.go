package smp

// KeyAlg tells the algorithm of a public key on the wire: a short string with a SubjectPublicKeyInfo (RFC 8410).
type KeyAlg uint8

const (
	KeyNone    KeyAlg = iota // not a key of one of the four algorithms
	KeyEd25519               // 44 bytes of DER
	KeyEd448                 // 69
	KeyX25519                // 44
	KeyX448                  // 68
)

// The DER of a SubjectPublicKeyInfo up to the raw key. Each algorithm has exactly one encoding.
const (
	spkiEd25519 = "\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"
	spkiEd448   = "\x30\x43\x30\x05\x06\x03\x2b\x65\x71\x03\x3a\x00"
	spkiX25519  = "\x30\x2a\x30\x05\x06\x03\x2b\x65\x6e\x03\x21\x00"
	spkiX448    = "\x30\x42\x30\x05\x06\x03\x2b\x65\x6f\x03\x39\x00"
)

// KeyAlgorithm tells the algorithm of the SubjectPublicKeyInfo der, KeyNone unless der is exactly one such object.
func KeyAlgorithm(der []byte) KeyAlg {
	const prefix = len(spkiEd25519)
	if len(der) < prefix {
		return KeyNone
	}
	n := len(der) - prefix
	switch string(der[:prefix]) {
	case spkiEd25519:
		return keyIf(KeyEd25519, n == 32)
	case spkiX25519:
		return keyIf(KeyX25519, n == 32)
	case spkiEd448:
		return keyIf(KeyEd448, n == 57)
	case spkiX448:
		return keyIf(KeyX448, n == 56)
	}
	return KeyNone
}

func keyIf(a KeyAlg, ok bool) KeyAlg {
	if ok {
		return a
	}
	return KeyNone
}

// parseAuthKey reads a key that may authorize commands: Ed25519, Ed448 or X25519.
func parseAuthKey(b []byte) (der, rest []byte, ok bool) {
	der, rest, ok = ParseShort(b)
	if !ok {
		return nil, nil, false
	}
	a := KeyAlgorithm(der)
	return der, rest, a != KeyNone && a != KeyX448
}

// parseDHKey reads an X25519 key.
func parseDHKey(b []byte) (der, rest []byte, ok bool) {
	der, rest, ok = ParseShort(b)
	return der, rest, ok && KeyAlgorithm(der) == KeyX25519
}
