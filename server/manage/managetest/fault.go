package managetest

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Faults has a program's start and check fail of what an operator gets wrong: one line that says what, where and how to mend
// it, exit code 1, and not a byte has changed.
type Faults struct {
	// Command runs the program with directories etc and var below dir.
	Command func(dir string, args ...string) *exec.Cmd
	IniName string
	Port    string // of the ini in dir
}

// server is one that was set up to be broken.
type server struct {
	*Faults
	t   *testing.T
	dir string
}

func (s *server) etc(name string) string { return filepath.Join(s.dir, "etc", name) }

func (s *server) write(name string, data []byte) {
	s.t.Helper()
	if err := os.WriteFile(s.etc(name), data, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *server) read(name string) []byte {
	s.t.Helper()
	data, err := os.ReadFile(s.etc(name))
	if err != nil {
		s.t.Fatal(err)
	}
	return data
}

// issue replaces server.crt with one that ca.key has signed, whose key is in server.key.
func (s *server) issue(from, to time.Time) {
	s.t.Helper()
	must := func(err error) {
		s.t.Helper()
		if err != nil {
			s.t.Fatal(err)
		}
	}
	ca, _ := pem.Decode(s.read("ca.crt"))
	parent, err := x509.ParseCertificate(ca.Bytes)
	must(err)
	block, _ := pem.Decode(s.read("ca.key"))
	signer, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	must(err)
	block, _ = pem.Decode(s.read("server.key"))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	must(err)
	cert, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, NotBefore: from, NotAfter: to,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment | x509.KeyUsageKeyAgreement,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, parent, key.(ed25519.PrivateKey).Public(), signer)
	must(err)
	s.write("server.crt", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}))
}

// faults are what may be wrong, what start says of it, and the line of check. $INI and $PORT stand for themselves.
var faults = []struct {
	name         string
	damage       func(s *server)
	start, check string
	// also is what start has made by then, where it did not exist: regular expression of paths.
	also string
}{
	{"expired certificate",
		func(s *server) { s.issue(time.Now().AddDate(-1, 0, 0), time.Now().AddDate(0, 0, -1)) },
		`/etc/server\.crt: clients would refuse it: .*; run the cert command to renew it`, `error identity: .*/etc/server\.crt: clients would refuse it: .*; run the cert command`, ""},
	{"certificate of the future",
		func(s *server) { s.issue(time.Now().AddDate(0, 1, 0), time.Now().AddDate(1, 0, 0)) },
		`/etc/server\.crt: clients would refuse it: .*; run the cert command to renew it`, `error identity: .*/etc/server\.crt: clients would refuse it: .*; run the cert command`, ""},
	{"certificate of another key",
		func(s *server) { s.write("server.key", s.read("ca.key")) },
		`/etc/server\.crt and server\.key: .*; run the cert command to renew them`, `error identity: .*/etc/server\.crt and server\.key: .*; run the cert command`, ""},
	{"certificate that is none",
		func(s *server) { s.write("server.crt", []byte("words\n")) },
		`/etc/server\.crt and server\.key: .*; run the cert command to renew them`, `error identity: .*/etc/server\.crt and server\.key: .*; run the cert command`, ""},
	{"no key",
		func(s *server) { os.Remove(s.etc("server.key")) },
		`/etc/server\.key: cannot read: no such file or directory; bring it back and make it readable for this process`, `error identity: .*/etc/server\.key: cannot read: `, ""},
	{"wrong fingerprint",
		func(s *server) { s.write("fingerprint", []byte("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")) },
		`/etc/fingerprint is not the fingerprint of ca\.crt; bring back the file that belongs to it`, `error identity: .*/etc/fingerprint is not the fingerprint of ca\.crt; `, ""},
	{"a key that everybody may write",
		func(s *server) { os.Chmod(s.etc("server.key"), 0o666) },
		`/etc/server\.key: everybody on this machine can replace the private key .*; run .chmod 600 `, `error identity: .*/etc/server\.key: everybody on this machine can replace`, ""},
	{"ini that cannot be read",
		func(s *server) { os.Remove(s.etc(s.IniName)); os.Mkdir(s.etc(s.IniName), 0o700) },
		`/etc/$INI: cannot read: is a directory; make it readable for this process`, `error ini: .*/etc/$INI: cannot read: is a directory; `, ""},
	{"a line of the ini that is none",
		func(s *server) { s.write(s.IniName, append([]byte("# one\njust words\n"), s.read(s.IniName)...)) },
		`/etc/$INI:2: no setting, section or comment; write .key = value.`, `error ini: .*/etc/$INI:2: no setting, section or comment; `, ""},
	{"a value of the ini that is wrong",
		func(s *server) {
			s.write(s.IniName, bytes.Replace(s.read(s.IniName), []byte("log_tls_errors = off"), []byte("log_tls_errors = of"), 1))
		},
		`/etc/$INI:[0-9]+: \[TRANSPORT\] log_tls_errors: "of" is neither on nor off; write on or off`, `error ini: .*/etc/$INI:[0-9]+: \[TRANSPORT\] log_tls_errors: "of" is neither on nor off; `, ""},
	{"something else in the place of the store",
		func(s *server) {
			os.MkdirAll(filepath.Join(s.dir, "var", "store"), 0o700)
			os.WriteFile(filepath.Join(s.dir, "var", "store", "words"), []byte("words"), 0o600)
		},
		`/var/store: directory holds something else than a store of this router .*; name an empty or a new directory`, `error store: .*/var/store.*; `, `^(files|var/www)(/|$)`},
	{"port in use",
		func(s *server) {
			l, err := net.Listen("tcp", "127.0.0.1:"+s.Port)
			if err != nil {
				s.t.Fatal(err)
			}
			s.t.Cleanup(func() { l.Close() })
		},
		`:$PORT is in use; stop the process that listens there, or set another port in section \[TRANSPORT\] of the ini`, `error port .*:$PORT: in use by process [0-9]+ \(.*\); stop it, or set another port`, ""},
}

