package router

import (
	"encoding/binary"
	"net"

	"golang.org/x/net/http2"
)

// creditor is a connection below HTTP/2 that holds back the credit for uploads until it is worth a record: the server
// of golang.org/x/net gives credit for each piece that is read of a body (RFC 9113 section 5.2), and each would be a
// record and a system call, here and at the client. What is held goes out before anything else.
//
// That for the connection comes first, and then that for the stream, for which what is held is counted: a stream misses less
// than half of its window, so no client has to wait for it, even one that waits until it may send a large frame. A
// connection misses some more when its streams have ended meanwhile; its window is larger.
type creditor struct {
	net.Conn
	worth uint32 // bytes of credit that go out at once

	// Owned by the one who writes: HTTP/2 writes one after the other.
	held    []byte // frames
	credit  uint32 // of the connection, in held
	streams uint32 // of all streams
}

func (c *creditor) Write(p []byte) (int, error) {
	if credit, streams, only := creditOf(p); only {
		c.held, c.credit, c.streams = append(c.held, p...), c.credit+credit, c.streams+streams
		if c.streams < c.worth && c.credit < c.worth+c.worth/2 {
			return len(p), nil
		}
		return len(p), c.release()
	}
	if err := c.release(); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// release writes what is held.
func (c *creditor) release() error {
	if len(c.held) == 0 {
		return nil
	}
	_, err := c.Conn.Write(c.held)
	c.held, c.credit, c.streams = c.held[:0], 0, 0
	return err
}

// Sizes of RFC 9113 sections 4.1 and 6.9.
const (
	frameHeaderSize  = 9
	windowUpdateSize = frameHeaderSize + 4
)

// creditOf adds up the credit of the connection and of streams in p; only tells whether p has whole frames of credit and
// nothing else.
func creditOf(p []byte) (credit, streams uint32, only bool) {
	for ; len(p) >= windowUpdateSize; p = p[windowUpdateSize:] {
		if [3]byte(p) != [3]byte{0, 0, 4} || http2.FrameType(p[3]) != http2.FrameWindowUpdate {
			return 0, 0, false
		}
		if stream := binary.BigEndian.Uint32(p[5:]); stream == 0 {
			credit += binary.BigEndian.Uint32(p[frameHeaderSize:])
		} else {
			streams += binary.BigEndian.Uint32(p[frameHeaderSize:])
		}
	}
	return credit, streams, len(p) == 0
}
