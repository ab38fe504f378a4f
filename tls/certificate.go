package tls

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"

	"github.com/cloudflare/circl/sign/ed448"
	voi "github.com/oasisprotocol/curve25519-voi/primitives/ed25519"
	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
)

// KeyPair is a certificate chain and the private key of its leaf. It must not change while connections use it.
type KeyPair struct {
	Chain [][]byte      // DER, leaf first
	Key   crypto.Signer // ed25519.PrivateKey or circl's ed448.PrivateKey
}

// Errors of ParseKeyPair, besides those of reading DER.
var (
	ErrNoCertificate = errors.New("tls: no CERTIFICATE block in the PEM file")
	ErrNoPrivateKey  = errors.New("tls: no PRIVATE KEY block (PKCS#8) in the PEM file")
	ErrKeyMismatch   = errors.New("tls: the private key does not belong to the first certificate")
	ErrKeyType       = errors.New("tls: the key is neither Ed25519 nor Ed448")
)

// ParseKeyPair reads a chain of PEM certificates, leaf first (the files of a router's certificate and of its authority,
// one after the other), and the leaf's PEM PKCS#8 key.
func ParseKeyPair(chainPEM, keyPEM []byte) (*KeyPair, error) {
	chain, err := ParseChain(chainPEM)
	if err != nil {
		return nil, err
	}
	block := findPEM(keyPEM, "PRIVATE KEY")
	if block == nil {
		return nil, ErrNoPrivateKey
	}
	key, err := parsePKCS8(block)
	if err != nil {
		return nil, err
	}
	pair := &KeyPair{Chain: chain, Key: key}
	public, err := certificateKey(chain[0])
	if err != nil {
		return nil, err
	}
	if public.scheme != pair.Scheme() || !bytes.Equal(public.key, publicBytes(key)) {
		return nil, ErrKeyMismatch
	}
	return pair, nil
}

// ParseChain reads the certificates of PEM text as DER; each is well formed.
func ParseChain(chainPEM []byte) ([][]byte, error) {
	var chain [][]byte
	for {
		var block *pem.Block
		block, chainPEM = pem.Decode(chainPEM)
		if block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return nil, err
		}
		chain = append(chain, block.Bytes)
	}
	if len(chain) == 0 {
		return nil, ErrNoCertificate
	}
	return chain, nil
}

func findPEM(text []byte, typ string) []byte {
	for {
		var block *pem.Block
		block, text = pem.Decode(text)
		if block == nil {
			return nil
		}
		if block.Type == typ {
			return block.Bytes
		}
	}
}

// Scheme is the algorithm of the key pair, 0 for a key outside the profile.
func (k *KeyPair) Scheme() SignatureScheme {
	switch k.Key.(type) {
	case ed25519.PrivateKey:
		return Ed25519
	case ed448.PrivateKey:
		return Ed448
	}
	return 0
}

// Sign signs a message with the private key: 64 bytes (Ed25519) or 114 (Ed448). Of Ed25519 it uses the arithmetic of
// curve25519-voi, which takes half the time of crypto/ed25519's, on the same representation of keys.
func (k *KeyPair) Sign(message []byte) []byte {
	if key, ok := k.Key.(ed25519.PrivateKey); ok {
		return voi.Sign(voi.PrivateKey(key), message)
	}
	signature, err := k.Key.Sign(nil, message, crypto.Hash(0))
	if err != nil {
		panic("tls: " + err.Error()) // Ed448 cannot fail
	}
	return signature
}

// Fingerprint is the SHA-256 of a whole DER certificate: what addresses of routers carry.
func Fingerprint(cert []byte) [32]byte { return sha256.Sum256(cert) }

// VerifySignature checks a signature over message with the key of a DER certificate.
func VerifySignature(cert, message, signature []byte) error {
	key, err := certificateKey(cert)
	if err != nil {
		return err
	}
	if !key.verify(message, signature) {
		return ErrBadSignature
	}
	return nil
}

// CertificateScheme is the algorithm of the key in a DER certificate.
func CertificateScheme(cert []byte) (SignatureScheme, error) {
	key, err := certificateKey(cert)
	return key.scheme, err
}

// publicKey is a key of the profile.
type publicKey struct {
	scheme SignatureScheme
	key    []byte // 32 or 57 bytes
}

