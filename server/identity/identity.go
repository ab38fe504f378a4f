// Package identity keeps the certificates of a server in its configuration directory, in the files of the
// reference's servers, so that either can take over a directory of the other:
//
//	ca.crt ca.key          identity certificate and its key; clients know the server by its fingerprint. May hold an
//	                       operator's and a network's certificate after the identity's. The key may be kept elsewhere
//	server.crt server.key  certificate and key of TLS, signed with ca.key; replaceable without losing the identity
//	fingerprint            SHA-256 of the DER of the first certificate of ca.crt, in base64url with padding
//	openssl_*.conf         for operators who renew server.crt with openssl where ca.key is kept
//
// Certificates are those of the reference (facts: section 1.4): 999,999 days, no alternative names. Nothing here
// runs the openssl program.
//
// identity imports tls. Errors are one line that says how to mend it, and never hold key material.
package identity

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"switchyard/tls"
)

// Names of the files.
const (
	CACert      = "ca.crt"
	CAKey       = "ca.key"
	ServerCert  = "server.crt"
	ServerKey   = "server.key"
	Fingerprint = "fingerprint"

	caConf     = "openssl_ca.conf"
	serverConf = "openssl_server.conf"
)

// The subject of identity certificates, the same for every kind of server.
const (
	caName         = "SMP server CA"
	caOrganization = "SimpleX"
)

// Identity is what a server presents in TLS, and the hash in its address.
type Identity struct {
	KeyPair *tls.KeyPair // chain of server.crt and ca.crt, leaf first
	Hash    [32]byte     // fingerprint of the identity certificate
}

// HashText is the hash as the address and the fingerprint file hold it.
func HashText(hash [32]byte) string { return base64.URLEncoding.EncodeToString(hash[:]) }

// Create makes the identity of a new server in dir, and the certificate of TLS for commonName, its FQDN or IP
// address. It refuses to replace an identity.
func Create(dir string, scheme tls.SignatureScheme, commonName string, now time.Time) (Identity, error) {
	for _, name := range []string{CACert, CAKey} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return Identity{}, fmt.Errorf("%s is the identity of a server already; move it away to make a new one",
				filepath.Join(dir, name))
		}
	}
	cert, key, err := tls.IssueCA(scheme, caName, caOrganization, now)
	if err != nil {
		return Identity{}, fmt.Errorf("make the identity certificate: %w", err)
	}
	err = write(dir, []file{
		{caConf, []byte(caConfig), 0o644},
		{CAKey, key, 0o600},
		{CACert, cert, 0o644},
	})
	if err != nil {
		return Identity{}, err
	}
	return Renew(dir, scheme, commonName, now)
}

// Renew makes a new key and certificate of TLS, signed with the identity's key. It leaves the old ones where clients would
// refuse the new ones, and where the identity is another than the fingerprint's.
func Renew(dir string, scheme tls.SignatureScheme, commonName string, now time.Time) (Identity, error) {
	caCert, err := read(dir, CACert)
	if err != nil {
		return Identity{}, err
	}
	caKey, err := read(dir, CAKey)
	if err != nil {
		return Identity{}, err
	}
	ca, err := tls.ParseKeyPair(caCert, caKey)
	if err != nil {
		return Identity{}, fmt.Errorf("%s and %s: %w; bring back the files of this server's identity",
			filepath.Join(dir, CACert), CAKey, err)
	}
	fingerprint := []byte(HashText(tls.Fingerprint(ca.Chain[0])) + "\n")
	if there, err := os.ReadFile(filepath.Join(dir, Fingerprint)); err == nil {
		fingerprint = there
	}
	cert, key, err := tls.IssueLeaf(ca, scheme, commonName, now)
	if err != nil {
		return Identity{}, fmt.Errorf("make the server certificate: %w", err)
	}
	id, err := check(dir, cert, caCert, key, fingerprint, now)
	if err != nil {
		return Identity{}, err
	}
	return id, write(dir, []file{
		{serverConf, fmt.Appendf(nil, serverConfig, commonName), 0o644},
		{ServerKey, key, 0o600},
		{ServerCert, cert, 0o644},
		{Fingerprint, fingerprint, 0o644},
	})
}

