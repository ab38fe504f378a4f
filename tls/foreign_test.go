package tls

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"
)

// foreign is an authority with a key outside the profile, and what it issued.
type foreign struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func newForeign() *foreign {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	f := &foreign{key: key}
	template := foreignTemplate("network")
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(err)
	f.cert, err = x509.ParseCertificate(der)
	must(err)
	return f
}

func foreignTemplate(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: testTime.Add(-time.Hour), NotAfter: testTime.Add(time.Hour),
	}
}

// identity is one of the profile, issued by the foreign authority.
func (f *foreign) identity() *KeyPair {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	must(err)
	der, err := x509.CreateCertificate(rand.Reader, foreignTemplate("identity"), f.cert, public, f.key)
	must(err)
	return &KeyPair{Chain: [][]byte{der, f.cert.Raw}, Key: private}
}

// TestForeignAuthority: above an identity other algorithms may stand.
func TestForeignAuthority(t *testing.T) {
	f := newForeign()
	chain := issue(cert{name: "leaf"}, f.identity()).Chain
	if err := VerifyChain(chain, Fingerprint(chain[1]), testTime); err != nil {
		t.Error(err)
	}
	chain[2] = newForeign().cert.Raw // of the same name
	if err := VerifyChain(chain, Fingerprint(chain[1]), testTime); err != ErrBadSignature {
		t.Errorf("signed by another: %v", err)
	}
}

// TestForeignLeaf: a peer must have a key of the profile.
func TestForeignLeaf(t *testing.T) {
	f := newForeign()
	_, err := parseLeaf(f.cert.Raw)
	wantAlert(t, err, AlertUnsupportedCertificate)
	if _, err := CertificateScheme(f.cert.Raw); err != ErrKeyType {
		t.Error(err)
	}
	if err := VerifyClientChain([][]byte{f.cert.Raw}, testTime); err != nil {
		t.Error(err) // the handshake refuses it all the same
	}
}

func TestErrorText(t *testing.T) {
	for want, err := range map[string]error{
		"tls: peer sent unknown_ca":            &Error{Alert: AlertUnknownCA, Remote: true},
		"tls: peer sent alert 200":             &Error{Alert: 200, Remote: true},
		"tls: decode_error: malformed letters": errDecode("letters"),
	} {
		if err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
	}
}
