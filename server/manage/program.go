// Package manage is what servers' programs do with a server besides running it: they say whether there is one, renew its
// certificate, delete it, and ask whoever sets it up. Each program describes itself once, as a Program; the commands are the
// same for all.
//
// manage imports smp, tls, server/cli, server/directories, server/identity and server/inifile.
package manage

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"switchyard/server/identity"
	"switchyard/smp"
	"switchyard/tls"
)

// Program is a server's program and where its server is.
type Program struct {
	Name    string // smp-server
	Version string // the line that --version prints

	Config    string // directory of ini, keys and certificates
	ConfigEnv string // variable that names another one
	State     string // directory of the store
	StateEnv  string
	IniName   string // of the file in Config
}

// Ini is the path of the configuration.
func (p *Program) Ini() string { return filepath.Join(p.Config, p.IniName) }

// RequireInitialized refuses to go on without an ini.
func (p *Program) RequireInitialized() error {
	if _, err := os.Lstat(p.Ini()); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s does not exist, so there is no router yet; run `%s init`, or set %s to where its files are", p.Ini(), p.Name, p.ConfigEnv)
	}
	return nil
}

// Note prints what somebody who runs a command should know.
func (p *Program) Note(w io.Writer, format string, args ...any) {
	fmt.Fprintf(w, p.Name+": note: "+format+"\n", args...)
}

// MakeDirectories makes those that init writes to.
func (p *Program) MakeDirectories() error {
	for _, dir := range []string{p.Config, p.State} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("cannot make the directory: %w; run as somebody who may write there, or set %s and %s", err, p.ConfigEnv, p.StateEnv)
		}
	}
	return nil
}

// AdviseOnCAKey says why the key of the identity should not stay on the machine.
func (p *Program) AdviseOnCAKey(w io.Writer) {
	rule := strings.Repeat("-", 10)
	fmt.Fprintf(w, "%s\nKeep the key of the router's identity offline and delete it here: with it a stolen TLS key can be\n"+
		"replaced while the address stays the same. It is in\n%s\n%s\n", rule, filepath.Join(p.Config, identity.CAKey), rule)
}

// PrintServer prints version, fingerprint and address.
func PrintServer(w io.Writer, version string, address smp.ServerAddress) {
	fmt.Fprintf(w, "%s\nFingerprint: %s\nServer address: %s\n", version, identity.HashText(address.KeyHash), address.String())
}

// PrintSourceCode prints where the source is, or that nobody says so.
func PrintSourceCode(w io.Writer, uri string) {
	if uri != "" {
		fmt.Fprintln(w, "Server source code: "+uri)
		return
	}
	fmt.Fprintln(w, "Warning: it is not said where the source code of this server is published.")
	fmt.Fprintln(w, "Set 'source_code' in section [INFORMATION] of the INI file.")
}

// ParseAlgorithm reads the option of certificates' algorithm.
func ParseAlgorithm(name string) (tls.SignatureScheme, error) {
	switch name {
	case "ED25519":
		return tls.Ed25519, nil
	case "ED448":
		return tls.Ed448, nil
	}
	return 0, fmt.Errorf("--sign-algorithm %s is unknown; give ED25519 or ED448", name)
}

// LoopbackIP is the certificate's name when nothing better is known.
const LoopbackIP = "127.0.0.1"
