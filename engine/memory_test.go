package engine

import (
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/panjf2000/gnet/v2"

	"switchyard/box"
	"switchyard/shard"
	"switchyard/smp"
	"switchyard/tls"
	"switchyard/wal"
)

// memoryConn is the socket of a session in memory: what the peer has sent, and what it gets.
type memoryConn struct {
	gnet.Conn
	in, out []byte
	writes  int
	closed  bool
}

func (c *memoryConn) InboundBuffered() int  { return len(c.in) }
func (c *memoryConn) OutboundBuffered() int { return 0 }
func (c *memoryConn) Fd() int               { return -1 }

func (c *memoryConn) Peek(n int) ([]byte, error) {
	if n < 0 {
		n = len(c.in)
	}
	return c.in[:n], nil
}

func (c *memoryConn) Discard(n int) (int, error) {
	if n < 0 {
		n = len(c.in)
	}
	c.in = c.in[n:]
	return n, nil
}

func (c *memoryConn) Write(b []byte) (int, error) {
	c.writes++
	c.out = append(c.out, b...)
	return len(b), nil
}

func (c *memoryConn) Writev(all [][]byte) (n int, err error) {
	c.writes++
	for _, b := range all {
		c.out = append(c.out, b...)
		n += len(b)
	}
	return n, nil
}

// memoryEvents is an event loop that runs nothing and closes connections of memory.
type memoryEvents struct{ idleEvents }

func (memoryEvents) Close(c gnet.Conn) error {
	c.(*memoryConn).closed = true
	return nil
}

// memorySession is an open session whose peer is in the test, which turns the loop.
type memorySession struct {
	*session
	t    testing.TB
	conn *memoryConn
	peer *tls.Conn
}

func newMemorySession(t testing.TB) *memorySession {
	t.Helper()
	store, err := wal.Open("store", wal.Options{FS: vfs.NewMem(), Sync: wal.SyncNever})
	if err != nil {
		t.Fatal(err)
	}
	s := sessionOn(shard.Config{Shards: 1, PartitionKey: store.PartitionKey()}, store)
	r := s.loop.router
	t.Cleanup(func() {
		r.shards.Close()
		store.Close()
	})
	r.cfg.ForwardsPerClient = defaultForwards
	r.heldTotal, r.backlogTotal, r.stallLimit = heldTotal, backlogTotal, stallLimit
	s.loop.events = memoryEvents{}
	m := &memorySession{session: s, t: t, conn: &memoryConn{}}
	s.conn.Conn, s.active = m.conn, time.Now()
	s.tls, m.peer = handshaken(t)
	return m
}

// handshaken is both ends of a TLS connection.
func handshaken(t testing.TB) (server, client *tls.Conn) {
	t.Helper()
	caPEM, caKey, err := tls.IssueCA(tls.Ed25519, "a", "b", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.ParseKeyPair(caPEM, caKey)
	if err != nil {
		t.Fatal(err)
	}
	server = tls.NewServer(serverTLS(pair))
	client = tls.NewClient(&tls.Config{ALPN: []string{"smp/1"}, VerifyPeer: func([][]byte) error { return nil }})
	var up, down []byte
	for !server.HandshakeDone() || !client.HandshakeDone() {
		if _, up, err = client.Advance(down, nil); err != nil {
			t.Fatal(err)
		}
		if _, down, err = server.Advance(up, nil); err != nil {
			t.Fatal(err)
		}
	}
	return server, client
}

// block is a block of commands as the peer sends it.
func (m *memorySession) block(commands ...[]byte) []byte {
	m.t.Helper()
	block, err := box.Pad(nil, smp.AppendBatch(nil, commands...), smp.BlockSize)
	if err != nil {
		m.t.Fatal(err)
	}
	return block
}

// ping is a PING.
func (m *memorySession) ping() []byte {
	authorized := smp.AppendAuthorized(nil, m.client.SessionID, []byte("c"), nil, []byte("PING"))
	return smp.AppendTransmission(nil, m.client.Version, m.client.SessionID, nil, nil, authorized[1+len(m.client.SessionID):])
}

// answers opens what the session has sent, and is the error that ended it.
func (m *memorySession) answers() (plain []byte, err error) {
	in := m.conn.out
	m.conn.out = nil
	for len(in) > 0 && err == nil {
		n, whole, bad := tls.RecordLen(in)
		if bad != nil || !whole {
			m.t.Fatalf("no record, error %v", bad)
		}
		var part []byte
		part, err = m.peer.Open(nil, in[:n])
		plain, in = append(plain, part...), in[n:]
	}
	return plain, err
}

// BenchmarkBlock is what a loop does with a block of one command that it answers itself: TLS, parsing, and the same back.
func BenchmarkBlock(b *testing.B) {
	m := newMemorySession(b)
	block, record := m.block(m.ping()), []byte(nil)
	b.ReportAllocs()
	for b.Loop() {
		record = m.peer.Seal(record[:0], block)
		m.conn.in = record
		m.traffic()
		m.loop.flush()
		if len(m.conn.out) == 0 {
			b.Fatal("no answer")
		}
		m.conn.out = m.conn.out[:0]
	}
}