// Run runs all of them. setup makes a server in a directory, whose certificates are of Ed25519.
func (f *Faults) Run(t *testing.T, setup func(t *testing.T, dir string)) {
	for _, c := range faults {
		t.Run(c.name, func(t *testing.T) {
			s := &server{Faults: f, t: t, dir: t.TempDir()}
			setup(t, s.dir)
			c.damage(s)
			before := s.content()
			own := strings.NewReplacer("$INI", regexp.QuoteMeta(f.IniName), "$PORT", f.Port)
			s.fails("start", regexp.MustCompile(`^\S+: error: \S*`+own.Replace(c.start)+`[^\n]*\n$`), nil)
			s.fails("check", regexp.MustCompile(`^\S+: error: found 1 error and [0-9]+ warnings?; mend them as their lines say\n$`),
				regexp.MustCompile(`(?m)^`+own.Replace(c.check)))
			after := s.content()
			for path := range before {
				if after[path] == "" {
					t.Errorf("%s is gone", path)
				}
			}
			maps.DeleteFunc(after, func(path, what string) bool { return before[path] == what || c.also != "" && s.below(c.also, path) })
			if len(after) > 0 {
				t.Errorf("these files are other than before: %v", after)
			}
		})
	}
}

// fails runs a command that has to end with exit code 1, and with these lines.
func (s *server) fails(command string, stderr, stdout *regexp.Regexp) {
	s.t.Helper()
	cmd := s.Command(s.dir, command)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != 1 {
		s.t.Errorf("%s ends with %d: %s%s", command, code, &out, &errs)
	}
	if !stderr.Match(errs.Bytes()) {
		s.t.Errorf("%s says %q, want %v", command, &errs, stderr)
	}
	if stdout == nil && out.Len() > 0 || stdout != nil && !stdout.Match(out.Bytes()) {
		s.t.Errorf("%s prints %s, want %v", command, &out, stdout)
	}
}

// below tells whether a path is one of those of a regular expression.
func (s *server) below(expression, path string) bool {
	short, err := filepath.Rel(s.dir, path)
	return err == nil && regexp.MustCompile(expression).MatchString(short)
}

// content is all that there is below the directory.
func (s *server) content() map[string]string {
	all := make(map[string]string)
	err := filepath.WalkDir(s.dir, func(path string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		text := ""
		if info.Mode().IsRegular() {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			text = fmt.Sprintf("%x", sha256.Sum256(data))
		}
		all[path] = info.Mode().String() + " " + text
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}
