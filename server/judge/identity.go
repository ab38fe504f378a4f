package judge

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"switchyard/server/identity"
)

// soon is how long before its end a certificate is to be renewed.
const soon = 14 * 24 * time.Hour

// Identity judges keys, certificates and fingerprint.
func (r *Report) Identity(config string, now time.Time) {
	const name = "identity"
	id, exposed, err := identity.Load(config, now)
	for _, line := range exposed {
		r.Warn(name, "%s", line)
	}
	if err != nil {
		r.Error(name, err)
		return
	}
	leaf, err := x509.ParseCertificate(id.KeyPair.Chain[0])
	if err != nil {
		r.Error(name, fmt.Errorf("%s: %w; run the cert command to renew it", filepath.Join(config, identity.ServerCert), err))
		return
	}
	r.OK(name, "fingerprint %s", identity.HashText(id.Hash))
	r.lifetime("certificate", filepath.Join(config, identity.ServerCert), leaf, now, "run the cert command to renew it")
	if key := filepath.Join(config, identity.CAKey); exists(key) {
		r.Warn("ca.key", "%s is on this machine, and who has it can be this router; keep it offline and delete it here", key)
	} else {
		r.OK("ca.key", "not on this machine")
	}
}

// lifetime judges when a certificate ends.
func (r *Report) lifetime(name, path string, cert *x509.Certificate, now time.Time, mend string) {
	end := cert.NotAfter.UTC().Format(time.DateOnly)
	switch left := cert.NotAfter.Sub(now); {
	case now.Before(cert.NotBefore):
		r.Error(name, fmt.Errorf("%s is valid from %s on; see to the clock of this machine", path, cert.NotBefore.UTC().Format(time.DateOnly)))
	case left <= 0:
		r.Error(name, fmt.Errorf("%s has ended on %s; %s", path, end, mend))
	case left < soon:
		r.Warn(name, "%s ends on %s; %s", path, end, mend)
	default:
		r.OK(name, "%s is valid until %s", path, end)
	}
}

// Web is what section [WEB] says.
type Web struct {
	Static, Cert, Key string
	Hosts             []string // of the router's address; the certificate should be for those that are no onion hosts
	// Without says what is missing without a certificate, empty when nothing is.
	Without string
}

// Web judges the certificate for browsers and the directory of pages.
func (r *Report) Web(w Web, now time.Time) {
	r.webCertificate(&w, now)
	if w.Static == "" {
		r.OK("pages", "static_path is not set, so there are none")
		return
	}
	dir := w.Static
	for !exists(dir) && filepath.Dir(dir) != dir { // start makes it
		dir = filepath.Dir(dir)
	}
	if err := writable(dir); err != nil {
		r.Error("pages", fmt.Errorf("%s: cannot be written to: %w; correct static_path in section [WEB] of the ini", w.Static, err))
		return
	}
	r.OK("pages", "%s", w.Static)
}

func (r *Report) webCertificate(w *Web, now time.Time) {
	const name, mend = "web certificate", "renew it, or correct cert and key in section [WEB] of the ini"
	switch {
	case w.Cert == "" || w.Key == "":
		r.OK(name, "none is set")
		return
	case w.Without != "" && !(exists(w.Cert) && exists(w.Key)):
		missing := w.Cert
		if exists(missing) {
			missing = w.Key
		}
		r.Warn(name, "%s is not there, and so %s; put a certificate there, or comment out https, cert and key in section [WEB] of the ini", missing, w.Without)
		return
	}
	exposed, err := identity.CheckKey(w.Key)
	if err != nil {
		r.Error(name, err)
		return
	}
	if exposed != "" {
		r.Warn(name, "%s", exposed)
	}
	pair, err := tls.LoadX509KeyPair(w.Cert, w.Key)
	if err != nil {
		r.Error(name, fmt.Errorf("%w; %s", err, mend))
		return
	}
	leaf := pair.Leaf
	r.lifetime(name, w.Cert, leaf, now, mend)
	for _, host := range w.Hosts {
		if !strings.HasSuffix(host, ".onion") && leaf.VerifyHostname(host) != nil {
			r.Warn(name, "%s is not for %s, which is host in section [TRANSPORT] of the ini; browsers will refuse it", w.Cert, host)
		}
	}
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}
