package engine

import (
	"switchyard/shard"
	"switchyard/tls"
)

// Settings are what may change while a router serves. Connections that are there stay as they are, and so do their TLS and
// what their source is counted for; limits of what they may ask for are the new ones at once.
type Settings struct {
	KeyPair      *tls.KeyPair // as Config's, of the same identity
	Limits       Limits
	Admission    shard.Admission
	LogTLSErrors bool
}

// settings are those that a router begins with.
func (c *Config) settings() Settings {
	s := Settings{KeyPair: c.KeyPair, Limits: c.Limits, Admission: c.Queues.Admission(), LogTLSErrors: c.LogTLSErrors}
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
