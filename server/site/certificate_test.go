package site_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	stdtls "crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"switchyard/server/site"
)

// files are the certificate and the key of a test.
type files struct {
	t         testing.TB
	cert, key string
}

func newFiles(t testing.TB) files {
	dir := t.TempDir()
	return files{t, filepath.Join(dir, "web.crt"), filepath.Join(dir, "web.key")}
}

// write writes a pair of this serial number.
func (f files) write(serial int64, key crypto.Signer) {
	f.t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "a.example"}, DNSNames: []string{"a.example"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	check(f.t, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	check(f.t, err)
	f.put(f.cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	f.put(f.key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
}

func (f files) put(name string, content []byte) {
	f.t.Helper()
	check(f.t, os.WriteFile(name+".new", content, 0o600))
	check(f.t, os.Rename(name+".new", name))
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// keys are of all kinds that crypto/tls takes.
func keys(t testing.TB) map[string]crypto.Signer {
	t.Helper()
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	check(t, err)
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	check(t, err)
	return map[string]crypto.Signer{"ECDSA": ec, "RSA": r, "Ed25519": ed}
}

// lines is a log that a test reads.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lines) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.b.String(), text)
}

func (l *lines) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

// shown is the serial number of the certificate that a handshake shows, with TLS 1.2 and 1.3.
func shown(t testing.TB, c *site.Certificate) (serial int64) {
	t.Helper()
	for _, version := range []uint16{stdtls.VersionTLS12, stdtls.VersionTLS13} {
		here, there := net.Pipe()
		go func() { _ = stdtls.Server(there, c.Config()).Handshake() }()
		client := stdtls.Client(here, &stdtls.Config{ServerName: "a.example", InsecureSkipVerify: true, MaxVersion: version})
		if err := client.Handshake(); err != nil {
			t.Fatal(err)
		}
		serial = client.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
		here.Close()
		there.Close()
	}
	return serial
}

func TestCertificateKinds(t *testing.T) {
	for name, key := range keys(t) {
		f := newFiles(t)
		f.write(7, key)
		c, exposed, err := site.OpenCertificate(f.cert, f.key, new(lines).logger())
		if err != nil || exposed != "" || !c.Ready() || c.Missing() != "" {
			t.Fatalf("%s: %v, %q", name, err, exposed)
		}
		if n := shown(t, c); n != 7 {
			t.Errorf("%s: certificate %d", name, n)
		}
	}
}

// TestCertificateChanges: files that change are read again, a pair that cannot be used is logged once, and the one before stays.
func TestCertificateChanges(t *testing.T) {
	f, all, log := newFiles(t), keys(t), new(lines)
	f.write(1, all["ECDSA"])
	synctest.Test(t, func(t *testing.T) {
		c, _, err := site.OpenCertificate(f.cert, f.key, log.logger())
		check(t, err)
		serial := func() int64 { return c.Current().Leaf.SerialNumber.Int64() }
		f.write(2, all["RSA"])
		if serial() != 1 {
			t.Error("the files are looked at all the time")
		}
		<-time.After(time.Hour) // of the bubble
		if serial() != 2 || log.count("another certificate") != 1 {
			t.Error("the files are not read again")
		}
		f.put(f.cert, []byte("no certificate"))
		for range 3 {
			<-time.After(time.Hour)
			if serial() != 2 || log.count("the one before stays") != 1 {
				t.Error("a broken certificate is used, or not logged once")
			}
		}
		if err := reload(c); err == nil || !strings.Contains(err.Error(), f.cert) || strings.Contains(err.Error(), "\n") {
			t.Error(err)
		}
		check(t, os.Remove(f.cert))
		if err := reload(c); err == nil || serial() != 2 {
			t.Error("a missing certificate is none")
		}
		f.write(3, all["Ed25519"])
		if err := reload(c); err != nil || serial() != 3 {
			t.Error(err, serial())
		}
		check(t, os.Chmod(f.key, 0o666))
		if err := reload(c); err == nil || serial() != 3 {
			t.Error("a key that everybody can write is read")
		}
	})
}

// TestCertificateComes: a certificate that is not there at the start is taken when it is.
func TestCertificateComes(t *testing.T) {
	f, all := newFiles(t), keys(t)
	synctest.Test(t, func(t *testing.T) {
		c, _, err := site.OpenCertificate(f.cert, f.key, new(lines).logger())
		if err != nil || c.Ready() || c.Current() != nil || c.Missing() != f.cert {
			t.Fatalf("%v, %s is missing", err, c.Missing())
		}
		if _, err := c.Config().GetCertificate(nil); err == nil {
			t.Error("a certificate that is not there is shown")
		}
		f.write(1, all["ECDSA"])
		<-time.After(time.Hour) // of the bubble
		c.Ready()
		synctest.Wait()
		if !c.Ready() || c.Current().Leaf.SerialNumber.Int64() != 1 {
			t.Error("it is not taken")
		}
	})
}

func TestCertificateFaults(t *testing.T) {
	all := keys(t)
	for name, spoil := range map[string]func(files){
		"no certificate": func(f files) { f.put(f.cert, []byte("x")) },
		"another key": func(f files) {
			g := newFiles(t)
			g.write(1, all["RSA"])
			key, _ := os.ReadFile(g.key)
			f.put(f.key, key)
		},
		"a key that everybody can write": func(f files) { check(t, os.Chmod(f.key, 0o602)) },
		"a directory":                    func(f files) { check(t, os.Remove(f.key)); check(t, os.Mkdir(f.key, 0o700)) },
	} {
		f := newFiles(t)
		f.write(1, all["ECDSA"])
		spoil(f)
		if _, _, err := site.OpenCertificate(f.cert, f.key, new(lines).logger()); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// reload takes over what the files have now.
func reload(c *site.Certificate) error {
	change, err := c.Next()
	if err == nil {
		change()
	}
	return err
}
