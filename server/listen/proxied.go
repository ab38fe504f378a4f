package listen

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"syscall"
	"time"

	"switchyard/server/crash"
)

const (
	// headersTogether is how many headers of proxies are awaited at a time by all listeners of an acceptor.
	headersTogether = 1024
	// headerTimeout is what a proxy has to say its header, from the accept on: it says it at once.
	headerTimeout = 5 * time.Second
)

// proxied is a connection that a proxy has passed on, from the address that its header names.
type proxied struct {
	net.Conn
	from net.Addr
}

func (c *proxied) RemoteAddr() net.Addr { return c.from }

// SyscallConn is for those who set options of the socket.
func (c *proxied) SyscallConn() (syscall.RawConn, error) {
	if s, ok := c.Conn.(syscall.Conn); ok {
		return s.SyscallConn()
	}
	return nil, errors.ErrUnsupported
}

// CloseWrite ends what is sent.
func (c *proxied) CloseWrite() error { return closeWrite(c.Conn) }

// Socket is the connection below one that an Acceptor has given, for those who need the type that package net gave it.
func Socket(c net.Conn) net.Conn {
	if p, ok := c.(*proxied); ok {
		return p.Conn
	}
	return c
}

// isProxy tells whether connections from an address begin with a PROXY header.
func (r *rules) isProxy(addr net.Addr) bool {
	if len(r.Proxies) == 0 {
		return false
	}
	ip, ok := addressOf(addr)
	return ok && slices.ContainsFunc(r.Proxies, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// hear reads the header of a connection from a proxy, without the acceptor waiting for it, and lets the connection in.
func (a *Acceptor) hear(c net.Conn) {
	select {
	case a.headers <- struct{}{}:
	default:
		a.gate.refuse(c, CauseProxyBusy)
		return
	}
	a.running.Go(func() {
		defer crash.Report()
		defer func() { <-a.headers }()
		from, err := a.header(c)
		if err != nil {
			a.gate.refuse(c, a.causeOf(err))
			return
		}
		if from != nil {
			c = &proxied{Conn: c, from: from}
		}
		a.enter(c)
	})
}

// header reads a header within its time; it ends at once when the acceptor stops.
func (a *Acceptor) header(c net.Conn) (from *net.TCPAddr, err error) {
	if err := c.SetReadDeadline(time.Now().Add(headerTimeout)); err != nil {
		return nil, err
	}
	awaited := context.AfterFunc(a.ctx, func() { _ = c.SetReadDeadline(time.Unix(1, 0)) })
	defer awaited()
	if from, err = readHeader(c); err != nil {
		return nil, err
	}
	return from, c.SetReadDeadline(time.Time{})
}

// causeOf is why a connection ends whose header could not be read.
func (a *Acceptor) causeOf(err error) Cause {
	switch {
	case a.ctx.Err() != nil:
		return CauseStop
	case errors.Is(err, os.ErrDeadlineExceeded):
		return CauseProxyTimeout
	case errors.Is(err, errNoHeader), errors.Is(err, syscall.ECONNRESET):
		return CausePeer
	}
	return CauseProxyHeader
}

func closeWrite(c net.Conn) error {
	if w, ok := c.(interface{ CloseWrite() error }); ok {
		return w.CloseWrite()
	}
	return nil
}
