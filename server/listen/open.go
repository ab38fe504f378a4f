package listen

import (
	"context"
	"net"
	"time"
)

// A peer that has gone without a word is found out by TCP, in the end after ten minutes: a connection with a subscription
// has no other end.
const (
	keepAliveIdle     = 5 * time.Minute
	keepAliveInterval = time.Minute
	keepAliveCount    = 5
)

// Open opens the listeners of all addresses, each HOST:PORT, or none.
func Open(addrs []string) (all []net.Listener, err error) {
	config := listenConfig
	config.SetMultipathTCP(false)
	for _, addr := range addrs {
		l, err := config.Listen(context.Background(), "tcp", addr)
		if err != nil {
			Close(all)
			return nil, &Error{Addr: addr, Err: err}
		}
		all = append(all, l)
	}
	return all, nil
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
