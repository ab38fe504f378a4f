//go:build !simulate

package listen

import (
	"net"
	"net/http"
	"sync"
)

// Listener has a gate decide on the connections of a listener, for servers of the standard library.
func (g *Gate) Listener(l net.Listener) net.Listener {
	t := &listener{Listener: l, taken: make(chan net.Conn), closing: make(chan struct{})}
	t.acceptor = g.Accept([]net.Listener{l}, func(c net.Conn, s *Source) error {
		select {
		case t.taken <- &conn{Conn: c, leave: sync.OnceFunc(func() { g.Leave(s, CauseServed) })}:
		case <-t.closing:
			_ = c.Close()
			g.Leave(s, CauseStop)
		}
		return nil
	})
	return t
}

type listener struct {
	net.Listener
	acceptor *Acceptor
	taken    chan net.Conn
	closing  chan struct{}
	close    sync.Once
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.taken:
		return c, nil
	case <-l.closing:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.close.Do(func() {
		close(l.closing)
		l.acceptor.Stop()
	})
	return nil
}

// Handler lends a file to each request of a handler that opens one.
func (g *Gate) Handler(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if !g.Borrow() {
			http.Error(w, "too many requests at a time", http.StatusServiceUnavailable)
			return
		}
		defer g.Return()
		h.ServeHTTP(w, q)
	})
}
