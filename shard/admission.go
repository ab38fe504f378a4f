package shard

import (
	"crypto/subtle"
	"sync/atomic"
)

// Admission is what a router takes from strangers, as far as shards judge it. It may change while they run.
type Admission struct {
	NewQueues     bool   // NEW is allowed
	BasicAuth     string // password for NEW; empty: none is asked
	Subscriptions int    // of one connection, with the queues that it uses GET of; 0: no limit
}

// Admission is what shards of this config begin with.
func (cfg *Config) Admission() Admission {
	return Admission{NewQueues: cfg.NewQueues, BasicAuth: cfg.BasicAuth, Subscriptions: cfg.Subscriptions}
}

// admission is the Admission that holds, which all shards read.
type admission = atomic.Pointer[Admission]

func newAdmission(cfg *Config) *admission {
	a := new(admission)
	first := cfg.Admission()
	a.Store(&first)
	return a
}

// Admit has all shards go by another Admission from now on.
func (s *Set) Admit(a Admission) { s.admission.Store(&a) }

// mayCreate says whether the router takes new queues from whoever knows this password.
func (c *core) mayCreate(password []byte) bool {
	a := c.admission.Load()
	return a.NewQueues && (a.BasicAuth == "" || subtle.ConstantTimeCompare(password, []byte(a.BasicAuth)) == 1)
}
