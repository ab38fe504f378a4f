package loadtest

import (
	"context"
	"net"
	"sync"
)

// mortals are the TCP connections of clients that can be killed: what the router sees is what the kernel does to the
// connections of a killed process. No close_notify is sent, and handshakes may end half done.
type mortals struct {
	mu   sync.Mutex
	open map[*mortal]struct{}
}

// mortal is one of them.
type mortal struct {
	*net.TCPConn
	link int // whose it is
	of   *mortals
}

func newMortals() *mortals { return &mortals{open: make(map[*mortal]struct{})} }

// connect makes the connections of a link.
func (m *mortals) connect(link int) func(context.Context, string) (net.Conn, error) {
	return func(ctx context.Context, address string) (net.Conn, error) {
		var d net.Dialer
		conn, err := d.DialContext(ctx, "tcp", address)
		if err != nil {
			return nil, err
		}
		c := &mortal{conn.(*net.TCPConn), link, m}
		m.mu.Lock()
		m.open[c] = struct{}{}
		m.mu.Unlock()
		return c, nil
	}
}

// Close implements net.Conn.
func (c *mortal) Close() error {
	c.of.mu.Lock()
	delete(c.of.open, c)
	c.of.mu.Unlock()
	return c.TCPConn.Close()
}

// kill ends the connections of a link. With reset whatever was not sent or read is discarded and the router gets RST, as
// from a process that leaves something unread; else it gets FIN behind what was sent.
func (m *mortals) kill(link int, reset bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for c := range m.open {
		if c.link != link {
			continue
		}
		if reset {
			_ = c.SetLinger(0) // it may have ended
		}
		_ = c.TCPConn.Close()
	}
}