// Load reads the identity in dir and checks that clients would accept it. It refuses keys that everybody on this machine
// can write; exposed are lines about those to which others than the owner have access.
func Load(dir string, now time.Time) (id Identity, exposed []string, err error) {
	if exposed, err = checkModes(dir); err != nil {
		return id, nil, err
	}
	id, err = load(dir, now)
	return id, exposed, err
}

func load(dir string, now time.Time) (Identity, error) {
	var files [4][]byte
	for i, name := range []string{ServerCert, CACert, ServerKey, Fingerprint} {
		data, err := read(dir, name)
		if err != nil {
			return Identity{}, err
		}
		files[i] = data
	}
	return check(dir, files[0], files[1], files[2], files[3], now)
}

// check makes an identity of what its files in dir hold, or are going to.
func check(dir string, serverCert, caCert, serverKey, fingerprint []byte, now time.Time) (Identity, error) {
	chain := append(append(bytes.TrimSpace(serverCert), '\n'), caCert...)
	pair, err := tls.ParseKeyPair(chain, serverKey)
	if err != nil {
		return Identity{}, fmt.Errorf("%s and %s: %w; run the cert command to renew them", filepath.Join(dir, ServerCert), ServerKey, err)
	}
	if len(pair.Chain) < 2 {
		return Identity{}, fmt.Errorf("%s holds no certificate; bring back the file of this server's identity", filepath.Join(dir, CACert))
	}
	id := Identity{pair, tls.Fingerprint(pair.Chain[1])}
	line, _, _ := bytes.Cut(fingerprint, []byte("\n"))
	if string(bytes.TrimSpace(line)) != HashText(id.Hash) {
		return Identity{}, fmt.Errorf("%s is not the fingerprint of %s; bring back the file that belongs to it",
			filepath.Join(dir, Fingerprint), CACert)
	}
	if err := tls.VerifyChain(pair.Chain, id.Hash, now); err != nil {
		return Identity{}, fmt.Errorf("%s: clients would refuse it: %w; run the cert command to renew it",
			filepath.Join(dir, ServerCert), err)
	}
	return id, nil
}

// Current tells the algorithm and the common name of the present server.crt, whatever its validity.
func Current(dir string) (tls.SignatureScheme, string, error) {
	cert, err := read(dir, ServerCert)
	if err != nil {
		return 0, "", err
	}
	key, err := read(dir, ServerKey)
	if err != nil {
		return 0, "", err
	}
	pair, err := tls.ParseKeyPair(cert, key)
	if err != nil {
		return 0, "", fmt.Errorf("%s and %s: %w; name the algorithm and the host of the new ones", filepath.Join(dir, ServerCert), ServerKey, err)
	}
	leaf, err := x509.ParseCertificate(pair.Chain[0])
	if err != nil || leaf.Subject.CommonName == "" {
		return 0, "", fmt.Errorf("%s has no readable name; name the algorithm and the host of the new one", filepath.Join(dir, ServerCert))
	}
	return pair.Scheme(), leaf.Subject.CommonName, nil
}

func read(dir, name string) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return nil, fmt.Errorf("%s: cannot read: %w; bring it back and make it readable for this process",
			filepath.Join(dir, name), cause(err))
	}
	return data, nil
}

// file is one to be written.
type file struct {
	name string
	data []byte
	mode fs.FileMode
}

// write writes files so that each is there as a whole or not at all.
func write(dir string, files []file) error {
	for _, f := range files {
		path := filepath.Join(dir, f.name)
		draft := path + ".new"
		err := os.WriteFile(draft, f.data, f.mode)
		if err == nil {
			err = os.Chmod(draft, f.mode) // it may have been there, with another mode
		}
		if err == nil {
			err = os.Rename(draft, path)
		}
		if err != nil {
			return fmt.Errorf("%s: cannot write: %w; make the directory writable for this process", path, cause(err))
		}
	}
	return nil
}

// cause is the reason alone, as the path stands in the message already.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		return l.Err
	}
	return err
}
