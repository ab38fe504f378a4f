package tls

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"time"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
)

// The network trusts the fingerprint of an identity. In a chain of certificates, leaf first:
//
//	certificates  leaf  identity (fingerprinted)  anchor
//	1             0     0                         0        clients only
//	2             0     1                         1        a router's online certificate and its offline authority
//	3             0     1                         2        with the authority of an operator above
//	4             0     1                         3        with that of a network in between
//
// The path goes from the leaf by distinguished names (issuer to subject) to the anchor, whatever the order of the
// certificates between; host names do not matter. The identity has to lie on it: it is public, so that without this
// anyone could put it beside a chain of his own.

// Errors of VerifyChain and VerifyClientChain, each with the alert that a handshake sends for it.
var (
	ErrChainLength          = errors.New("tls: the chain has too few or too many certificates")
	ErrMalformedCertificate = errors.New("tls: malformed certificate")
	ErrUnknownCA            = errors.New("tls: the chain does not lead to the expected authority")
	ErrExpired              = errors.New("tls: a certificate of the chain has expired or is not valid yet")
	ErrNotAuthority         = errors.New("tls: a certificate of the chain may not issue the one below")
	ErrBadSignature         = errors.New("tls: a signature does not verify")
	ErrKeyUsage             = errors.New("tls: the key of the leaf may not sign")
	ErrVersion              = errors.New("tls: the leaf is not an X.509 v3 certificate")
)

var verifyAlerts = []struct {
	err   error
	alert Alert
}{
	{ErrMalformedCertificate, AlertBadCertificate},
	{ErrUnknownCA, AlertUnknownCA},
	{ErrExpired, AlertCertificateExpired},
	{ErrBadSignature, AlertBadCertificate},
}

// verifyError gives the error of VerifyPeer its alert.
func verifyError(err error) error {
	var e *Error
	if errors.As(err, &e) {
		return err
	}
	for _, v := range verifyAlerts {
		if errors.Is(err, v.err) {
			return because(v.alert, err)
		}
	}
	return because(AlertCertificateUnknown, err)
}

// Identity is the certificate that is fingerprinted in a chain of DER certificates: the second, or a client's only one;
// nil for an empty chain.
func Identity(chain [][]byte) []byte {
	switch len(chain) {
	case 0:
		return nil
	case 1:
		return chain[0]
	}
	return chain[1]
}

// VerifyChain judges a router's chain of 2–4 DER certificates, leaf first, by the fingerprint of its identity.
func VerifyChain(chain [][]byte, fingerprint [32]byte, now time.Time) error {
	if len(chain) < 2 || len(chain) > 4 {
		return ErrChainLength
	}
	if Fingerprint(chain[1]) != fingerprint {
		return ErrUnknownCA
	}
	return verifyPath(chain, now)
}

// VerifyClientChain judges a client's chain of 1–4 DER certificates; who the client is, is the fingerprint of its
// Identity.
func VerifyClientChain(chain [][]byte, now time.Time) error {
	if len(chain) < 1 || len(chain) > 4 {
		return ErrChainLength
	}
	return verifyPath(chain, now)
}

func verifyPath(chain [][]byte, now time.Time) error {
	certs := make([]*x509.Certificate, len(chain))
	for i, raw := range chain {
		var err error
		if certs[i], err = x509.ParseCertificate(raw); err != nil {
			return ErrMalformedCertificate
		}
	}
	leaf := certs[0]
	if leaf.Version != 3 {
		return ErrVersion
	}
	if !maySign(leaf) {
		return ErrKeyUsage
	}
	p := path{
		now:      now,
		identity: certs[min(1, len(certs)-1)],
		anchor:   certs[len(certs)-1],
	}
	if len(certs) > 2 {
		p.between = certs[1 : len(certs)-1]
	}
	return p.walk(leaf, 0)
}

type path struct {
	now              time.Time
	identity, anchor *x509.Certificate
	between          []*x509.Certificate // not walked yet
	identityWalked   bool
}

// walk goes from cert, which stands below depth authorities of the path, up to the anchor. The anchor is trusted as it
// stands: neither its time nor its extensions are looked at.
func (p *path) walk(cert *x509.Certificate, depth int) error {
	if p.now.Before(cert.NotBefore) || p.now.After(cert.NotAfter) {
		return ErrExpired
	}
	p.identityWalked = p.identityWalked || cert == p.identity
	if bytes.Equal(cert.RawIssuer, p.anchor.RawSubject) {
		if !p.identityWalked && p.anchor != p.identity {
			return ErrUnknownCA
		}
		return checkIssued(cert, p.anchor)
	}
	for i, issuer := range p.between {
		if !bytes.Equal(cert.RawIssuer, issuer.RawSubject) {
			continue
		}
		p.between = append(append([]*x509.Certificate{}, p.between[:i]...), p.between[i+1:]...)
		if !mayIssue(issuer, depth) {
			return ErrNotAuthority
		}
		if err := checkIssued(cert, issuer); err != nil {
			return err
		}
		return p.walk(issuer, depth+1)
	}
	return ErrUnknownCA
}

// maySign: a key usage, if there is one, has digitalSignature.
func maySign(cert *x509.Certificate) bool {
	return !hasKeyUsage(cert) || cert.KeyUsage&x509.KeyUsageDigitalSignature != 0
}

// mayIssue: CA true, a key usage, if there is one, has keyCertSign, and the path below is not longer than allowed.
func mayIssue(cert *x509.Certificate, below int) bool {
	if !cert.BasicConstraintsValid || !cert.IsCA {
		return false
	}
	if hasKeyUsage(cert) && cert.KeyUsage&x509.KeyUsageCertSign == 0 {
		return false
	}
	limited := cert.MaxPathLen > 0 || cert.MaxPathLenZero
	return !limited || cert.MaxPathLen >= below
}

var oidKeyUsage = asn1.ObjectIdentifier{2, 5, 29, 15}

// hasKeyUsage looks for the extension: one without any bit set is there, and allows nothing.
func hasKeyUsage(cert *x509.Certificate) bool {
	for _, e := range cert.Extensions {
		if e.Id.Equal(oidKeyUsage) {
			return true
		}
	}
	return false
}

// checkIssued verifies the signature of cert with the key of issuer. Authorities above an identity may have other keys
// than ours; those are left to crypto/x509.
func checkIssued(cert, issuer *x509.Certificate) error {
	scheme := schemeByOID(signatureOID(cert))
	if scheme == 0 {
		if issuer.CheckSignature(cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature) != nil {
			return ErrBadSignature
		}
		return nil
	}
	key, err := subjectKey(issuer)
	if err != nil || key.scheme != scheme || !key.verify(cert.RawTBSCertificate, cert.Signature) {
		return ErrBadSignature
	}
	return nil
}

// signatureOID is the algorithm of the signature, which crypto/x509 does not keep if it does not know it.
func signatureOID(cert *x509.Certificate) asn1.ObjectIdentifier {
	raw := cryptobyte.String(cert.Raw)
	var body, algorithm cryptobyte.String
	var oid asn1.ObjectIdentifier
	ok := raw.ReadASN1(&body, der.SEQUENCE) && body.SkipASN1(der.SEQUENCE) &&
		body.ReadASN1(&algorithm, der.SEQUENCE) && algorithm.ReadASN1ObjectIdentifier(&oid)
	if !ok {
		return nil
	}
	return oid
}
