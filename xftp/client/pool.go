package client

import (
	"context"
	"errors"
	"io/fs"
	"sync"
	"time"

	"switchyard/smp"
	"switchyard/xftp"
)

// Pool makes connections when they are needed and keeps them: up to perRouter for each router.
type Pool struct {
	// Attempts is how often a command is tried in all; 0 means DefaultAttempts.
	Attempts int
	// Connect replaces the dialer of connections.
	Connect Config
	// Log hears of attempts that failed; nil: nobody.
	Log func(format string, args ...any)

	mu   sync.Mutex
	idle map[string][]*Conn
}

// DefaultAttempts is the reference's number of attempts.
const DefaultAttempts = 3

// pauseUnit is how long the first pause between attempts is; each further one is twice as long. A router that restarts
// needs some.
const pauseUnit = 200 * time.Millisecond

// take returns a connection that nobody else has.
func (p *Pool) take(ctx context.Context, server *smp.ServerAddress) (*Conn, error) {
	key := server.String()
	p.mu.Lock()
	for conns := p.idle[key]; len(conns) > 0; conns = p.idle[key] {
		c := conns[len(conns)-1]
		p.idle[key] = conns[:len(conns)-1]
		if len(p.idle[key]) == 0 {
			delete(p.idle, key)
		}
		if c.Usable() {
			p.mu.Unlock()
			return c, nil
		}
		c.Close()
	}
	p.mu.Unlock()
	cfg := p.Connect
	cfg.Address = *server
	return Dial(ctx, cfg)
}

func (p *Pool) log(format string, args ...any) {
	if p.Log != nil {
		p.Log(format, args...)
	}
}

// maxIdle is how many connections are kept in all: a description may name any number of routers.
const maxIdle = 2 * maxParallel

// put gives a connection back.
func (p *Pool) put(server *smp.ServerAddress, c *Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	kept := 0
	for _, conns := range p.idle {
		kept += len(conns)
	}
	if kept >= maxIdle {
		c.Close()
		return
	}
	if p.idle == nil {
		p.idle = make(map[string][]*Conn)
	}
	key := server.String()
	p.idle[key] = append(p.idle[key], c)
}

// Close closes the connections that are not in use.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conns := range p.idle {
		for _, c := range conns {
			c.Close()
		}
	}
	p.idle = nil
}

// with runs a command of a step on a connection of its own, again on a new one when it fails for a reason that may pass.
func (p *Pool) with(ctx context.Context, step Step, server *smp.ServerAddress, run func(*Conn) error) error {
	attempts := p.Attempts
	if attempts == 0 {
		attempts = DefaultAttempts
	}
	for n := 1; ; n++ {
		err := answered(step, server, p.once(ctx, server, run))
		if err == nil || n >= attempts || permanent(err) || ctx.Err() != nil {
			return err
		}
		p.log("attempt %d of %d failed: %v", n, attempts, err)
		pause := time.NewTimer(pauseUnit << min(n-1, 6))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return err
		}
	}
}

func (p *Pool) once(ctx context.Context, server *smp.ServerAddress, run func(*Conn) error) error {
	c, err := p.take(ctx, server)
	if err != nil {
		return err
	}
	err = run(c)
	var e xftp.Error
	if err != nil && !errors.As(err, &e) {
		c.Close()
		return err
	}
	p.put(server, c)
	return err
}

// permanent tells errors that another attempt cannot mend.
func permanent(err error) bool {
	var e xftp.Error
	var h *HelloError
	var local *fs.PathError // a disk of ours
	switch {
	case errors.As(err, &h), errors.As(err, &local):
		return true
	case errors.As(err, &e):
		return e != xftp.ErrTimeout && e != xftp.ErrInternal && e != xftp.ErrFileIO && e != xftp.ErrSession && e != xftp.ErrHandshake
	}
	return false
}
