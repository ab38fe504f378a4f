package box

import "errors"

// A signed key is a public key in a hello, signed by the leaf certificate's
// key, in the shape of X.509's signed objects. The signature covers the whole
// inner TLV; its doubled SEQUENCE is how the reference encodes it.
//
//	SEQUENCE {
//	  SEQUENCE { SubjectPublicKeyInfo }            -- signed
//	  SEQUENCE { OID 1.3.101.112 or 1.3.101.113 }  -- Ed25519, Ed448
//	  BIT STRING 00 ‖ signature }                  -- 64, 114 bytes

// maxSignedKey is room for what a signed key holds of the longest keys and
// signatures.
const maxSignedKey = 256

// ErrSignedKey reports bytes that are not a signed key.
var ErrSignedKey = errors.New("box: bad signed key encoding")

// SignedKey is a parsed signed key. All slices are parts of what was parsed.
type SignedKey struct {
	SPKI      []byte // DER of the key
	Alg       Alg    // of the signature: Ed25519 or Ed448
	Signature []byte
	Signed    []byte // exact bytes that the signature covers
}

// AppendSignedKey appends the DER of the signed key with the given
// SubjectPublicKeyInfo DER. sign returns the signature of the bytes it is
// given by an Ed25519 or Ed448 key; its size tells which. ErrSignedKey is that
// it has another size.
func AppendSignedKey(b, spki []byte, sign func(signed []byte) []byte) ([]byte, error) {
	signed := appendTLV(make([]byte, 0, maxSignedKey), tagSequence, spki)
	sig := sign(signed)
	alg := AuthAlg(len(sig))
	if alg != Ed25519 && alg != Ed448 {
		return b, ErrSignedKey
	}
	body := append(signed, 0x30, 5, 0x06, 3, 0x2b, 0x65, algs[alg].oid)
	body = appendTLV(body, tagBitString, append([]byte{0}, sig...))
	return appendTLV(b, tagSequence, body), nil
}

// ParseSignedKey parses the DER of a signed key; der is all of it. Like the
// reference it takes lengths that are longer than needed. The
// inner key is not looked into (use ParseSPKI) and the signature is not
// verified (use VerifySignature, or the certificate's key).
func ParseSignedKey(der []byte) (k SignedKey, err error) {
	outer, rest, ok := parseTLV(der, tagSequence)
	if !ok || len(rest) != 0 {
		return SignedKey{}, ErrSignedKey
	}
	spki, rest, ok := parseTLV(outer, tagSequence)
	if !ok {
		return SignedKey{}, ErrSignedKey
	}
	k.Signed, k.SPKI = outer[:len(outer)-len(rest)], spki
	algID, rest, ok := parseTLV(rest, tagSequence)
	if !ok {
		return SignedKey{}, ErrSignedKey
	}
	k.Alg = parseAlgID(algID)
	bits, rest, ok := parseTLV(rest, tagBitString)
	if !ok || len(rest) != 0 || len(bits) == 0 || bits[0] != 0 {
		return SignedKey{}, ErrSignedKey
	}
	k.Signature = bits[1:]
	if k.Alg == 0 || AuthAlg(len(k.Signature)) != k.Alg {
		return SignedKey{}, ErrSignedKey
	}
	return k, nil
}

// parseAlgID returns the signature algorithm whose AlgorithmIdentifier has the
// content b, else zero. The parameters are absent.
func parseAlgID(b []byte) Alg {
	for _, alg := range [...]Alg{Ed25519, Ed448} {
		if string(b) == string([]byte{0x06, 3, 0x2b, 0x65, algs[alg].oid}) {
			return alg
		}
	}
	return 0
}

const (
	tagSequence  = 0x30
	tagBitString = 0x03
)

// appendTLV appends a DER element with content of less than 65,536 bytes.
func appendTLV(b []byte, tag byte, content []byte) []byte {
	switch n := len(content); {
	case n < 0x80:
		b = append(b, tag, byte(n))
	case n < 0x100:
		b = append(b, tag, 0x81, byte(n))
	default:
		b = append(b, tag, 0x82, byte(n>>8), byte(n))
	}
	return append(b, content...)
}

// parseTLV parses a BER element of definite length with the given tag.
func parseTLV(b []byte, tag byte) (content, rest []byte, ok bool) {
	if len(b) < 2 || b[0] != tag {
		return nil, nil, false
	}
	n, b := int(b[1]), b[2:]
	if n >= 0x80 {
		size := n & 0x7f
		if size == 0 || size > 3 || size > len(b) {
			return nil, nil, false
		}
		n = 0
		for _, c := range b[:size] {
			n = n<<8 | int(c)
		}
		b = b[size:]
	}
	if n > len(b) {
		return nil, nil, false
	}
	return b[:n], b[n:], true
}
