package engine

import (
	"net"
	"slices"
	"time"

	"github.com/panjf2000/gnet/v2"

	"switchyard/box"
	"switchyard/engine/socket"
	"switchyard/engine/websocket"
	"switchyard/server/listen"
	"switchyard/shard"
	"switchyard/smp"
	"switchyard/tls"
)

// phase is how far a connection has come.
type phase uint8

const (
	phaseTLS   phase = iota // TLS handshake
	phaseHello              // our hello is sent, the client's is awaited
	phaseOpen               // transmissions
	phaseClosed
)

// session is one connection. It belongs to its loop, and so do its buffers, with two exceptions: a worker has those of the
// handshake while busy is set, and shards read the commands of a block. An idle session holds none of them.
//
//	buffer                      holds                       who may touch it, and when
//	gnet's inbound (conn.Peek)  records that came           loop, from Peek to Discard; records are opened in place
//	handshake.in, out           a copy of them, the answer  worker while busy; the loop before and behind that
//	web                         frames that came            loop; a message is part of it until Trim
//	part                        of a block what has come    loop, until the block is whole
//	a batch's Block             content of a block          loop until gather; then shards read it, and the last releases it
//	replies of a shard.Group    heads and bodies            loop from Deliver to Release of the group
//	relayedReply.buffer         a relay's answer            who made it until relay; then the loop
//	loop.scratch                an answer of the loop's     loop, until reply has copied it
//	out                         answers, not yet sealed     loop, until seal
//	sealed                      blocks, not yet written     loop, until writeSealed; gnet copies what the socket leaves
//	gnet's outbound             what the socket left        gnet
//
// part, Blocks and the buffers of relayed replies are shard.Buffers, out and sealed are outBlocks; both come from pools and go
// back by Release.
type session struct {
	// Immutable.
	loop   *loop
	source *listen.Source // nil: addresses are of no account
	port   *port          // that it came to; nil in tests
	number int64          // of the connections since the start

	// For the operator (operate.go). Owned by the loop; times in seconds since 1970.
	created, received, sent uint32
	given                   int64 // commands

	// How far it has come, and which lists of the loop it stands on. Owned by the loop. Eight bytes in all.
	phase     phase
	busy      bool    // a worker or the shards have the handshake: input waits in gnet's buffer
	encrypted bool    // blocks are encrypted
	blocked   reasons // why input waits, as far as an event has to end it (backpressure.go)
	clogged   bool    // list: has output that the socket has not taken
	dirty     bool    // list: has something to flush
	halfRead  bool    // list: its input ends within a block
	leaving   bool    // list: closed by us, and the peer has not closed its side

	// What was agreed on. Owned by the loop; tls and handshake by a worker while busy is set.
	tls       *tls.Conn
	handshake *handshake        // until phaseOpen
	web       *websocket.Stream // nil on ports for plain SMP
	client    *shard.Client
	receive   box.Chain
	send      box.Chain
	proxied   *[32]byte // subkey of boxes in RFWD and RRES; nil when the client gave no key in its hello
	active    time.Time // last block received or sent; before phaseOpen, the begin of the phase

	// Input and output. Owned by the loop.
	conn   socket.Socket
	part   *shard.Buffer // a block of which more is to come; nil when idle
	out    *outBlock     // replies that are not sealed; nil when idle
	sealed []*outBlock   // sealed blocks that are not written
	begun  time.Time     // when the block that the input ends within was begun; zero when it ends with a block

	// What waits (backpressure.go, backlog.go). Owned by the loop.
	commands listen.TokenBucket // how fast commands have come
	asked    int                // commands that the shards have not answered
	forwards int                // commands that wait for other routers
	backlog  int                // what waited at the last look while clogged, counted in Router.backlog
	left     int                // of it, unsent; 0 when the socket has taken everything
	progress time.Time          // when the socket last took something of that
	held     int                // input that waits because there are as many as may be, counted in Router.held
}

