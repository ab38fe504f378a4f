package tls

import (
	"crypto"
	"crypto/rand"
	"crypto/sha1"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"io"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
)

// validFor is how long issued certificates are valid: they are pinned by fingerprint, and outlive their routers.
const validFor = 999999 // days

// IssueCA makes a router's identity: a self-signed authority with a new key of scheme, valid from now on. It comes as
// PEM: certificate, and PKCS#8 key. The certificate has the names, extensions and their order of the reference's.
func IssueCA(scheme SignatureScheme, commonName, organization string, now time.Time) (certPEM, keyPEM []byte, err error) {
	key, keyPEM, err := newKey(scheme)
	if err != nil {
		return nil, nil, err
	}
	name, err := appendName(commonName, organization)
	if err != nil {
		return nil, nil, err
	}
	keyID := subjectKeyID(key)
	certPEM, err = sign(&certificate{
		issuer: name, subject: name, notBefore: now, key: key,
		extensions: func(b *cryptobyte.Builder) {
			addExtension(b, oidSubjectKeyID, false, addKeyID(keyID))
			addExtension(b, oidAuthorityKeyID, false, addAuthorityKeyID(keyID))
			addExtension(b, oidBasicConstraints, true, addBasicConstraints(true))
		},
	}, &KeyPair{Key: key})
	return certPEM, keyPEM, err
}

// IssueLeaf makes a router's online certificate with a new key of scheme, signed by ca, whose chain starts with the
// authority's own certificate. PEM as IssueCA.
func IssueLeaf(ca *KeyPair, scheme SignatureScheme, commonName string, now time.Time) (certPEM, keyPEM []byte, err error) {
	authority, err := x509.ParseCertificate(ca.Chain[0])
	if err != nil {
		return nil, nil, err
	}
	key, keyPEM, err := newKey(scheme)
	if err != nil {
		return nil, nil, err
	}
	name, err := appendName(commonName, "")
	if err != nil {
		return nil, nil, err
	}
	certPEM, err = sign(&certificate{
		issuer: authority.RawSubject, subject: name, notBefore: now, key: key,
		extensions: func(b *cryptobyte.Builder) {
			addExtension(b, oidBasicConstraints, false, addBasicConstraints(false))
			addExtension(b, oidKeyUsage, false, addKeyUsage)
			addExtension(b, oidExtendedKeyUsage, false, addServerAuth)
			addExtension(b, oidSubjectKeyID, false, addKeyID(subjectKeyID(key)))
			addExtension(b, oidAuthorityKeyID, false, addAuthorityKeyID(authority.SubjectKeyId))
		},
	}, ca)
	return certPEM, keyPEM, err
}

// newKey is a private key, also as PEM PKCS#8 (RFC 8410 section 7).
func newKey(scheme SignatureScheme) (crypto.Signer, []byte, error) {
	if scheme != Ed25519 && scheme != Ed448 {
		return nil, nil, ErrKeyType
	}
	seed := make([]byte, scheme.keyLen())
	if _, err := io.ReadFull(rand.Reader, seed); err != nil {
		return nil, nil, err
	}
	var b cryptobyte.Builder
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(0)
		addAlgorithm(b, scheme)
		b.AddASN1(der.OCTET_STRING, func(b *cryptobyte.Builder) { b.AddASN1OctetString(seed) })
	})
	pkcs8, err := b.Bytes()
	if err != nil {
		return nil, nil, err
	}
	return keyFromSeed(scheme, seed), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), nil
}

// certificate is a TBSCertificate (RFC 5280 section 4.1) to be.
type certificate struct {
	issuer, subject []byte // DER names
	notBefore       time.Time
	key             crypto.Signer
	extensions      func(*cryptobyte.Builder)
}

// sign makes a PEM certificate.
func sign(c *certificate, issuer *KeyPair) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 159))
	if err != nil {
		return nil, err
	}
	var tbs cryptobyte.Builder
	c.add(&tbs, serial, issuer.Scheme())
	signed, err := tbs.Bytes()
	if err != nil {
		return nil, err
	}
	var b cryptobyte.Builder
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(signed)
		addAlgorithm(b, issuer.Scheme())
		b.AddASN1BitString(issuer.Sign(signed))
	})
	cert, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), nil
}

