package engine

import (
	"errors"
	"log/slog"
	"runtime"
	"time"

	"switchyard/engine/relay"
	"switchyard/server/listen"
	"switchyard/shard"
	"switchyard/smp"
	"switchyard/tls"
)

// Config is what a router is made of. Zero durations and counts take the reference's defaults.
type Config struct {
	Listen   []string     // host:port to listen on; an empty host is every address of the machine
	WebPorts []int        // ports among them that speak WebSocket inside TLS
	KeyPair  *tls.KeyPair // certificate chain, leaf first, and the key of the leaf
	Identity [32]byte     // fingerprint of the router's identity certificate, the hash in its address
	Versions smp.VersionRange
	Store    shard.Store
	Queues   shard.Config
	Log      *slog.Logger // nil: discard

	Proxy             *relay.Config // how other routers are connected to for clients; nil: this router is no proxy
	ForwardsPerClient int           // commands of one client that wait for other routers at a time; 0: 32

	Site      *listen.Handed // serves browsers, who send a server name, on SitePort; nil: every connection is a client's
	SitePort  int            // among those of Listen
	SiteFiles int            // that requests of a site may have open at a time

	TLSTimeout       time.Duration // from accept to the end of the TLS handshake
	HandshakeTimeout time.Duration // from there to the end of the SMP handshake
	InactiveTTL      time.Duration // idle time after which a connection without subscriptions is closed; negative: never
	InactiveCheck    time.Duration // interval of looking for such connections
	Loops            int           // event loops; 0: one a core
	HandshakeWorkers int           // goroutines for handshakes; 0: one a core
	LogTLSErrors     bool          // log why handshakes fail
	Limits           Limits        // of what strangers may ask for
}

// withDefaults returns the config with every zero replaced, or what is missing.
func (c Config) withDefaults() (Config, error) {
	switch {
	case len(c.Listen) == 0:
		return c, errors.New("engine: no address to listen on")
	case c.KeyPair == nil:
		return c, errors.New("engine: no certificate")
	case c.Store == nil:
		return c, errors.New("engine: no store")
	}
	if c.Versions == (smp.VersionRange{}) {
		c.Versions = smp.VersionRange{Min: smp.MinVersion, Max: smp.CurrentVersion}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	orDuration(&c.TLSTimeout, defaultTLSTimeout)
	orDuration(&c.HandshakeTimeout, defaultHandshakeTimeout)
	orDuration(&c.InactiveTTL, defaultInactiveTTL)
	orDuration(&c.InactiveCheck, defaultInactiveCheck)
	if c.ForwardsPerClient == 0 {
		c.ForwardsPerClient = defaultForwards
	}
	if c.Loops == 0 {
		c.Loops = runtime.GOMAXPROCS(0)
	}
	if c.HandshakeWorkers == 0 {
		c.HandshakeWorkers = runtime.GOMAXPROCS(0)
	}
	return c, nil
}

func orDuration(d *time.Duration, def time.Duration) {
	if *d == 0 {
		*d = def
	}
}

// Settings are what may change while a router serves. Connections that are there stay as they are, and so do their TLS and
// what their source is counted for; limits of what they may ask for are the new ones at once.
type Settings struct {
	KeyPair      *tls.KeyPair // as Config's, of the same identity
	Limits       Limits
	Admission    shard.Admission
	LogTLSErrors bool
}

// Settings are those of a config for these queues and with this certificate.
func (c *Config) Settings(queues shard.Config, pair *tls.KeyPair) Settings {
	s := Settings{KeyPair: pair, Limits: c.Limits, Admission: queues.Admission(), LogTLSErrors: c.LogTLSErrors}
	s.Admission.Subscriptions = c.Limits.Subscriptions
	return s
}

// live is the settings that hold, with what is made of them. It does not change: Change puts another in its place, so loops and
// workers read it without a lock.
type live struct {
	Settings
	tls   *tls.Config // of connections that begin
	hello *helloMaker // for those with this certificate
}

// KeyPair is the certificate that connections get now.
func (r *Router) KeyPair() *tls.KeyPair { return r.live.Load().KeyPair }

// use makes settings those that hold.
func (r *Router) use(s Settings) {
	now := &live{Settings: s}
	if old := r.live.Load(); old != nil && old.KeyPair == s.KeyPair {
		now.tls, now.hello = old.tls, old.hello
	} else {
		now.tls = serverTLS(s.KeyPair)
		now.hello = &helloMaker{keyPair: s.KeyPair, identity: r.cfg.Identity, versions: r.cfg.Versions}
	}
	r.live.Store(now)
}

// Change sets other settings while the router serves. Calls follow each other.
func (r *Router) Change(s Settings) {
	s.Admission.Subscriptions = s.Limits.Subscriptions
	r.use(s)
	r.gate.Change(s.Limits.Limits, s.Limits.SourceQueues)
	r.shards.Admit(s.Admission)
}
