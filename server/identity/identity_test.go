package identity

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"switchyard/tls"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func create(t *testing.T, scheme tls.SignatureScheme) (dir string, id Identity) {
	t.Helper()
	dir = t.TempDir()
	id, err := Create(dir, scheme, "smp.example.net", now)
	if err != nil {
		t.Fatal(err)
	}
	return dir, id
}

func TestCreateAndLoad(t *testing.T) {
	for _, scheme := range []tls.SignatureScheme{tls.Ed25519, tls.Ed448} {
		dir, id := create(t, scheme)
		loaded, exposed, err := Load(dir, now)
		if err != nil || len(exposed) > 0 {
			t.Fatal(exposed, err)
		}
		if loaded.Hash != id.Hash || len(loaded.KeyPair.Chain) != 2 || loaded.KeyPair.Scheme() != scheme {
			t.Errorf("loaded %+v", loaded)
		}
		for name, mode := range map[string]fs.FileMode{
			CAKey: 0o600, ServerKey: 0o600, CACert: 0o644, ServerCert: 0o644, Fingerprint: 0o644,
		} {
			info, err := os.Stat(filepath.Join(dir, name))
			if err != nil || info.Mode() != mode {
				t.Errorf("%s: %v %v", name, info.Mode(), err)
			}
		}
		if gotScheme, name, err := Current(dir); gotScheme != scheme || name != "smp.example.net" || err != nil {
			t.Errorf("current: %v %s %v", gotScheme, name, err)
		}
	}
}

