package tls

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// NetConn is a Conn on a net.Conn, for callers with a goroutine to spend. One goroutine may read while another writes;
// several of a kind take turns.
//
// It holds no buffer while it waits for a record, only its header; buffers come from a pool when data does.
type NetConn struct {
	raw net.Conn

	reading sync.Mutex // before mu
	header  [RecordHeader]byte
	filled  int     // bytes of header that are there
	buffer  *[]byte // the record that is being read or drained; nil between records
	have    int     // bytes of buffer that are there
	unread  []byte  // application data in buffer

	writing sync.Mutex // before mu

	mu  sync.Mutex // the Conn
	tls *Conn

	done atomic.Bool // the handshake is
	err  error       // why the handshake failed; under reading
}

// writeBatch is how much plaintext one Write to the socket carries at most.
const writeBatch = 4 * MaxPlaintext

var (
	recordBuffers = sync.Pool{New: func() any { return newBuffer(MaxRecord) }}
	writeBuffers  = sync.Pool{New: func() any { return newBuffer(writeBatch + 8*RecordOverhead) }}
)

func newBuffer(n int) *[]byte {
	b := make([]byte, n)
	return &b
}

// Client is the client's face of a connection.
func Client(raw net.Conn, config *Config) *NetConn { return &NetConn{raw: raw, tls: NewClient(config)} }

// Server is the server's face of a connection.
func Server(raw net.Conn, config *Config) *NetConn { return &NetConn{raw: raw, tls: NewServer(config)} }

// Handshake runs the handshake, once; Read and Write do it if nobody has. When ctx ends, the connection is unusable.
func (c *NetConn) Handshake(ctx context.Context) error {
	if c.done.Load() {
		return nil // without waiting for a Read that waits for data
	}
	c.reading.Lock()
	defer c.reading.Unlock()
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.done.Load() || c.err != nil {
		return c.err
	}
	stop := context.AfterFunc(ctx, func() { c.raw.SetDeadline(time.Unix(1, 0)) })
	c.err = c.handshake()
	if !stop() && ctx.Err() != nil {
		c.err = ctx.Err()
	}
	if c.err != nil {
		c.tls.Forget()
	}
	c.done.Store(c.err == nil)
	return c.err
}

// handshake reads record by record, so that nothing of the application's is taken from the socket.
func (c *NetConn) handshake() error {
	_, err := c.tls.HandshakeOver(c.raw, func(int) ([]byte, error) { return c.readRecord() })
	c.release()
	return err
}

// HandshakeOver runs the handshake for callers with a goroutine to spend. It writes what there is to say, the alert of a
// handshake that fails included, and takes input from more, which is told how much of the last was consumed. It returns that
// of the last at the end.
func (c *Conn) HandshakeOver(w io.Writer, more func(consumed int) (in []byte, err error)) (consumed int, err error) {
	var in, out []byte
	for {
		consumed, out, err = c.Advance(in, out[:0])
		if len(out) > 0 {
			if _, failed := w.Write(out); err == nil {
				err = failed
			}
		}
		if err != nil || c.HandshakeDone() {
			return consumed, err
		}
		if in, err = more(consumed); err != nil {
			return 0, err
		}
	}
}

// readRecord reads one whole record into a buffer of the pool. It can be called again after a timeout.
func (c *NetConn) readRecord() ([]byte, error) {
	for c.filled < RecordHeader {
		n, err := c.raw.Read(c.header[c.filled:])
		c.filled += n
		if err != nil && c.filled < RecordHeader {
			return nil, unexpectedEOF(err)
		}
	}
	length, _, err := RecordLen(c.header[:])
	if err != nil {
		return c.header[:], nil // Advance and Open say so themselves, and tell the peer
	}
	if c.buffer == nil {
		c.buffer = recordBuffers.Get().(*[]byte)
	}
	if c.have == 0 {
		c.have = copy(*c.buffer, c.header[:])
	}
	record := (*c.buffer)[:length]
	for c.have < length {
		n, err := c.raw.Read(record[c.have:])
		c.have += n
		if err != nil && c.have < length {
			return nil, unexpectedEOF(err)
		}
	}
	c.filled, c.have = 0, 0
	return record, nil
}

// unexpectedEOF: a stream that ends without close_notify has been cut (RFC 8446 section 6.1).
func unexpectedEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// release gives the record's buffer back.
func (c *NetConn) release() {
	if c.buffer != nil {
		recordBuffers.Put(c.buffer)
		c.buffer = nil
	}
}

// Read reads application data. io.EOF is the peer's close_notify, io.ErrUnexpectedEOF a stream without it.
func (c *NetConn) Read(p []byte) (int, error) {
	if err := c.Handshake(context.Background()); err != nil {
		return 0, err
	}
	c.reading.Lock()
	defer c.reading.Unlock()
	for len(c.unread) == 0 {
		record, err := c.readRecord()
		if err != nil {
			return 0, err
		}
		if c.unread, err = c.open(record); len(c.unread) == 0 {
			c.release()
		}
		if err != nil {
			return 0, err
		}
	}
	n := copy(p, c.unread)
	if c.unread = c.unread[n:]; len(c.unread) == 0 {
		c.release()
	}
	return n, nil
}

