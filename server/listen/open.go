package listen

import (
	"context"
	"errors"
	"net"
	"syscall"
	"time"
)

// A peer that has gone without a word is found out by TCP, in the end after ten minutes: a connection with a subscription
// has no other end.
const (
	keepAliveIdle     = 5 * time.Minute
	keepAliveInterval = time.Minute
	keepAliveCount    = 5
)

// Open opens the listeners of all addresses, each HOST:PORT, or none. Without a host it is every address of the machine,
// 0.0.0.0 is every one of IPv4, and :: every one of IPv6. This package says so itself, as for package net these are the
// same, and which family that is depends on whether there are loopback addresses of both.
func Open(addrs []string) (all []net.Listener, err error) {
	for _, addr := range addrs {
		l, err := open(listenConfig, addr)
		if err != nil {
			Close(all)
			return nil, &Error{Addr: addr, Err: err}
		}
		all = append(all, l)
	}
	return all, nil
}

func open(config net.ListenConfig, addr string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	config.SetMultipathTCP(false)
	network := "tcp"
	if ip := net.ParseIP(host); ip.IsUnspecified() {
		network = "tcp6"
		if ip.To4() != nil {
			network = "tcp4"
		}
	}
	if host != "" {
		return config.Listen(context.Background(), network, addr)
	}
	both := config
	both.Control = bothFamilies(config.Control)
	l, err := both.Listen(context.Background(), "tcp6", addr)
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EAFNOSUPPORT) || errors.Is(err, syscall.EADDRNOTAVAIL) {
		return config.Listen(context.Background(), "tcp4", addr) // of a system without IPv6
	}
	return l, err
}

// Close closes listeners.
func Close(all []net.Listener) {
	for _, l := range all {
		_ = l.Close()
	}
}

// Error is a failure to listen on an address.
type Error struct {
	Addr string
	Err  error
}

func (e *Error) Error() string { return "listen on " + e.Addr + ": " + e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }
