package listen

import "net"

// conn leaves the gate when it is closed.
type conn struct {
	net.Conn
	read  []byte // of the socket before, and not by who has the connection now
	leave func()
}

func (c *conn) Read(b []byte) (int, error) {
	if len(c.read) == 0 {
		return c.Conn.Read(b)
	}
	n := copy(b, c.read)
	if c.read = c.read[n:]; len(c.read) == 0 {
		c.read = nil
	}
	return n, nil
}

func (c *conn) Close() error {
	defer c.leave()
	return c.Conn.Close()
}

// CloseWrite ends what is sent. A server does so and waits before it closes a connection whose input it has not read: a reset
// could reach the client before what it was told.
func (c *conn) CloseWrite() error { return closeWrite(c.Conn) }
