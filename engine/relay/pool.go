package relay

import (
	"context"
	"crypto/rand"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/smp"
)

// Pool is the relays of a proxy. Its methods may be called by several goroutines at a time.
type Pool struct {
	cfg   Config
	begun time.Time
	salt  [32]byte // of the user names for the SOCKS proxy
	ctx   context.Context
	stop  context.CancelFunc

	unanswered atomic.Int64 // commands, of all relays
	refused    [refusals]atomic.Int64
	connects   tally // PRXY
	forwards   tally // PFWD
	running    sync.WaitGroup

	mu       sync.RWMutex
	relays   map[string]*relay    // by address in its binary form
	sessions map[string]*upstream // by session ID
	dials    int                  // attempts under way
	closed   bool
}

// relay is a destination, known by its address value. Pool.mu guards it.
type relay struct {
	key     string
	address smp.ServerAddress

	state    state
	waiting  []connected // while connecting
	session  *upstream   // while up
	failure  smp.Error   // while down
	retry    time.Time   // end of down
	failures int         // in sequence
}

type state uint8

const (
	connecting state = iota
	up
	down
)

// connected takes the outcome of Connect: what PKEY says, or the error to answer.
type connected func(key *smp.PKey, err smp.Error)

// NewPool makes a pool without connections.
func NewPool(cfg Config) *Pool {
	p := &Pool{cfg: cfg.withDefaults(), relays: make(map[string]*relay), sessions: make(map[string]*upstream)}
	p.begun = p.cfg.now()
	_, _ = rand.Read(p.salt[:]) // never fails
	p.ctx, p.stop = context.WithCancel(context.Background())
	p.running.Go(p.sweepOften)
	return p
}

// passed is the time since the pool's begin, in nanoseconds.
func (p *Pool) passed(t time.Time) int64 { return int64(t.Sub(p.begun)) }

// Close ends all sessions and attempts, and returns when their callbacks have run.
func (p *Pool) Close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.stop()
	p.running.Wait()
}

// Connect asks for a session with the relay at an address, as PRXY does, and calls done once, which may be at once. The
// PKey is shared and must not be changed.
func (p *Pool) Connect(address *smp.ServerAddress, done connected) {
	done = p.counted(address, done)
	key := string(smp.AppendServerAddress(nil, address))
	p.mu.Lock()
	r := p.relays[key]
	switch {
	case p.closed:
		p.mu.Unlock()
		done(nil, smp.ErrBrokerNetwork)
	case r != nil && r.state == up:
		s := r.session
		p.mu.Unlock()
		s.touch()
		done(&s.key, smp.Error{})
	case r != nil && r.state == connecting && len(r.waiting) < maxWaiting:
		r.waiting = append(r.waiting, done)
		p.mu.Unlock()
	case r != nil && r.state == down && p.cfg.now().Before(r.retry):
		err := r.failure
		p.mu.Unlock()
		done(nil, err)
	case r != nil && r.state == connecting:
		p.mu.Unlock()
		p.refuse(refusedWaiting, done)
	case !p.roomForDial():
		p.mu.Unlock()
		p.refuse(refusedDials, done)
	case r == nil && !p.roomForRelay():
		p.mu.Unlock()
		p.refuse(refusedRelays, done)
	default:
		if r == nil {
			r = &relay{key: key, address: *address}
			p.relays[key] = r
		}
		r.state, r.waiting = connecting, []connected{done}
		p.dials++
		p.running.Go(func() { p.serve(r) })
		p.mu.Unlock()
	}
}

// Forward sends the parameters of a PFWD with its correlation ID to the relay of the session, and calls done once,
// which may be at once: with the end of PRES, valid until done returns, or the error to answer.
func (p *Pool) Forward(sessionID, corrID []byte, params smp.PFWDParams, done func(encrypted []byte, err smp.Error)) {
	p.mu.RLock()
	s := p.sessions[string(sessionID)]
	p.mu.RUnlock()
	switch {
	case s == nil || s.client.Err() != nil:
		p.forwards.add(false, requested)
		p.forwards.add(false, failedConnect)
		done(nil, smp.ErrProxyNoSession)
	case p.unanswered.Add(1) > maxForwards:
		p.unanswered.Add(-1)
		p.refused[refusedForwards].Add(1)
		p.forwards.add(s.own, requested)
		p.forwards.add(s.own, failedOther)
		done(nil, smp.ErrBrokerTimeout)
	default:
		s.forward(corrID, params, func(encrypted []byte, err smp.Error) {
			p.unanswered.Add(-1)
			done(encrypted, err)
		})
	}
}

