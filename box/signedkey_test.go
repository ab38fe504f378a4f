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
	got, err := AppendSignedKey([]byte("x"), spki, leaf.Sign)
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
	good, err := AppendSignedKey(nil, spki, func([]byte) []byte { return make([]byte, Ed25519SignatureSize) })
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
	for _, size := range []int{0, Ed25519SignatureSize - 1, AuthenticatorSize, Ed448SignatureSize + 1} {
		if _, err := AppendSignedKey(nil, spki, func([]byte) []byte { return make([]byte, size) }); !errors.Is(err, ErrSignedKey) {
			t.Errorf("signature of %d bytes: %v", size, err)
		}
	}
}

func FuzzParseSignedKey(f *testing.F) {
	for _, size := range []int{Ed25519SignatureSize, Ed448SignatureSize} {
		sign := func([]byte) []byte { return make([]byte, size) }
		der, err := AppendSignedKey(nil, dummies[X25519].AppendSPKI(nil), sign)
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
		again, err := AppendSignedKey(nil, k.SPKI, func([]byte) []byte { return k.Signature })
		if err != nil || len(again) > len(der) {
			t.Errorf("%x encodes to %x, %v", der, again, err)
		}
	})
}
