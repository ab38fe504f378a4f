package tls

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestOpenSSLVerify: openssl finds nothing wrong with certificates that we issue, and writes keys as we do.
func TestOpenSSLVerify(t *testing.T) {
	path := opensslProgram(t)
	for scheme, r := range routers() {
		f := files{t.TempDir(), t}
		ca, leaf, key := f.write("ca.crt", r.caPEM), f.write("leaf.crt", r.leafPEM), f.write("leaf.key", r.leafKeyPEM)
		out, err := exec.Command(path, "verify", "-check_ss_sig", "-purpose", "sslserver", "-attime", "1893564245", "-CAfile", ca, leaf).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", schemeName[scheme], err, out)
		}
		for _, file := range []string{ca, leaf} {
			again, err := exec.Command(path, "x509", "-in", file).Output()
			if original, _ := os.ReadFile(file); err != nil || !bytes.Equal(again, original) {
				t.Errorf("%s: openssl writes the certificate otherwise: %v\n%s", schemeName[scheme], err, again)
			}
		}
		again, err := exec.Command(path, "pkey", "-in", key).Output()
		if err != nil || !bytes.Equal(again, r.leafKeyPEM) {
			t.Errorf("%s: openssl writes the key otherwise: %v", schemeName[scheme], err)
		}
	}
}

// How operators have made certificates so far: with the openssl program and these extensions.
const (
	authorityConfig = "[req]\ndistinguished_name=dn\nprompt=no\n[dn]\nCN=SMP server CA\nO=SimpleX\n[v3]\n" +
		"subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always\nbasicConstraints=critical,CA:true\n"
	leafConfig = "[req]\ndistinguished_name=dn\nprompt=no\n[dn]\nCN=localhost\n[v3]\n" +
		"basicConstraints=CA:FALSE\nkeyUsage=digitalSignature,nonRepudiation,keyAgreement\nextendedKeyUsage=serverAuth\n"
)

// TestOpenSSLShape: certificates of the openssl program and ours have the same names and extensions, in the same order,
// and its files are read like ours.
func TestOpenSSLShape(t *testing.T) {
	for scheme, r := range routers() {
		f := files{t.TempDir(), t}
		ca, leaf := f.write("ca.conf", []byte(authorityConfig)), f.write("leaf.conf", []byte(leafConfig))
		run := func(args ...string) {
			cmd := exec.Command(opensslProgram(t), args...)
			cmd.Dir = f.dir
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("openssl %v: %v\n%s", args, err, out)
			}
		}
		run("genpkey", "-algorithm", schemeName[scheme], "-out", "ca.key")
		run("req", "-new", "-x509", "-days", "999999", "-config", ca, "-extensions", "v3", "-key", "ca.key", "-out", "ca.crt")
		run("genpkey", "-algorithm", schemeName[scheme], "-out", "leaf.key")
		run("req", "-new", "-config", leaf, "-reqexts", "v3", "-key", "leaf.key", "-out", "leaf.csr")
		run("x509", "-req", "-days", "999999", "-extfile", leaf, "-extensions", "v3", "-in", "leaf.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-out", "leaf.crt")
		read := func(name string) []byte {
			content, err := os.ReadFile(filepath.Join(f.dir, name))
			must(err)
			return content
		}
		wantShape(t, r.caPEM, read("ca.crt"))
		wantShape(t, r.leafPEM, read("leaf.crt"))
		pair, err := ParseKeyPair(append(read("leaf.crt"), read("ca.crt")...), read("leaf.key"))
		if err != nil {
			t.Fatal(err)
		}
		if err := VerifyChain(pair.Chain, Fingerprint(pair.Chain[1]), testTime); err != nil {
			t.Error(err)
		}
	}
}

// wantShape compares two PEM certificates in all but serial number, time, keys and what comes of them.
func wantShape(t *testing.T, got, want []byte) {
	t.Helper()
	parse := func(text []byte) *x509.Certificate {
		block, _ := pem.Decode(text)
		parsed, err := x509.ParseCertificate(block.Bytes)
		must(err)
		return parsed
	}
	a, b := parse(got), parse(want)
	if !bytes.Equal(a.RawSubject, b.RawSubject) || !bytes.Equal(a.RawIssuer, b.RawIssuer) || a.Version != b.Version {
		t.Errorf("%v, %v; want %v, %v", a.Subject, a.Issuer, b.Subject, b.Issuer)
	}
	if a.NotAfter.Sub(a.NotBefore) != b.NotAfter.Sub(b.NotBefore) {
		t.Errorf("valid from %v to %v", a.NotBefore, a.NotAfter)
	}
	if len(a.Extensions) != len(b.Extensions) {
		t.Fatalf("%d extensions, want %d", len(a.Extensions), len(b.Extensions))
	}
	for i, e := range a.Extensions {
		like := b.Extensions[i]
		keyID := e.Id.Equal(oidSubjectKeyID) || e.Id.Equal(oidAuthorityKeyID)
		if !e.Id.Equal(like.Id) || e.Critical != like.Critical || len(e.Value) != len(like.Value) || !keyID && !bytes.Equal(e.Value, like.Value) {
			t.Errorf("extension %v %v %x, want %v %v %x", e.Id, e.Critical, e.Value, like.Id, like.Critical, like.Value)
		}
	}
}
