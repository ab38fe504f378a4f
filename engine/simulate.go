//go:build simulate

package engine

import (
	"math"
	"net"
	"net/netip"
	"time"

	"github.com/panjf2000/gnet/v2"

	"switchyard/engine/socket"
	"switchyard/shard"
	"switchyard/smp"
	"switchyard/tls"
)

// Simulated is a router whose network is simulated: loops and sessions are the real ones, and have their sockets, and the
// goroutines that gnet would give them, of who runs the simulation. It has neither listeners nor handshakes.
type Simulated struct {
	router *Router
	end    *tls.Conn // the router's of a connection whose handshake is done
	secret *[32]byte // of the SMP handshake's key
}

// SimulatedSocket is a connection of a simulated network.
type SimulatedSocket = socket.Simulated

// NewSimulated makes a router of these shards. All its sessions have the keys of one connection, of which end is the
// router's, and the same key of the SMP handshake.
func NewSimulated(shards *shard.Set, limits Limits, end *tls.Conn, secret *[32]byte) *Simulated {
	cfg := Config{Limits: limits, Loops: 1, Listen: []string{""}, KeyPair: new(tls.KeyPair), Store: noStore{}, InactiveTTL: -1}
	cfg, err := cfg.withDefaults()
	if err != nil {
		panic(err)
	}
	r := newRouter(cfg)
	r.shards = shards
	r.blockTimeout = math.MaxInt64 // time passes in leaps, while loops have not read what has arrived
	return &Simulated{router: r, end: end, secret: secret}
}

// noStore is for what asks whether there is one.
type noStore struct{ shard.Store }

// Open opens a session on a socket, as far as clients may give commands. Like all that follows it is called by the goroutine
// of the socket's loop.
func (s *Simulated) Open(c SimulatedSocket, v smp.Version) *shard.Client {
	s.router.OnOpen(c)
	end := *s.end
	session := c.Context().(*session)
	session.phase, session.tls = phaseHello, &end
	session.handshake.key = &sessionKey{secret: *s.secret}
	session.handshake.agreed = agreed{ok: true, version: v}
	session.agreed()
	return session.client
}

// Traffic and Closed are what gnet says of a connection.
func (s *Simulated) Traffic(c SimulatedSocket) { s.router.OnTraffic(c) }
func (s *Simulated) Closed(c SimulatedSocket)  { s.router.OnClose(c, nil) }

// LookAfter is what a loop does once a second.
func (s *Simulated) LookAfter(e gnet.EventLoop) {
	l := s.router.loopOf(e)
	l.lookAfter(time.Now())
	l.turn()
}

// StopInput and LeaveAll are what a loop does when the router stops: before its shards, and behind them.
func (s *Simulated) StopInput(e gnet.EventLoop) { s.router.loopOf(e).stopInput() }
func (s *Simulated) LeaveAll(e gnet.EventLoop)  { s.router.loopOf(e).leaveAll() }

// SimulatedSession is what a session is about.
type SimulatedSession struct {
	Open    bool
	Asked   int  // commands that are not answered
	Clogged bool // stands on the loop's list
	Waits   bool // its input is not taken
}

// Session looks at the session of a connection.
func (s *Simulated) Session(c SimulatedSocket) SimulatedSession {
	session := c.Context().(*session)
	return SimulatedSession{
		Open:    session.phase == phaseOpen,
		Asked:   session.asked,
		Clogged: session.clogged,
		Waits:   session.phase == phaseOpen && session.mustWait(1),
	}
}

// SimulatedTLS is both ends of a connection whose handshake is done. A copy of an end goes on from there by itself.
func SimulatedTLS() (server, client *tls.Conn, err error) {
	caPEM, caKey, err := tls.IssueCA(tls.Ed25519, "CA", "simulation", time.Now())
	if err != nil {
		return nil, nil, err
	}
	ca, err := tls.ParseKeyPair(caPEM, caKey)
	if err != nil {
		return nil, nil, err
	}
	leafPEM, leafKey, err := tls.IssueLeaf(ca, tls.Ed25519, "127.0.0.1", time.Now())
	if err != nil {
		return nil, nil, err
	}
	pair, err := tls.ParseKeyPair(append(leafPEM, caPEM...), leafKey)
	if err != nil {
		return nil, nil, err
	}
	suites := []tls.CipherSuite{tls.AES128GCMSHA256}
	server = tls.NewServer(&tls.Config{Certificates: []*tls.KeyPair{pair}, ALPN: []string{"smp/1"}, CipherSuites: suites})
	client = tls.NewClient(&tls.Config{ALPN: []string{"smp/1"}, CipherSuites: suites, VerifyPeer: func([][]byte) error { return nil }})
	var toServer, toClient []byte
	for err == nil && !(server.HandshakeDone() && client.HandshakeDone()) {
		n := 0
		if n, toServer, err = client.Advance(toClient, toServer); err == nil {
			toClient = toClient[n:]
			n, toClient, err = server.Advance(toServer, toClient)
			toServer = toServer[n:]
		}
	}
	return server, client, err
}

// SimulatedAddress is the address of a client.
func SimulatedAddress(number int) net.Addr {
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(number)}), 1024))
}