func (k *publicKey) verify(message, signature []byte) bool {
	if k.scheme == Ed448 {
		return ed448.Verify(k.key, message, signature, "")
	}
	return ed25519.Verify(k.key, message, signature)
}

// Object identifiers of keys and of signatures alike (RFC 8410).
var (
	oidEd25519 = asn1.ObjectIdentifier{1, 3, 101, 112}
	oidEd448   = asn1.ObjectIdentifier{1, 3, 101, 113}
)

func (s SignatureScheme) oid() asn1.ObjectIdentifier {
	if s == Ed448 {
		return oidEd448
	}
	return oidEd25519
}

func schemeByOID(oid asn1.ObjectIdentifier) SignatureScheme {
	switch {
	case oid.Equal(oidEd25519):
		return Ed25519
	case oid.Equal(oidEd448):
		return Ed448
	}
	return 0
}

func certificateKey(cert []byte) (publicKey, error) {
	parsed, err := x509.ParseCertificate(cert)
	if err != nil {
		return publicKey{}, err
	}
	return subjectKey(parsed)
}

// subjectKey reads the SubjectPublicKeyInfo itself, because crypto/x509 does not know Ed448.
func subjectKey(cert *x509.Certificate) (publicKey, error) {
	spki := cryptobyte.String(cert.RawSubjectPublicKeyInfo)
	var info, algorithm cryptobyte.String
	var oid asn1.ObjectIdentifier
	var key []byte
	ok := spki.ReadASN1(&info, der.SEQUENCE) && info.ReadASN1(&algorithm, der.SEQUENCE) &&
		algorithm.ReadASN1ObjectIdentifier(&oid) && info.ReadASN1BitStringAsBytes(&key)
	scheme := schemeByOID(oid)
	switch {
	case !ok || scheme == 0:
		return publicKey{}, ErrKeyType
	case len(key) != scheme.keyLen() || !algorithm.Empty():
		return publicKey{}, ErrMalformedCertificate
	}
	return publicKey{scheme, key}, nil
}

func (s SignatureScheme) keyLen() int {
	if s == Ed448 {
		return ed448.PublicKeySize
	}
	return ed25519.PublicKeySize
}

// parsePKCS8 reads the one shape that both key types have (RFC 8410 section 7).
func parsePKCS8(b cryptobyte.String) (crypto.Signer, error) {
	var info, algorithm, wrapped, seed cryptobyte.String
	var version int
	var oid asn1.ObjectIdentifier
	ok := b.ReadASN1(&info, der.SEQUENCE) && b.Empty() && info.ReadASN1Integer(&version) &&
		info.ReadASN1(&algorithm, der.SEQUENCE) && algorithm.ReadASN1ObjectIdentifier(&oid) &&
		info.ReadASN1(&wrapped, der.OCTET_STRING)
	if !ok {
		return nil, errors.New("tls: malformed PKCS#8 key")
	}
	scheme := schemeByOID(oid)
	if scheme == 0 {
		return nil, ErrKeyType
	}
	if !wrapped.ReadASN1(&seed, der.OCTET_STRING) || !wrapped.Empty() || len(seed) != scheme.keyLen() {
		return nil, errors.New("tls: malformed PKCS#8 key")
	}
	return keyFromSeed(scheme, seed), nil
}

// keyFromSeed: the seeds of both schemes are as long as their public keys.
func keyFromSeed(scheme SignatureScheme, seed []byte) crypto.Signer {
	if scheme == Ed448 {
		return ed448.NewKeyFromSeed(seed)
	}
	return ed25519.NewKeyFromSeed(seed)
}

func publicBytes(key crypto.Signer) []byte {
	switch public := key.Public().(type) {
	case ed25519.PublicKey:
		return public
	case ed448.PublicKey:
		return public
	}
	return nil
}

// parseLeaf is what a handshake needs of the peer's leaf: a key that may sign (section 4.4.2).
func parseLeaf(cert []byte) (*publicKey, error) {
	parsed, err := x509.ParseCertificate(cert)
	if err != nil {
		return nil, because(AlertBadCertificate, err)
	}
	key, err := subjectKey(parsed)
	if err != nil {
		return nil, because(AlertUnsupportedCertificate, err)
	}
	if !maySign(parsed) {
		return nil, because(AlertBadCertificate, ErrKeyUsage)
	}
	return &key, nil
}
