package router

import (
	stdtls "crypto/tls"

	"switchyard/server/listen"
	"switchyard/tls"
)

// Settings are what may change while a router serves; their fields are those of Config. Connections that are there keep what
// TLS has shown them; the rest holds for them at once.
type Settings struct {
	KeyPair           *tls.KeyPair // of the same identity
	NewFiles          bool
	Password          string
	CommandsPerSecond int
	LogTLSErrors      bool
}

// Settings are those that a router of this config begins with.
func (c *Config) Settings() Settings {
	return Settings{c.KeyPair, c.NewFiles, c.Password, c.CommandsPerSecond, c.LogTLSErrors}
}

// Change sets other settings, and the limits of the gate, while the router serves.
func (r *Router) Change(s Settings, l listen.Limits) {
	r.settings.Store(&s)
	r.cfg.Gate.Change(l, 0)
}

// Certificates are those that connections get now: native clients, and browsers, nil when there are none.
func (r *Router) Certificates() (*tls.KeyPair, *stdtls.Certificate) {
	return r.settings.Load().KeyPair, r.browserCertificate()
}

// browserCertificate is the one for browsers now, nil when there is none.
func (r *Router) browserCertificate() *stdtls.Certificate {
	if r.cfg.Web == nil {
		return nil
	}
	return r.cfg.Web()
}