// roomForDial tells whether another attempt may begin, for which an idle session may have to go. mu is held.
func (p *Pool) roomForDial() bool {
	if p.dials >= maxDials {
		return false
	}
	if p.dials+len(p.sessions) < maxSessions {
		return true
	}
	s := oldest(p.sessions, func(s *upstream) (int64, bool) { return s.used.Load(), s.unanswered.Load() == 0 })
	if s == nil {
		return false
	}
	p.forget(s)
	return true
}

// roomForRelay tells whether another relay may be remembered, for which one that is down may have to be forgotten. mu
// is held.
func (p *Pool) roomForRelay() bool {
	if len(p.relays) < maxRelays {
		return true
	}
	r := oldest(p.relays, func(r *relay) (int64, bool) { return p.passed(r.retry), r.state == down })
	if r != nil {
		delete(p.relays, r.key)
	}
	return r != nil
}

// sample is how many entries of a full map are looked at for one to give up.
const sample = 64

// oldest is the least in age among a sample of those that may go; the zero value when none may.
func oldest[V any](m map[string]V, age func(V) (int64, bool)) (best V) {
	least, looked := int64(0), 0
	found := false
	for _, v := range m { // in random order
		if a, ok := age(v); ok && (!found || a < least) {
			best, least, found = v, a, true
		}
		if looked++; looked == sample {
			break
		}
	}
	return best
}

// forget takes a session that ends by our own will out of the maps. mu is held.
func (p *Pool) forget(s *upstream) {
	delete(p.sessions, string(s.key.SessionID))
	if p.relays[s.relay.key] == s.relay {
		delete(p.relays, s.relay.key)
	}
	s.left = true
	s.stopping()
}

func (p *Pool) sweepOften() {
	t := time.NewTicker(sweepTime)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			p.sweep()
		case <-p.ctx.Done():
			return
		}
	}
}

// sweep closes sessions that were idle for long.
func (p *Pool) sweep() {
	before := p.passed(p.cfg.now().Add(-idleTime))
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.sessions {
		if s.used.Load() < before && s.unanswered.Load() == 0 {
			p.forget(s)
		}
	}
}

// refuse answers PRXY that exceeds a limit.
func (p *Pool) refuse(why refusal, done connected) {
	p.refused[why].Add(1)
	done(nil, smp.ErrBrokerTimeout)
}

// refusal is a limit that was met. Its name is that of its counter.
type refusal uint8

const (
	refusedDials    refusal = iota // as many attempts to connect or sessions as there may be
	refusedRelays                  // as many relays are known as may be
	refusedWaiting                 // as many clients wait for one relay as may
	refusedForwards                // as many commands are without an answer as may be
	refusedPrivate                 // the relay has an address that is not public
	refusals
)

var refusalNames = [refusals]string{
	refusedDials: "dials", refusedRelays: "known", refusedWaiting: "waiting", refusedForwards: "forwards",
	refusedPrivate: "private",
}

// Stats is a reading of the pool.
type Stats struct {
	Sessions   int              // relays that are connected
	Down       int              // relays that are remembered as dead
	Unanswered int64            // commands under way
	Refused    map[string]int64 // by the name of the limit
}

// Stats reads the pool.
func (p *Pool) Stats() Stats {
	p.mu.RLock()
	defer p.mu.RUnlock()
	s := Stats{Sessions: len(p.sessions), Unanswered: p.unanswered.Load(), Refused: make(map[string]int64, refusals)}
	for why := range refusals {
		s.Refused[refusalNames[why]] = p.refused[why].Load()
	}
	for _, r := range p.relays {
		if r.state == down {
			s.Down++
		}
	}
	return s
}
