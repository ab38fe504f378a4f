package engine

import (
	"bytes"
	"net"

	"github.com/panjf2000/gnet/v2"

	"switchyard/server/listen"
	"switchyard/tls"
)

// gnet's own listeners end the engine, and so the router, when accept fails, as it does when the process has as many
// files open as it may. So the router listens itself, and gnet's loops get connections that are established.

// newGate is what decides on connections.
func newGate(cfg *Config) *listen.Gate {
	return listen.NewGate(listen.Config{
		Limits: cfg.Limits.Limits, Creations: cfg.Limits.SourceQueues, Requests: cfg.SiteFiles,
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

// isOurs tells whether a connection of a port that a site shares is a client's, by the ClientHello: browsers send a server name.
// A browser's leaves the loop. False is also said while too little has come to tell.
func (s *session) isOurs(in []byte) bool {
	if s.loop.router.cfg.Site.Ready() {
		switch tls.LookAtHello(in) {
		case tls.HelloIncomplete:
			return false
		case tls.HelloNamed:
			s.handOver(in)
			return false
		}
	}
	s.handshake.shared = false
	return true
}

// handOver leaves the connection to the site, with what came and its place in the gate.
func (s *session) handOver(in []byte) {
	gate, source := s.loop.router.gate, s.source
	fd, err := s.conn.Dup()
	if err != nil || !s.loop.router.cfg.Site.Hand(fd, bytes.Clone(in), func() { gate.Leave(source, listen.CauseServed) }) {
		s.drop(CauseBusy)
		return
	}
	s.quit()
	_ = s.loop.events.Close(s.conn.Conn) // the copy stays open
}
