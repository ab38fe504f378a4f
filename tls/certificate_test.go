package tls

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"testing"
	"time"
)

func TestParseKeyPair(t *testing.T) {
	r, other := routers()[Ed25519], routers()[Ed448]
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	must(err)
	block := func(typ string, b []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: typ, Bytes: b}) }
	for _, test := range []struct {
		name       string
		chain, key []byte
		want       error
	}{
		{"Ed25519", r.chainPEM(), r.leafKeyPEM, nil},
		{"Ed448", other.chainPEM(), other.leafKeyPEM, nil},
		{"leaf alone", r.leafPEM, r.leafKeyPEM, nil},
		{"other blocks between", append(block("COMMENT", nil), r.chainPEM()...), append(block("COMMENT", nil), r.leafKeyPEM...), nil},
		{"no certificate", r.leafKeyPEM, r.leafKeyPEM, ErrNoCertificate},
		{"no key", r.chainPEM(), r.leafPEM, ErrNoPrivateKey},
		{"another's key", r.chainPEM(), newRouter(Ed25519).leafKeyPEM, ErrKeyMismatch},
		{"key of the other algorithm", r.chainPEM(), other.leafKeyPEM, ErrKeyMismatch},
		{"authority first", append(bytes.Clone(r.caPEM), r.leafPEM...), r.leafKeyPEM, ErrKeyMismatch},
		{"ECDSA", r.chainPEM(), block("PRIVATE KEY", pkcs8), ErrKeyType},
	} {
		pair, err := ParseKeyPair(test.chain, test.key)
		if !errors.Is(err, test.want) || (err == nil) != (pair != nil) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
	der, _ := pem.Decode(r.leafKeyPEM)
	for n := range der.Bytes {
		if _, err := ParseKeyPair(r.chainPEM(), block("PRIVATE KEY", der.Bytes[:n])); err == nil {
			t.Errorf("key of %d bytes is accepted", n)
		}
	}
	if _, err := ParseKeyPair(block("CERTIFICATE", []byte{1}), r.leafKeyPEM); err == nil {
		t.Error("malformed certificate is accepted")
	}
}

func TestSign(t *testing.T) {
	message := []byte("message")
	for scheme, size := range map[SignatureScheme]int{Ed25519: 64, Ed448: 114} {
		pair := routers()[scheme].leaf
		signature := pair.Sign(message)
		if len(signature) != size || pair.Scheme() != scheme {
			t.Errorf("%x: signature of %d bytes", pair.Scheme(), len(signature))
		}
		if got, err := CertificateScheme(pair.Chain[0]); got != scheme || err != nil {
			t.Errorf("scheme of the certificate: %x, %v", got, err)
		}
		if err := VerifySignature(pair.Chain[0], message, signature); err != nil {
			t.Error(err)
		}
		if err := VerifySignature(pair.Chain[1], message, signature); err != ErrBadSignature {
			t.Errorf("with another's key: %v", err)
		}
		if err := VerifySignature(pair.Chain[0], []byte("other"), signature); err != ErrBadSignature {
			t.Errorf("of another message: %v", err)
		}
		if err := VerifySignature(pair.Chain[0], message, signature[1:]); err != ErrBadSignature {
			t.Errorf("cut: %v", err)
		}
	}
	if err := VerifySignature([]byte{1}, message, nil); err == nil {
		t.Error("malformed certificate is accepted")
	}
}

// TestIssue: the shape of certificates of the reference, field by field.
func TestIssue(t *testing.T) {
	for scheme, r := range routers() {
		ca, err := x509.ParseCertificate(r.leaf.Chain[1])
		must(err)
		leaf, err := x509.ParseCertificate(r.leaf.Chain[0])
		must(err)
		if got := ca.Subject.String(); got != "CN=SMP server CA,O=SimpleX" || ca.Issuer.String() != got {
			t.Errorf("authority is %s", got)
		}
		if got := leaf.Subject.String(); got != "CN=localhost" || !bytes.Equal(leaf.RawIssuer, ca.RawSubject) {
			t.Errorf("leaf is %s", got)
		}
		for _, c := range []*x509.Certificate{ca, leaf} {
			from := testTime.Add(-time.Hour)
			if seconds := c.NotAfter.Unix() - c.NotBefore.Unix(); c.Version != 3 || !c.NotBefore.Equal(from) || seconds != 999999*86400 {
				t.Errorf("version %d, from %v to %v", c.Version, c.NotBefore, c.NotAfter)
			}
			if c.SerialNumber.Sign() <= 0 || c.SerialNumber.BitLen() > 159 {
				t.Errorf("serial number %x", c.SerialNumber)
			}
			if len(c.SubjectKeyId) != 20 || !bytes.Equal(c.AuthorityKeyId, ca.SubjectKeyId) {
				t.Errorf("key identifiers %x, %x", c.SubjectKeyId, c.AuthorityKeyId)
			}
			if key, err := subjectKey(c); err != nil || key.scheme != scheme {
				t.Errorf("key of %x: %v", key.scheme, err)
			}
		}
		if !ca.IsCA || ca.KeyUsage != 0 || !ca.Extensions[2].Critical || len(ca.Extensions) != 3 {
			t.Errorf("extensions of the authority: %+v", ca.Extensions)
		}
		usage := x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment | x509.KeyUsageKeyAgreement
		if leaf.IsCA || leaf.KeyUsage != usage || len(leaf.ExtKeyUsage) != 1 || leaf.ExtKeyUsage[0] != x509.ExtKeyUsageServerAuth || len(leaf.Extensions) != 5 {
			t.Errorf("extensions of the leaf: %+v", leaf.Extensions)
		}
	}
	if _, _, err := IssueCA(0, "x", "y", testTime); err != ErrKeyType {
		t.Errorf("authority without an algorithm: %v", err)
	}
	late, _, err := IssueCA(Ed25519, "x", "", time.Date(2051, 1, 1, 0, 0, 0, 0, time.UTC)) // GeneralizedTime twice
	must(err)
	if _, err := ParseChain(late); err != nil {
		t.Error(err)
	}
}

// TestSignEd25519 compares with crypto/ed25519: signatures of RFC 8032 are deterministic.
func TestSignEd25519(t *testing.T) {
	for n := range 300 {
		_, key, err := ed25519.GenerateKey(nil)
		must(err)
		message := someData(n)
		if got, want := (&KeyPair{Key: key}).Sign(message), ed25519.Sign(key, message); !bytes.Equal(got, want) {
			t.Fatalf("%d bytes: signature %x, want %x", n, got, want)
		}
	}
}

func BenchmarkSign(b *testing.B) {
	_, key, err := ed25519.GenerateKey(nil)
	must(err)
	message := someData(130)
	b.Run("crypto", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			ed25519.Sign(key, message)
		}
	})
	b.Run("ours", func(b *testing.B) {
		pair := &KeyPair{Key: key}
		b.ReportAllocs()
		for b.Loop() {
			pair.Sign(message)
		}
	})
}
