package relay

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"time"

	"switchyard/server/crash"
	"switchyard/smp"
	"switchyard/smp/client"
)

// upstream is a session with a relay: a client of it.
type upstream struct {
	// Immutable.
	relay  *relay
	client *client.Client
	key    smp.PKey
	pool   *Pool
	own    bool // a relay of the operator's

	failures int // of the relay before this session

	answers    atomic.Bool  // the relay has answered a command
	unanswered atomic.Int32 // commands
	used       atomic.Int64 // nanoseconds from the pool's begin to the last use

	left bool // ends by our own will; guarded by Pool.mu
}

func (s *upstream) touch() { s.used.Store(s.pool.passed(s.pool.cfg.now())) }

// stopping ends the session, from wherever: writing the last alert may take a moment, and callbacks run meanwhile.
func (s *upstream) stopping() { s.pool.running.Go(s.client.Close) }

// serve is the goroutine of an attempt, and of the session that comes of it.
func (p *Pool) serve(r *relay) {
	defer crash.Report()
	s, err := p.dial(r)
	p.mu.Lock()
	p.dials--
	waiting := r.waiting
	r.waiting = nil
	if err != nil {
		p.failed(r, dialError(err), err)
		failure := r.failure
		p.mu.Unlock()
		tell(waiting, nil, failure)
		return
	}
	r.state, r.session = up, s
	p.sessions[string(s.key.SessionID)] = s
	p.mu.Unlock()
	tell(waiting, &s.key, smp.Error{})
	end := context.AfterFunc(p.ctx, s.client.Close)
	defer end()
	<-s.client.Done()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended(s)
}

func tell(waiting []connected, key *smp.PKey, err smp.Error) {
	for _, done := range waiting {
		done(key, err)
	}
}

// errHost is that the address has no host that may be connected to.
var errHost = errors.New("no acceptable host")

// dial connects to a relay and checks that it can be forwarded to.
func (p *Pool) dial(r *relay) (*upstream, error) {
	host, refused := p.cfg.host(r.address.Hosts)
	if !refused.IsZero() {
		return nil, errHost
	}
	config, err := p.clientConfig(r, host)
	if err != nil {
		return nil, err
	}
	c, err := client.Dial(p.ctx, config)
	if err != nil {
		return nil, err
	}
	s := &upstream{relay: r, client: c, pool: p, own: p.cfg.own(&r.address), failures: r.failures}
	if s.key, err = c.Proxied(); err != nil {
		c.Close()
		return nil, &client.DialError{Host: host, Step: client.StepHandshake, Err: err}
	}
	s.touch()
	return s, nil
}

// clientConfig is how the reference's proxies connect: one TLS suite, no server name, a key in the hello, no block
// encryption.
func (p *Pool) clientConfig(r *relay, host string) (client.Config, error) {
	config := client.Defaults(smp.ServerAddress{
		Scheme: smp.SchemeSMP, KeyHash: r.address.KeyHash, Hosts: []string{host}, Port: r.address.Port,
	})
	config.Proxy = true
	config.Versions = p.cfg.Versions
	config.DialTimeout, config.CommandTimeout = p.cfg.DialTimeout, p.cfg.CommandTimeout
	config.Window = maxUnanswered
	config.OnEvent = func(client.Event) {} // a relay has nothing to tell unasked
	config.Connect = p.cfg.connect
	if p.cfg.PublicOnly && config.Connect == nil {
		config.Connect = p.connectPublic
	}
	if socks := p.cfg.Socks; socks != nil && (p.cfg.SocksAlways || isOnion(host)) {
		connect, err := socks.dialer(&p.salt, r.key)
		if err != nil {
			return config, err
		}
		config.Connect = connect
		if p.cfg.PublicOnly {
			config.Connect = p.publicBehind(connect)
		}
	}
	return config, nil
}

// name is the relay's address in the log.
func (r *relay) name() string {
	port := r.address.Port
	if port == "" {
		port = client.DefaultPort
	}
	return net.JoinHostPort(r.address.Hosts[0], port)
}

// failed remembers that the relay could not be connected to, for longer each time. mu is held.
func (p *Pool) failed(r *relay, failure smp.Error, reason error) {
	if errors.Is(reason, errHost) {
		failure = smp.ErrBrokerHost
	}
	pause := maxRetry
	if r.failures < 12 { // 2^12 s is longer than an hour
		pause = min(maxRetry, minRetry<<r.failures)
	}
	if r.failures++; r.failures == 1 && p.ctx.Err() == nil {
		p.cfg.Log.Info("relay cannot be connected", "relay", r.name(), "error", reason)
	}
	r.state, r.session, r.failure = down, nil, failure
	r.retry = p.cfg.now().Add(pause + rand.N(pause/4))
}

// ended takes the end of a session. A relay that never answered counts as one that could not be connected to. mu is
// held.
func (p *Pool) ended(s *upstream) {
	r := s.relay
	if s.left {
		return
	}
	delete(p.sessions, string(s.key.SessionID))
	if s.answers.Load() {
		delete(p.relays, r.key)
		return
	}
	p.failed(r, forwardError(s.client.Err()), s.client.Err())
}

// forward sends one command and calls done once.
func (s *upstream) forward(corrID []byte, params smp.PFWDParams, done func([]byte, smp.Error)) {
	sent := time.Now()
	s.touch()
	s.unanswered.Add(1)
	s.pool.forwards.add(s.own, requested)
	err := s.client.Forward(corrID, params, func(encrypted []byte, err error) {
		s.unanswered.Add(-1)
		if err != nil {
			s.pool.forwards.add(s.own, forwardOutcome(err))
			s.judge(sent, err)
			done(nil, forwardError(err))
			return
		}
		s.answered()
		if len(encrypted) > smp.ForwardedEnvelope {
			s.pool.forwards.add(s.own, failedOther)
			done(nil, smp.ErrBrokerResponse(smp.ErrBlock.Error()))
			return
		}
		s.pool.forwards.add(s.own, succeeded)
		done(encrypted, smp.Error{})
	})
	if err != nil {
		s.unanswered.Add(-1)
		s.pool.forwards.add(s.own, failedOther)
		done(nil, forwardError(err))
	}
}

// answered notes that the relay does what it is there for.
func (s *upstream) answered() {
	if s.answers.CompareAndSwap(false, true) && s.failures > 0 {
		s.pool.cfg.Log.Info("relay answers again", "relay", s.relay.name(), "failures", s.failures)
	}
}

// judge notes that the relay answers errors, and gives up one that is silent.
func (s *upstream) judge(sent time.Time, err error) {
	var protocol smp.Error
	switch {
	case errors.As(err, &protocol):
		s.answered()
	case errors.Is(err, client.ErrTimeout) && s.client.LastReceived().Before(sent):
		s.stopping()
	}
}