func (c *certificate) add(b *cryptobyte.Builder, serial *big.Int, signature SignatureScheme) {
	notBefore := c.notBefore.UTC().Truncate(time.Second)
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(der.Tag(0).Constructed().ContextSpecific(), func(b *cryptobyte.Builder) { b.AddASN1Int64(2) }) // v3
		b.AddASN1BigInt(serial)
		addAlgorithm(b, signature)
		b.AddBytes(c.issuer)
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			addTime(b, notBefore)
			addTime(b, notBefore.AddDate(0, 0, validFor))
		})
		b.AddBytes(c.subject)
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			addAlgorithm(b, (&KeyPair{Key: c.key}).Scheme())
			b.AddASN1BitString(publicBytes(c.key))
		})
		b.AddASN1(der.Tag(3).Constructed().ContextSpecific(), func(b *cryptobyte.Builder) {
			b.AddASN1(der.SEQUENCE, c.extensions)
		})
	})
}

func addAlgorithm(b *cryptobyte.Builder, scheme SignatureScheme) {
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(scheme.oid()) })
}

// addTime: RFC 5280 section 4.1.2.5 wants UTCTime through 2049.
func addTime(b *cryptobyte.Builder, t time.Time) {
	if t.Year() < 2050 {
		b.AddASN1UTCTime(t)
		return
	}
	b.AddASN1GeneralizedTime(t)
}

var (
	oidCommonName       = asn1.ObjectIdentifier{2, 5, 4, 3}
	oidOrganization     = asn1.ObjectIdentifier{2, 5, 4, 10}
	oidSubjectKeyID     = asn1.ObjectIdentifier{2, 5, 29, 14}
	oidBasicConstraints = asn1.ObjectIdentifier{2, 5, 29, 19}
	oidAuthorityKeyID   = asn1.ObjectIdentifier{2, 5, 29, 35}
	oidExtendedKeyUsage = asn1.ObjectIdentifier{2, 5, 29, 37}
	oidServerAuth       = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 1}
)

// appendName is a DER name of a common name and, unless empty, an organization.
func appendName(commonName, organization string) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		addAttribute(b, oidCommonName, commonName)
		if organization != "" {
			addAttribute(b, oidOrganization, organization)
		}
	})
	return b.Bytes()
}

func addAttribute(b *cryptobyte.Builder, oid asn1.ObjectIdentifier, value string) {
	b.AddASN1(der.SET, func(b *cryptobyte.Builder) {
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oid)
			b.AddASN1(der.UTF8String, func(b *cryptobyte.Builder) { b.AddBytes([]byte(value)) })
		})
	})
}

func addExtension(b *cryptobyte.Builder, oid asn1.ObjectIdentifier, critical bool, value func(*cryptobyte.Builder)) {
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oid)
		if critical {
			b.AddASN1Boolean(true)
		}
		b.AddASN1(der.OCTET_STRING, value)
	})
}

// subjectKeyID is method 1 of RFC 5280 section 4.2.1.2; SHA-1 is a name here, nothing rests on it.
func subjectKeyID(key crypto.Signer) []byte {
	sum := sha1.Sum(publicBytes(key))
	return sum[:]
}

func addKeyID(id []byte) func(*cryptobyte.Builder) {
	return func(b *cryptobyte.Builder) { b.AddASN1OctetString(id) }
}

func addAuthorityKeyID(id []byte) func(*cryptobyte.Builder) {
	return func(b *cryptobyte.Builder) {
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(der.Tag(0).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddBytes(id) })
		})
	}
}

func addBasicConstraints(ca bool) func(*cryptobyte.Builder) {
	return func(b *cryptobyte.Builder) {
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			if ca {
				b.AddASN1Boolean(true)
			}
		})
	}
}

// addKeyUsage: digitalSignature (0), nonRepudiation (1), keyAgreement (4).
func addKeyUsage(b *cryptobyte.Builder) {
	const unused = 3
	b.AddASN1(der.BIT_STRING, func(b *cryptobyte.Builder) { b.AddBytes([]byte{unused, 0b1100_1000}) })
}

func addServerAuth(b *cryptobyte.Builder) {
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidServerAuth) })
}
