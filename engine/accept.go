package engine

import (
	"net"

	"github.com/panjf2000/gnet/v2"

	"switchyard/server/listen"
)

// gnet's own listeners end the engine, and so the router, when accept fails, as it does when the process has as many
// files open as it may. So the router listens itself, and gnet's loops get connections that are established.

// newGate is what decides on connections.
func newGate(cfg *Config) *listen.Gate {
	return listen.NewGate(listen.Config{
		Limits: cfg.Limits.Limits, Creations: cfg.Limits.SourceQueues,
		Causes: ownCauses, Refusals: ownRefusals, Log: cfg.Log,
	})
}

// enroll gives a connection to the loop that has the fewest, and returns when that has it, so that loops that have enough to
// do leave connections in the kernel. An error means that no loop has heard of it.
func enroll(loops *gnet.Client, c net.Conn, s *listen.Source) error {
	c = listen.Socket(c) // gnet knows the types of package net
	// gnet returns the memory of zones to a pool of its own, from which these are not.
	for _, addr := range []net.Addr{c.LocalAddr(), c.RemoteAddr()} {
		if tcp, ok := addr.(*net.TCPAddr); ok {
			tcp.Zone = ""
		}
	}
	_, err := loops.EnrollContext(c, s)
	return err
}
