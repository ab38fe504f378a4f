package listen

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"switchyard/server/crash"
)

const (
	// acceptorsEach is how many connections of one listener may wait until they are taken.
	acceptorsEach = 8
	// acceptPause is how long an acceptor waits after a failure.
	acceptPause = 100 * time.Millisecond
)

// Acceptor takes connections from listeners.
type Acceptor struct {
	gate      *Gate
	take      func(net.Conn, *Source) error
	listeners []net.Listener
	running   sync.WaitGroup
	headers   chan struct{}   // of proxies that are being read
	ctx       context.Context // ends when Stop begins
	stop      context.CancelFunc
}

// Accept gives the connections of listeners to take, until Stop. Some wait in take at a time; while all do, connections stay
// in the kernel. What take has accepted it ends with Leave; an error means that it has not, and closed the connection.
func (g *Gate) Accept(listeners []net.Listener, take func(net.Conn, *Source) error) *Acceptor {
	a := &Acceptor{gate: g, take: take, listeners: listeners, headers: make(chan struct{}, headersTogether)}
	a.ctx, a.stop = context.WithCancel(context.Background())
	for _, l := range listeners {
		for range acceptorsEach {
			a.running.Go(func() {
				defer crash.Report()
				a.accept(l)
			})
		}
	}
	return a
}

// Stop closes the listeners and waits until nothing is in take any more.
func (a *Acceptor) Stop() {
	a.stop()
	Close(a.listeners)
	a.running.Wait()
}

// accept takes connections until the listener is closed.
func (a *Acceptor) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			a.gate.failed(err, a.ctx.Done())
		case !a.gate.admit():
			_ = c.Close()
		case a.gate.rules.Load().isProxy(c.RemoteAddr()):
			a.hear(c)
		default:
			a.enter(c)
		}
	}
}

// enter gives a connection to take, unless there are as many of its source as there may be.
func (a *Acceptor) enter(c net.Conn) {
	s, ok := a.gate.from.enter(c.RemoteAddr())
	if !ok {
		a.gate.refuse(c, CauseSource)
		return
	}
	if err := a.take(c, s); err != nil {
		a.gate.unmake(s)
		a.gate.failed(err, a.ctx.Done())
	}
}

// unmake forgets a connection that nobody has taken.
func (g *Gate) unmake(s *Source) {
	g.from.leave(s)
	g.open.Add(-1)
	g.accepted.Add(-1)
}

// failed pauses after a failure, which is most likely that too many files are open.
func (g *Gate) failed(err error, stopping <-chan struct{}) {
	g.failures.Add(1)
	if n, due := g.failing.due(); due {
		g.log.Error("connections cannot be accepted", "error", err, "times", n)
	}
	pause := time.NewTimer(acceptPause)
	defer pause.Stop()
	select {
	case <-stopping:
	case <-pause.C:
	}
}
