package listen

import (
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
	stopping  chan struct{}
	stop      sync.Once
}

// Accept gives the connections of listeners to take, until Stop. Some wait in take at a time; while all do, connections stay
// in the kernel. What take has accepted it ends with Leave; an error means that it has not, and closed the connection.
func (g *Gate) Accept(listeners []net.Listener, take func(net.Conn, *Source) error) *Acceptor {
	a := &Acceptor{gate: g, take: take, listeners: listeners, stopping: make(chan struct{})}
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
	a.stop.Do(func() { close(a.stopping) })
	Close(a.listeners)
	a.running.Wait()
}

func (a *Acceptor) accept(l net.Listener) {
	for {
		c, s, err := a.gate.next(l, a.stopping)
		if err != nil {
			return
		}
		if err := a.take(c, s); err != nil {
			a.gate.unmake(s)
			a.gate.failed(err, a.stopping)
		}
	}
}

// next is the next connection that may come in. An error means that the listener is closed.
func (g *Gate) next(l net.Listener, stopping <-chan struct{}) (net.Conn, *Source, error) {
	for {
		c, err := l.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil, nil, err
		case err != nil:
			g.failed(err, stopping)
			continue
		}
		s, ok := g.Enter(c.RemoteAddr())
		if ok {
			return c, s, nil
		}
		_ = c.Close()
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
