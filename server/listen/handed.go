package listen

import (
	"net"
	"os"
	"sync"
)

// handedWaiting is how many handed connections may wait for the server that takes them.
const handedWaiting = 128

// Handed is a listener of connections that a router has accepted, begun to read and found to be for another server: a port
// that two protocols share.
type Handed struct {
	ready   func() bool
	waiting chan handed

	mu     sync.Mutex // of Hand and Close: nothing is left in waiting
	closed chan struct{}
	shut   bool
}

// handed is a connection that waits.
type handed struct {
	fd    int
	read  []byte
	leave func()
}

// NewHanded makes one for a server that says whether it can take connections at the moment.
func NewHanded(ready func() bool) *Handed {
	return &Handed{ready: ready, waiting: make(chan handed, handedWaiting), closed: make(chan struct{})}
}

// Ready tells whether connections may be handed.
func (h *Handed) Ready() bool { return h.ready() }

// Hand gives a socket, what was read of it, which the server reads first, and what ends the connection's place in the gate.
// It never waits. When it says false the socket is closed, and leave was not called.
func (h *Handed) Hand(fd int, read []byte, leave func()) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.shut {
		select {
		case h.waiting <- handed{fd, read, leave}:
			return true
		default:
		}
	}
	closeSocket(fd)
	return false
}

// Accept implements net.Listener.
func (h *Handed) Accept() (net.Conn, error) {
	for {
		select {
		case w := <-h.waiting:
			file := os.NewFile(uintptr(w.fd), "")
			c, err := net.FileConn(file)
			_ = file.Close()
			if err == nil {
				return &conn{Conn: c, read: w.read, leave: sync.OnceFunc(w.leave)}, nil
			}
			w.leave() // the peer has gone
		case <-h.closed:
			return nil, net.ErrClosed
		}
	}
}

// Close implements net.Listener. Connections that wait are closed.
func (h *Handed) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.shut {
		return nil
	}
	h.shut = true
	close(h.closed)
	for {
		select {
		case w := <-h.waiting:
			closeSocket(w.fd)
			w.leave()
		default:
			return nil
		}
	}
}

// Addr implements net.Listener. Connections come from several addresses.
func (h *Handed) Addr() net.Addr { return &net.TCPAddr{} }

func closeSocket(fd int) { _ = os.NewFile(uintptr(fd), "").Close() }
