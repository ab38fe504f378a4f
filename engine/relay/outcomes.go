package relay

import (
	"errors"
	"strings"
	"sync/atomic"

	"switchyard/smp"
)

// Outcomes is how requests have ended. Requests that wait for their end are in none of the others.
type Outcomes struct {
	Requests  int64
	Successes int64 // also those to which the relay has answered an error
	Connect   int64 // there was no connection
	Compat    int64 // there was one, and nothing can be forwarded on it
	Other     int64
}

// Tally is the outcomes of a pool: of all requests, and of those to relays of the operator's own.
type Tally struct {
	Connects, OwnConnects Outcomes // of PRXY
	Forwards, OwnForwards Outcomes // of PFWD
}

// outcome is a field of Outcomes.
type outcome uint8

const (
	requested outcome = iota
	succeeded
	failedConnect
	failedCompat
	failedOther
	outcomes
)

// tally counts the outcomes of a kind of request, of all and of one's own.
type tally [2][outcomes]atomic.Int64

func (t *tally) add(own bool, o outcome) {
	t[0][o].Add(1)
	if own {
		t[1][o].Add(1)
	}
}

func (t *tally) read() (all, own Outcomes) {
	of := func(n *[outcomes]atomic.Int64) Outcomes {
		return Outcomes{n[requested].Load(), n[succeeded].Load(), n[failedConnect].Load(), n[failedCompat].Load(), n[failedOther].Load()}
	}
	return of(&t[0]), of(&t[1])
}

// Tally reads the outcomes.
func (p *Pool) Tally() (t Tally) {
	t.Connects, t.OwnConnects = p.connects.read()
	t.Forwards, t.OwnForwards = p.forwards.read()
	return t
}

// own tells of a relay whether it is the operator's, by its first host.
func (c *Config) own(address *smp.ServerAddress) bool {
	if len(address.Hosts) == 0 {
		return false
	}
	for _, domain := range c.OwnDomains {
		if host := address.Hosts[0]; host == domain || strings.HasSuffix(host, "."+domain) {
			return true
		}
	}
	return false
}

// counted has the outcome of a Connect counted.
func (p *Pool) counted(address *smp.ServerAddress, done connected) connected {
	own := p.cfg.own(address)
	p.connects.add(own, requested)
	return func(key *smp.PKey, err smp.Error) {
		p.connects.add(own, connectOutcome(err))
		done(key, err)
	}
}

func connectOutcome(err smp.Error) outcome {
	switch err {
	case smp.Error{}:
		return succeeded
	case smp.ErrBrokerNetwork, smp.ErrBrokerTimeout:
		return failedConnect
	case smp.ErrBrokerTransport(smp.TransportVersion), smp.ErrBrokerTransport(smp.TransportNoAuth):
		return failedCompat
	}
	return failedOther
}

// forwardOutcome is the outcome of a forwarded command; an error that the relay answers is one that it is there for.
func forwardOutcome(err error) outcome {
	var protocol smp.Error
	if err == nil || errors.As(err, &protocol) {
		return succeeded
	}
	return failedOther
}