// open opens a record, and tells the peer if it is faulty. The answer to a KeyUpdate goes out with the next Write,
// before whose data it is due.
func (c *NetConn) open(record []byte) ([]byte, error) {
	c.mu.Lock()
	plain, err := c.tls.Open(nil, record)
	c.mu.Unlock()
	if err != nil && c.writing.TryLock() { // else a Write is under way, and sends the alert
		defer c.writing.Unlock()
		c.mu.Lock()
		alert := c.tls.Pending(nil)
		c.mu.Unlock()
		c.raw.Write(alert)
	}
	return plain, err
}

// Write writes application data.
func (c *NetConn) Write(p []byte) (int, error) {
	if err := c.Handshake(context.Background()); err != nil {
		return 0, err
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	pool := &writeBuffers
	if len(p) <= MaxPlaintext {
		pool = &recordBuffers // a reader that takes nothing holds it
	}
	buffer := pool.Get().(*[]byte)
	defer pool.Put(buffer)
	written := 0
	for written < len(p) {
		n := min(len(p)-written, writeBatch)
		c.mu.Lock()
		out := c.tls.Seal((*buffer)[:0], p[written:written+n])
		closed := c.tls.writeClosed
		c.mu.Unlock()
		if len(out) > 0 { // an alert, if closed
			if _, err := c.raw.Write(out); err != nil {
				return written, err
			}
		}
		if closed {
			return written, net.ErrClosed
		}
		written += n
	}
	return written, nil
}

// KeyUpdate goes over to the next key for writing, and with request asks the peer to do so too.
func (c *NetConn) KeyUpdate(request bool) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	c.mu.Lock()
	out := c.tls.KeyUpdate(nil, request)
	c.mu.Unlock()
	_, err := c.raw.Write(out)
	return err
}

// CloseWrite sends close_notify; the peer's data can still be read.
func (c *NetConn) CloseWrite() error {
	c.writing.Lock()
	defer c.writing.Unlock()
	c.mu.Lock()
	out := c.tls.CloseNotify(nil)
	c.mu.Unlock()
	_, err := c.raw.Write(out)
	return err
}

// closeTimeout bounds how long Close waits for room in the socket for close_notify.
const closeTimeout = time.Second

// Close sends close_notify, unless a Write is under way, and closes the socket.
func (c *NetConn) Close() error {
	if c.writing.TryLock() {
		if c.done.Load() {
			c.mu.Lock()
			out := c.tls.CloseNotify(nil)
			c.mu.Unlock()
			c.raw.SetWriteDeadline(time.Now().Add(closeTimeout))
			c.raw.Write(out) // the peer may be gone already
		}
		c.writing.Unlock()
	}
	err := c.raw.Close()
	if c.done.Load() { // a handshake that fails does it itself
		c.mu.Lock()
		c.tls.Forget()
		c.mu.Unlock()
	}
	return err
}

// LocalAddr is the socket's.
func (c *NetConn) LocalAddr() net.Addr { return c.raw.LocalAddr() }

// RemoteAddr is the socket's.
func (c *NetConn) RemoteAddr() net.Addr { return c.raw.RemoteAddr() }

// SetDeadline is the socket's. After a timeout of a Write the connection is unusable, a Read can be repeated.
func (c *NetConn) SetDeadline(t time.Time) error { return c.raw.SetDeadline(t) }

// SetReadDeadline is the socket's.
func (c *NetConn) SetReadDeadline(t time.Time) error { return c.raw.SetReadDeadline(t) }

// SetWriteDeadline is the socket's.
func (c *NetConn) SetWriteDeadline(t time.Time) error { return c.raw.SetWriteDeadline(t) }

// SessionID is as in Conn; like all that the handshake negotiates, to be asked after Handshake.
func (c *NetConn) SessionID() []byte { return c.tls.SessionID() }

// PeerChain is as in Conn.
func (c *NetConn) PeerChain() [][]byte { return c.tls.PeerChain() }

// ForgetPeerChain is as in Conn; PeerChain must not be asked meanwhile.
func (c *NetConn) ForgetPeerChain() { c.tls.ForgetPeerChain() }

// NegotiatedALPN is as in Conn.
func (c *NetConn) NegotiatedALPN() (protocol string, ok bool) { return c.tls.NegotiatedALPN() }

// ServerName is as in Conn.
func (c *NetConn) ServerName() string { return c.tls.ServerName() }

// CipherSuite is as in Conn.
func (c *NetConn) CipherSuite() CipherSuite { return c.tls.CipherSuite() }

// Group is as in Conn.
func (c *NetConn) Group() Group { return c.tls.Group() }
