package router

import (
	stdtls "crypto/tls"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"
)

// leaver is a connection below HTTP/2 that the router can leave with a word: GOAWAY (RFC 9113 section 6.8) behind the
// frame under way, and nothing more. The server of golang.org/x/net says GOAWAY for reasons of its own only.
type leaver struct {
	net.Conn
	leaving atomic.Bool

	mu     sync.Mutex            // held by who writes
	header [frameHeaderSize]byte // of the frame under way
	begun  int                   // bytes of header that are written
	rest   int                   // bytes of the frame behind its header that are not
	goAway []byte                // to be written
	left   bool                  // it is
}

// leaveTime is how long a client has to read GOAWAY and to close the connection. One that is closed while the client
// still sends is reset, and GOAWAY may be lost.
const leaveTime = time.Second

// lastStream of GOAWAY promises for no stream that it was not processed.
const lastStream = 1<<31 - 1

// leave says GOAWAY and close_notify, and closes the connection after leaveTime. It waits for a Write under way, no
// longer than that.
func (c *leaver) leave(code http2.ErrCode) {
	if c.leaving.Swap(true) {
		return
	}
	c.Conn.SetWriteDeadline(time.Now().Add(leaveTime)) // for a Write to a client that takes nothing
	time.AfterFunc(leaveTime, func() { c.Conn.Close() })
	c.mu.Lock()
	defer c.mu.Unlock()
	c.goAway = appendGoAway(nil, code)
	if c.begun == 0 && c.rest == 0 {
		c.sayGoAway()
	}
}

func (c *leaver) sayGoAway() {
	c.left = true
	c.Conn.Write(c.goAway) // the client may be gone
	c.Conn.(interface{ CloseWrite() error }).CloseWrite()
}

// Write writes frames, or parts of them; after GOAWAY they go nowhere.
func (c *leaver) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left {
		return len(p), nil
	}
	end := c.follow(p)
	if c.goAway == nil || end == 0 {
		return c.Conn.Write(p)
	}
	_, err := c.Conn.Write(p[:end])
	c.sayGoAway()
	return len(p), err
}

// follow follows the frames in p, and returns where the first of them ends, 0 if none does.
func (c *leaver) follow(p []byte) (end int) {
	for at := 0; at < len(p); {
		if c.rest == 0 {
			n := copy(c.header[c.begun:], p[at:])
			c.begun, at = c.begun+n, at+n
			if c.begun < frameHeaderSize {
				return end
			}
			c.begun, c.rest = 0, int(c.header[0])<<16|int(c.header[1])<<8|int(c.header[2])
		}
		n := min(c.rest, len(p)-at)
		c.rest, at = c.rest-n, at+n
		if c.rest == 0 && end == 0 {
			end = at
		}
	}
	return end
}

// appendGoAway appends a GOAWAY frame.
func appendGoAway(b []byte, code http2.ErrCode) []byte {
	w := (*frameBytes)(&b)
	http2.NewFramer(w, nil).WriteGoAway(lastStream, code, nil)
	return b
}

type frameBytes []byte

func (b *frameBytes) Write(p []byte) (int, error) {
	*b = append(*b, p...)
	return len(p), nil
}

// judged is a connection of a browser: HTTP/2 looks at its TLS (RFC 9113 section 9.2).
type judged struct {
	net.Conn
	tls *stdtls.Conn
}

func (c judged) ConnectionState() stdtls.ConnectionState { return c.tls.ConnectionState() }
