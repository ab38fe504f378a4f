package router

import (
	"net"
	"sync"
)

// reader is a socket below TLS. It reads ahead while data flows: a record's header is read as asked, without a buffer,
// since that is where idle connections wait; its content is read together with what has arrived behind it, so that a
// busy upload costs one system call for two records instead of two for each.
type reader struct {
	net.Conn
	buffer *[]byte // nil when nothing is left
	left   []byte  // of buffer

	record   bool // keep what is read, until TLS has seen the ClientHello
	recorded []byte
}

// aheadSize holds two records.
const aheadSize = 2 * 16406

var aheadBuffers = sync.Pool{New: func() any { b := make([]byte, aheadSize); return &b }}

// headerSize is what TLS asks for at the start of a record.
const headerSize = 5

func (c *reader) Read(p []byte) (n int, err error) {
	switch {
	case len(c.left) == 0 && len(p) <= headerSize:
		n, err = c.Conn.Read(p)
	case len(c.left) == 0 && len(p) > 0:
		c.buffer = aheadBuffers.Get().(*[]byte)
		n, err = c.Conn.Read(*c.buffer)
		c.left = (*c.buffer)[:n]
		n = c.take(p)
	default:
		n = c.take(p)
	}
	if c.record {
		c.recorded = append(c.recorded, p[:n]...)
	}
	return n, err
}

func (c *reader) take(p []byte) int {
	n := copy(p, c.left)
	if c.left = c.left[n:]; len(c.left) == 0 {
		aheadBuffers.Put(c.buffer)
		c.buffer, c.left = nil, nil
	}
	return n
}
