package engine

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/panjf2000/gnet/v2"
)

// gnet's own listeners end the engine, and so the router, when accept fails, as it does when the process has as many
// files open as it may. So the router listens itself, and gnet's loops get connections that are established.

// acceptors take connections from listeners and give them to the loops.
type acceptors struct {
	router    *Router
	loops     *gnet.Client
	listeners []net.Listener
	running   sync.WaitGroup
}

// listen opens the listeners of all addresses.
func listen(addrs []string) (all []net.Listener, err error) {
	config := listenConfig
	config.SetMultipathTCP(false)
	for _, addr := range addrs {
		l, err := config.Listen(context.Background(), "tcp", addr)
		if err != nil {
			closeListeners(all)
			return nil, &ListenError{Addr: addr, Err: err}
		}
		all = append(all, l)
	}
	return all, nil
}

func closeListeners(all []net.Listener) {
	for _, l := range all {
		_ = l.Close()
	}
}

// ListenError is a failure to listen on an address.
type ListenError struct {
	Addr string
	Err  error
}

func (e *ListenError) Error() string { return "engine: listen on " + e.Addr + ": " + e.Err.Error() }
func (e *ListenError) Unwrap() error { return e.Err }

// start accepts until stop. A goroutine waits until a loop has taken its connection, so that loops that have enough to do
// leave connections in the kernel.
func (a *acceptors) start() {
	for _, l := range a.listeners {
		for range acceptorsEach {
			a.running.Go(func() { a.accept(l) })
		}
	}
}

// stop ends the accepting. The loops have to run until it returns.
func (a *acceptors) stop() {
	closeListeners(a.listeners)
	a.running.Wait()
}

func (a *acceptors) accept(l net.Listener) {
	r := a.router
	for {
		c, err := l.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			a.failed(err)
		case r.counts.open.Load() >= int64(r.cfg.MaxConnections):
			r.counts.accepted.Add(1)
			r.counts.closed[CauseFull].Add(1)
			_ = c.Close()
		default:
			a.admit(c)
		}
	}
}

// admit takes a connection, unless its source has enough of them.
func (a *acceptors) admit(c net.Conn) {
	r := a.router
	s, ok := r.sources.enter(c.RemoteAddr())
	if !ok {
		r.counts.accepted.Add(1)
		r.counts.closed[CauseSource].Add(1)
		_ = c.Close()
		return
	}
	if err := a.enroll(c, s); err != nil {
		r.sources.leave(s)
		a.failed(err)
	}
}

// enroll gives a connection to the loop that has the fewest. An error means that no loop has heard of it.
func (a *acceptors) enroll(c net.Conn, s *source) error {
	// gnet returns the memory of zones to a pool of its own, from which these are not.
	for _, addr := range []net.Addr{c.LocalAddr(), c.RemoteAddr()} {
		if tcp, ok := addr.(*net.TCPAddr); ok {
			tcp.Zone = ""
		}
	}
	_, err := a.loops.EnrollContext(c, s)
	return err
}

// failed pauses after a failure, which is most likely that too many files are open.
func (a *acceptors) failed(err error) {
	r := a.router
	if r.counts.acceptErrors.Add(1) == 1 {
		r.cfg.Log.Error("a connection cannot be accepted; further failures are only counted", "error", err)
	}
	select {
	case <-r.stopping:
	case <-time.After(acceptPause):
	}
}
