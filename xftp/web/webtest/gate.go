package webtest

import (
	"io"
	"net"
	"sync"
	"testing"
)

// Gate stands before a router, and can be shut: connections break then, and new ones do too.
type Gate struct {
	router   string // address
	listener net.Listener

	mu    sync.Mutex
	shut  bool
	limit int64         // bytes to the router after which it shuts itself; 0: none
	full  chan struct{} // is closed then
	conns map[net.Conn]struct{}
}

func newGate(t testing.TB, router string) *Gate {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	g := &Gate{router: router, listener: l, conns: make(map[net.Conn]struct{})}
	go g.accept()
	t.Cleanup(func() { l.Close(); g.Shut() })
	return g
}

func (g *Gate) port() string {
	_, port, _ := net.SplitHostPort(g.listener.Addr().String())
	return port
}

// Shut breaks all connections, and those to come.
func (g *Gate) Shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shutLocked()
}

func (g *Gate) shutLocked() {
	g.shut = true
	for c := range g.conns {
		c.Close()
	}
	clear(g.conns)
}

// Open lets connections through again.
func (g *Gate) Open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = false
}

// ShutAfter shuts the gate after n more bytes to the router; the channel is closed then.
func (g *Gate) ShutAfter(n int64) <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.limit, g.full = n, make(chan struct{})
	return g.full
}

func (g *Gate) accept() {
	for {
		client, err := g.listener.Accept()
		if err != nil {
			return
		}
		go g.serve(client)
	}
}

func (g *Gate) serve(client net.Conn) {
	defer client.Close()
	router, err := net.Dial("tcp", g.router)
	if err != nil {
		return
	}
	defer router.Close()
	if !g.enter(client, router) {
		return
	}
	go func() {
		io.Copy(client, router)
		client.Close()
	}()
	io.Copy(counter{router, g}, client)
}

// enter notes connections for Shut, unless the gate is shut.
func (g *Gate) enter(conns ...net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range conns {
		if !g.shut {
			g.conns[c] = struct{}{}
		}
	}
	return !g.shut
}

// counter counts what goes to the router.
type counter struct {
	io.Writer
	g *Gate
}

func (c counter) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	c.g.mu.Lock()
	defer c.g.mu.Unlock()
	if c.g.limit > 0 {
		if c.g.limit -= int64(n); c.g.limit <= 0 {
			c.g.limit = 0
			c.g.shutLocked()
			close(c.g.full)
		}
	}
	return n, err
}