func newSession(l *loop, c gnet.Conn, now *live) *session {
	s := &session{
		loop:      l,
		conn:      socket.New(c, &l.poller),
		tls:       tls.NewServer(now.tls),
		handshake: &handshake{hello: now.hello},
		active:    time.Now(),
	}
	if a, ok := c.LocalAddr().(*net.TCPAddr); ok && slices.Contains(l.router.cfg.WebPorts, a.Port) {
		s.web = new(websocket.Stream)
	} else if ok && l.router.cfg.Site != nil {
		s.handshake.shared = a.Port == l.router.cfg.SitePort
	}
	return s
}

// late tells whether a connection that is not open yet is to be closed at this time, and why.
func (s *session) late(now time.Time) (Cause, bool) {
	cfg := &s.loop.router.cfg
	age := now.Sub(s.active)
	switch s.phase {
	case phaseTLS:
		return CauseTLSTimeout, age > cfg.TLSTimeout
	case phaseHello:
		return CauseHelloTimeout, age > cfg.HandshakeTimeout
	}
	return "", false
}

// close ends the connection: close_notify when TLS is established, then the socket.
func (s *session) close(cause Cause) {
	if s.phase == phaseClosed {
		return
	}
	if !s.busy && s.tls.HandshakeDone() {
		s.flush()
		if s.phase == phaseClosed { // the write failed
			return
		}
		s.write(s.tls.CloseNotify(nil))
	}
	s.drop(cause)
}

// drop closes the socket without a word of TLS.
func (s *session) drop(cause Cause) {
	if s.phase == phaseClosed {
		return
	}
	s.end(cause)
	_ = s.loop.events.Close(s.conn.Conn)
}

// closed is told by gnet that the connection is gone; when we closed it, end has been there before.
func (s *session) closed() {
	s.end(CausePeer)
	if s.leaving {
		s.leaving = false
		delete(s.loop.leaving, s)
	}
}

// end leaves the last phase: counts, and tells the shards.
func (s *session) end(cause Cause) {
	if s.phase == phaseClosed {
		return
	}
	r := s.loop.router
	if s.phase != phaseOpen {
		r.counts.handshakes.count(s, cause)
	}
	r.gate.Leave(s.source, cause)
	s.quit()
}

// quit is end but for the connection's place in the gate.
func (s *session) quit() {
	if s.phase == phaseOpen {
		s.loop.router.counts.sessions.Add(-1)
	}
	s.phase = phaseClosed
	s.hold(0)
	s.weigh(0)
	if s.port != nil {
		s.port.closed.Add(1)
	}
	delete(s.loop.sessions, s)
	delete(s.loop.greeting, s)
	if s.client != nil {
		s.eachShard(func(i int) {
			s.loop.deferBatch(i, shard.NewBatch(shard.BatchClosed, s.client))
		})
		s.client.End()
	}
	s.freeBuffers()
	if !s.busy {
		s.forget()
	}
}

func (s *session) freeBuffers() {
	if s.part != nil {
		s.part.Release()
		s.part = nil
	}
	if s.out != nil {
		s.out.release()
		s.out = nil
	}
	for _, b := range s.sealed {
		b.release()
	}
	s.sealed = nil
}

// eachShard visits the shards that have seen this client.
func (s *session) eachShard(do func(int)) {
	for i := range s.loop.batches {
		if s.client.Shards&(1<<i) != 0 {
			do(i)
		}
	}
}

// write gives bytes to the socket, or to gnet's buffer when the socket is full. When it fails, gnet has closed the
// connection.
func (s *session) write(b []byte) {
	if len(b) > 0 && s.phase != phaseClosed {
		_, _ = s.conn.Write(b)
	}
}

// writePending writes what TLS itself has to say: alerts, key updates; and what WebSockets have. Nothing sealed may be waiting.
func (s *session) writePending() {
	if s.tls.HasPending() {
		s.write(s.tls.Pending(nil))
	}
	if s.web != nil {
		s.writePong()
	}
}

// version is that of the session, for replies of the loop's own.
func (s *session) version() smp.Version { return s.client.Version }