// TestLoadOfTheReference loads files that the reference's init made.
func TestLoadOfTheReference(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/reference")); err != nil {
		t.Fatal(err)
	}
	chmod(ServerKey, 0o644)(t, dir) // with which the reference starts
	id, exposed, err := Load(dir, now.AddDate(1, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	if len(exposed) != 1 {
		t.Errorf("exposed: %q", exposed)
	}
	if got := HashText(id.Hash); got != "ZKIe1lvTEsw9ldvnFJCCke03bvrTO-kpsnLbbpAAcBY=" {
		t.Error(got)
	}
	if scheme, name, err := Current("testdata/reference"); scheme != tls.Ed25519 || name != "127.0.0.1" || err != nil {
		t.Errorf("current: %v %s %v", scheme, name, err)
	}
}

// TestRenewKeepsTheIdentity: a new TLS certificate, and the address stays.
func TestRenewKeepsTheIdentity(t *testing.T) {
	dir, id := create(t, tls.Ed25519)
	renewed, err := Renew(dir, tls.Ed448, "other.example.net", now)
	if err != nil {
		t.Fatal(err)
	}
	if renewed.Hash != id.Hash || !bytes.Equal(renewed.KeyPair.Chain[1], id.KeyPair.Chain[1]) {
		t.Error("the identity has changed")
	}
	if bytes.Equal(renewed.KeyPair.Chain[0], id.KeyPair.Chain[0]) || renewed.KeyPair.Scheme() != tls.Ed448 {
		t.Error("the TLS certificate is the old one")
	}
}

// TestRenewLeavesWhatWorks: files that clients accept stay when those in their place would not be, and when the identity would
// change.
func TestRenewLeavesWhatWorks(t *testing.T) {
	dir, _ := certified(t)
	if _, err := Renew(dir, tls.Ed25519, "smp.example.net", now); err != nil {
		t.Fatal(err)
	}
	before := contents(t, dir)
	late := now.AddDate(2, 0, 0) // after the end of the identity's certificate
	if _, err := Renew(dir, tls.Ed25519, "smp.example.net", late); err == nil || !strings.Contains(err.Error(), "clients would refuse it") {
		t.Error(err)
	}
	if !reflect.DeepEqual(contents(t, dir), before) {
		t.Error("the files have changed")
	}
	other, _ := create(t, tls.Ed25519)
	for _, name := range []string{CACert, CAKey} {
		data, err := os.ReadFile(filepath.Join(other, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	before = contents(t, dir)
	if _, err := Renew(dir, tls.Ed25519, "smp.example.net", now); err == nil || !strings.Contains(err.Error(), "is not the fingerprint of ca.crt") {
		t.Error(err)
	}
	if !reflect.DeepEqual(contents(t, dir), before) {
		t.Error("the files have changed")
	}
}

// contents are the files of a directory.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := make(map[string]string)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(data)
	}
	return all
}

// TestLongerChain: where an operator has certified the identity, ca.crt holds both. Renewing leaves the fingerprint
// alone, which is that of the identity.
func TestLongerChain(t *testing.T) {
	dir, id := certified(t)
	renewed, err := Renew(dir, tls.Ed25519, "smp.example.net", now)
	if err != nil {
		t.Fatal(err)
	}
	if len(renewed.KeyPair.Chain) != 3 || renewed.Hash != tls.Fingerprint(id.Raw) {
		t.Errorf("%d certificates, fingerprint %s", len(renewed.KeyPair.Chain), HashText(renewed.Hash))
	}
}

// certified is a directory with an identity that an operator has certified for a year.
func certified(t *testing.T) (dir string, id *x509.Certificate) {
	t.Helper()
	dir = t.TempDir()
	operator, operatorKey := authority(t, "Operator", nil, nil)
	id, key := authority(t, "SMP server CA", operator, operatorKey)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		CACert: append(encode("CERTIFICATE", id.Raw), encode("CERTIFICATE", operator.Raw)...),
		CAKey:  encode("PRIVATE KEY", pkcs8),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir, id
}

// authority is a certificate that may sign others, signed by parent or by itself.
func authority(t *testing.T, name string, parent *x509.Certificate, parentKey crypto.Signer) (*x509.Certificate, crypto.Signer) {
	t.Helper()
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: now, NotAfter: now.AddDate(1, 0, 0), IsCA: true, BasicConstraintsValid: true,
	}
	if parent == nil {
		parent, parentKey = template, key
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, parent, public, parentKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

func encode(kind string, data []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: data})
}

func TestCreateReplacesNothing(t *testing.T) {
	dir, _ := create(t, tls.Ed25519)
	if _, err := Create(dir, tls.Ed25519, "x", now); err == nil || !strings.Contains(err.Error(), "ca.crt is the identity of a server already") {
		t.Error(err)
	}
}

// TestFaults: what can be wrong with the files, each in one line that names the file.
func TestFaults(t *testing.T) {
	for _, test := range []struct {
		name  string
		spoil func(t *testing.T, dir string)
		when  time.Time
		want  string
	}{
		{"no key", remove(ServerKey), now, "server.key: cannot read: no such file or directory; bring it back"},
		{"no fingerprint", remove(Fingerprint), now, "fingerprint: cannot read: no such file or directory; bring it back"},
		{"key of the identity", replace(ServerKey, CAKey), now, "does not belong to the first certificate; run the cert command"},
		{"no PEM", replace(ServerCert, Fingerprint), now, "server.crt and server.key: tls: the private key does not belong"},
		{"identity without PEM", replace(CACert, Fingerprint), now, "ca.crt holds no certificate; bring back the file"},
		{"other fingerprint", replace(Fingerprint, ServerCert), now, "fingerprint is not the fingerprint of ca.crt; bring back"},
		{"before its time", func(*testing.T, string) {}, now.AddDate(-1, 0, 0), "server.crt: clients would refuse it: "},
		{"a key of everybody", chmod(ServerKey, 0o602), now, "server.key: everybody on this machine can replace the private key (mode 0602); run `chmod 600"},
		{"the identity's key of everybody", chmod(CAKey, 0o666), now, "ca.key: everybody on this machine can replace"},
		{"a directory", func(t *testing.T, dir string) {
			remove(CACert)(t, dir)
			if err := os.Mkdir(filepath.Join(dir, CACert), 0o755); err != nil {
				t.Fatal(err)
			}
		}, now, "ca.crt: cannot read: is a directory; bring it back"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir, _ := create(t, tls.Ed25519)
			test.spoil(t, dir)
			_, _, err := Load(dir, test.when)
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want … %s …", err, test.want)
			}
		})
	}
}

func chmod(name string, mode fs.FileMode) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		if err := os.Chmod(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
	}
}

// TestExposedKeys: a key that others can read is used, and spoken of with what mends it.
func TestExposedKeys(t *testing.T) {
	for mode, want := range map[fs.FileMode]string{
		0o640: "the group has access to the private key (mode 0640); unless that is wanted, run `chmod 600 ",
		0o660: "the group has access to the private key (mode 0660); ",
		0o644: "everybody on this machine has access to the private key (mode 0644), and can be this server; run `chmod 600 ",
		0o604: "everybody on this machine has access to the private key (mode 0604)",
	} {
		dir, _ := create(t, tls.Ed25519)
		chmod(ServerKey, mode)(t, dir)
		remove(CAKey)(t, dir) // kept elsewhere
		_, exposed, err := Load(dir, now)
		if err != nil || len(exposed) != 1 || !strings.Contains(exposed[0], ServerKey+": "+want) || strings.Contains(exposed[0], "\n") {
			t.Errorf("%04o: %q, %v", mode, exposed, err)
		}
	}
}

func remove(name string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
}

func replace(name, by string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		data, err := os.ReadFile(filepath.Join(dir, by))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
