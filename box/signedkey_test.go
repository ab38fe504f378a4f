package box

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"testing"
)

func TestSignedKeyVectors(t *testing.T) {
	type vector struct {
		Algorithm     string     `json:"cert_algorithm"`
		Chain         []hexBytes `json:"cert_chain"`
		LeafPrivate   hexBytes   `json:"leaf_private"`
		X25519Public  hexBytes   `json:"x25519_public"`
		X25519Signed  hexBytes   `json:"x25519_signed"`
		Ed25519Public hexBytes   `json:"ed25519_public"`
		Ed25519Signed hexBytes   `json:"ed25519_signed"`
	}
	for _, v := range cases[vector](t, "signed_key") {
		leaf, err := ParsePKCS8(v.LeafPrivate)
		if err != nil {
			t.Fatal(err)
		}
		for _, pair := range [][2]hexBytes{{v.X25519Public, v.X25519Signed}, {v.Ed25519Public, v.Ed25519Signed}} {
			checkSignedKey(t, leaf, pair[0], pair[1])
		}
		cert, err := x509.ParseCertificate(v.Chain[0])
		if err != nil {
			t.Fatal(err)
		}
		public := leaf.Public()
		if !bytes.Equal(cert.RawSubjectPublicKeyInfo, public.AppendSPKI(nil)) {
			t.Errorf("%s: the leaf has another key", v.Algorithm)
		}
	}
}

func checkSignedKey(t *testing.T, leaf *PrivateKey, spki, der []byte) {
	t.Helper()
	sign := func(m []byte) ([]byte, error) { return leaf.Sign(m), nil }
	got, err := AppendSignedKey([]byte("x"), spki, leaf.Alg(), sign)
	if err != nil || !bytes.Equal(got[1:], der) {
		t.Errorf("got %x, %v; want %x", got[1:], err, der)
	}
	k, err := ParseSignedKey(der)
	if err != nil {
		t.Fatal(err)
	}
	public := leaf.Public()
	if !bytes.Equal(k.SPKI, spki) || k.Alg != leaf.Alg() || !VerifySignature(&public, k.Signed, k.Signature) {
		t.Errorf("parsed %v key %x", k.Alg, k.SPKI)
	}
	for n := range der {
		if _, err := ParseSignedKey(der[:n]); !errors.Is(err, ErrSignedKey) {
			t.Errorf("prefix of %d bytes: %v", n, err)
		}
	}
	if _, err := ParseSignedKey(append(bytes.Clone(der), 0)); !errors.Is(err, ErrSignedKey) {
		t.Errorf("byte left over: %v", err)
	}
}

// TestSignedKeyBER has lengths that are longer than needed; the signature is
// over the bytes as received.
func TestSignedKeyBER(t *testing.T) {
	spki := dummies[X25519].AppendSPKI(nil)
	signed := append([]byte{0x30, 0x82, 0, byte(len(spki))}, spki...)
	body := append(bytes.Clone(signed), 0x30, 0x81, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x82, 0, 65, 0)
	body = append(body, make([]byte, 64)...)
	k, err := ParseSignedKey(append([]byte{0x30, 0x83, 0, 0, byte(len(body))}, body...))
	if err != nil || !bytes.Equal(k.Signed, signed) || !bytes.Equal(k.SPKI, spki) || k.Alg != Ed25519 {
		t.Errorf("got %+v, %v", k, err)
	}
}

func TestSignedKeyMalformed(t *testing.T) {
	spki := dummies[X25519].AppendSPKI(nil)
	good, err := AppendSignedKey(nil, spki, Ed25519, func([]byte) ([]byte, error) { return make([]byte, 64), nil })
	if err != nil {
		t.Fatal(err)
	}
	for name, at := range map[string]struct {
		offset int
		value  byte
	}{
		"outer tag": {0, 0x31}, "indefinite length": {1, 0x80}, "length of length": {1, 0xff}, "long outer": {1, 0x79},
		"object tag": {2, 0x04}, "long object": {3, 0x7f},
		"identifier tag": {48, 0x31}, "long identifier": {49, 6}, "algorithm": {54, 0x6e}, "other size of signature": {54, 0x71},
		"signature tag": {55, 0x04}, "short signature": {56, 0x40}, "unused bits": {57, 1},
	} {
		bad := bytes.Clone(good)
		bad[at.offset] = at.value
		if _, err := ParseSignedKey(bad); !errors.Is(err, ErrSignedKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	failure := errors.New("no signer")
	if _, err := AppendSignedKey(nil, spki, Ed25519, func([]byte) ([]byte, error) { return nil, failure }); !errors.Is(err, failure) {
		t.Errorf("failing signer: %v", err)
	}
	for _, alg := range []Alg{X25519, Ed448, 0} {
		sign := func([]byte) ([]byte, error) { return make([]byte, 64), nil }
		if _, err := AppendSignedKey(nil, spki, alg, sign); !errors.Is(err, ErrSignedKey) {
			t.Errorf("%v with 64 bytes: %v", alg, err)
		}
	}
}

func FuzzParseSignedKey(f *testing.F) {
	for alg, size := range map[Alg]int{Ed25519: 64, Ed448: 114} {
		sign := func([]byte) ([]byte, error) { return make([]byte, size), nil }
		der, err := AppendSignedKey(nil, dummies[X25519].AppendSPKI(nil), alg, sign)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(der)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		k, err := ParseSignedKey(der)
		if err != nil {
			return
		}
		if !bytes.Contains(der, k.Signed) || !bytes.HasSuffix(k.Signed, k.SPKI) || !bytes.HasSuffix(der, k.Signature) {
			t.Fatalf("parts that are not in the input: %+v", k)
		}
		var raw asn1.RawValue
		if _, err := asn1.Unmarshal(der, &raw); err != nil {
			return // lengths that only BER allows
		}
		again, err := AppendSignedKey(nil, k.SPKI, k.Alg, func([]byte) ([]byte, error) { return k.Signature, nil })
		if err != nil || len(again) > len(der) {
			t.Errorf("%x encodes to %x, %v", der, again, err)
		}
	})
}
