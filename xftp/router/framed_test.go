package router

import (
	"bytes"
	stdtls "crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"switchyard/tls"
	"switchyard/xftp"
)

// framed speaks HTTP/2 frame by frame, as no library would: tests choose the frames of a request and see all that comes
// back. It respects the router's credit, and fails the test for what no client has to take: a frame on a stream that both
// sides have ended.
type framed struct {
	*wire
	frames *http2.Framer
	fields *hpack.Encoder
	block  bytes.Buffer // of fields
	last   uint32       // stream

	streams map[uint32]*stream
	window  int64 // of the router's streams, from its SETTINGS
	credit  int64 // of the connection
	stingy  bool  // streams have the credit that the test gives them, and no more
	greedy  bool  // the connection has no credit but what it begins with
	acks    int   // of PING
	other   []string
	closed  error // of the connection
}

// stream is one of a framed connection.
type stream struct {
	status    string
	body      []byte
	pieces    []int // of DATA
	credit    int64
	weEnded   bool
	itEnded   bool
	announced bool // its HEADERS have come
}

// dialFramed connects without a hello, as dialWire does, with settings of the client's.
func (f *fixture) dialFramed(protocol string, settings ...http2.Setting) *framed {
	f.t.Helper()
	raw, err := net.Dial("tcp", f.Addrs()[0].String())
	check(f.t, err)
	config := &tls.Config{VerifyPeer: func([][]byte) error { return nil }}
	if protocol != "" {
		config.ALPN = []string{protocol}
	}
	conn := tls.Client(raw, config)
	check(f.t, conn.Handshake(ctx))
	return newFramed(f.t, conn, conn.SessionID(), settings...)
}

// dialFramedWeb connects as a browser does.
func (f *fixture) dialFramedWeb(settings ...http2.Setting) *framed {
	f.t.Helper()
	conn, err := stdtls.Dial("tcp", f.Addrs()[0].String(),
		&stdtls.Config{ServerName: "localhost", NextProtos: []string{"h2"}, InsecureSkipVerify: true})
	check(f.t, err)
	return newFramed(f.t, conn, nil, settings...)
}

func newFramed(t testing.TB, conn net.Conn, sessionID []byte, settings ...http2.Setting) *framed {
	t.Helper()
	t.Cleanup(func() { conn.Close() })
	c := &framed{wire: &wire{t: t, conn: conn, sessionID: sessionID}, streams: make(map[uint32]*stream), window: 65535, credit: 65535}
	c.frames = http2.NewFramer(conn, conn)
	c.frames.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	c.fields = hpack.NewEncoder(&c.block)
	_, err := io.WriteString(conn, http2.ClientPreface)
	check(t, err)
	check(t, c.frames.WriteSettings(settings...))
	c.ping()
	return c
}

// headers appends the fields of a request, and then more.
func (c *framed) headers(method string, more ...hpack.HeaderField) []byte {
	c.block.Reset()
	for _, f := range append([]hpack.HeaderField{{Name: ":method", Value: method}, {Name: ":scheme", Value: "https"},
		{Name: ":path", Value: "/"}, {Name: ":authority", Value: "localhost"}}, more...) {
		check(c.t, c.fields.WriteField(f))
	}
	return bytes.Clone(c.block.Bytes())
}

// open begins a stream by one HEADERS frame.
func (c *framed) open(method string, end bool, more ...hpack.HeaderField) uint32 {
	c.t.Helper()
	id := c.next()
	check(c.t, c.frames.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: c.headers(method, more...), EndHeaders: true, EndStream: end}))
	c.streams[id].weEnded = end
	return id
}

// next is the identifier of a new stream.
func (c *framed) next() uint32 {
	c.last += 2
	id := c.last - 1
	c.streams[id] = &stream{credit: c.window}
	return id
}

// data sends DATA when the router gives credit for it.
func (c *framed) data(id uint32, p []byte, end bool) {
	c.t.Helper()
	for s := c.streams[id]; min(s.credit, c.credit) < int64(len(p)); {
		c.pump()
	}
	c.spend(id, len(p))
	check(c.t, c.frames.WriteData(id, end, p))
	c.streams[id].weEnded = end
}

func (c *framed) spend(id uint32, n int) {
	c.streams[id].credit -= int64(n)
	c.credit -= int64(n)
}

// end ends a stream by an empty DATA frame.
func (c *framed) end(id uint32) { c.data(id, nil, true) }

// pump reads one frame; an error of the connection ends the test.
func (c *framed) pump() {
	c.t.Helper()
	if !c.read() {
		c.t.Fatalf("the connection has ended: %v %v", c.closed, c.other)
	}
}

// read reads one frame, and tells whether there was one.
func (c *framed) read() bool {
	c.t.Helper()
	frame, err := c.frames.ReadFrame()
	if err != nil {
		c.closed = err
		return false
	}
	if id := frame.Header().StreamID; id != 0 {
		s := c.streams[id]
		if s == nil || s.weEnded && s.itEnded {
			c.t.Errorf("a frame on stream %d, which is closed: %v", id, frame)
			return true
		}
	}
	switch frame := frame.(type) {
	case *http2.SettingsFrame:
		if !frame.IsAck() {
			c.set(frame)
			check(c.t, c.frames.WriteSettingsAck())
		}
	case *http2.WindowUpdateFrame:
		if frame.StreamID == 0 {
			c.credit += int64(frame.Increment)
		} else {
			c.streams[frame.StreamID].credit += int64(frame.Increment)
		}
	case *http2.PingFrame:
		c.acks++
	case *http2.MetaHeadersFrame:
		s := c.streams[frame.StreamID]
		if s.announced || s.itEnded {
			c.note(frame)
		}
		s.announced, s.status, s.itEnded = true, frame.PseudoValue("status"), frame.StreamEnded()
	case *http2.DataFrame:
		s := c.streams[frame.StreamID]
		if !s.announced || s.itEnded {
			c.note(frame)
		}
		s.body, s.pieces, s.itEnded = append(s.body, frame.Data()...), append(s.pieces, len(frame.Data())), frame.StreamEnded()
		c.repay(frame)
	case *http2.GoAwayFrame:
		c.other = append(c.other, fmt.Sprintf("GOAWAY %d %v", frame.LastStreamID, frame.ErrCode))
	case *http2.RSTStreamFrame:
		c.other = append(c.other, fmt.Sprintf("RST_STREAM %d %v", frame.StreamID, frame.ErrCode))
	default:
		c.note(frame)
	}
	return true
}

// repay gives credit for what has been received.
func (c *framed) repay(frame *http2.DataFrame) {
	if frame.Length == 0 {
		return
	}
	if !c.greedy {
		check(c.t, c.frames.WriteWindowUpdate(0, frame.Length))
	}
	if !c.stingy && !frame.StreamEnded() {
		check(c.t, c.frames.WriteWindowUpdate(frame.StreamID, frame.Length))
	}
}

func (c *framed) note(frame http2.Frame) { c.other = append(c.other, fmt.Sprint(frame)) }

func (c *framed) set(frame *http2.SettingsFrame) {
	if v, ok := frame.Value(http2.SettingInitialWindowSize); ok {
		for _, s := range c.streams {
			s.credit += int64(v) - c.window
		}
		c.window = int64(v)
	}
}

// ping waits until the router has read all that was sent, and has written what it had for the connection itself.
func (c *framed) ping() {
	c.t.Helper()
	check(c.t, c.frames.WritePing(false, [8]byte{'p', 'i', 'n', 'g'}))
	for want := c.acks + 1; c.acks < want; {
		c.pump()
	}
}

// has waits until n bytes of the response are there.
func (c *framed) has(id uint32, n int) {
	c.t.Helper()
	for len(c.streams[id].body) < n {
		c.pump()
	}
}

// answered waits for the end of a response, and fails the test when anything came beside it.
func (c *framed) answered(id uint32, status string) []byte {
	c.t.Helper()
	s := c.streams[id]
	for !s.itEnded && len(c.other) == 0 {
		c.pump()
	}
	c.quiet()
	if s.status != status {
		c.t.Errorf("stream %d: status %q, want %s", id, s.status, status)
	}
	return s.body
}

// quiet fails the test when the router has sent anything but answers.
func (c *framed) quiet() {
	c.t.Helper()
	if len(c.other) == 0 {
		c.ping()
	}
	if len(c.other) > 0 {
		c.t.Fatalf("the router says %v", c.other)
	}
}

// left reads until the router has closed the connection, and fails the test when that was not by GOAWAY.
func (c *framed) left(code http2.ErrCode) {
	c.t.Helper()
	for c.read() {
	}
	if want := fmt.Sprintf("[GOAWAY %d %v]", lastStream, code); fmt.Sprint(c.other) != want || !errors.Is(c.closed, io.EOF) {
		c.t.Errorf("the router says %v, %v, want %s", c.other, c.closed, want)
	}
	c.conn.Close()
}

// greet does the whole hello.
func (c *framed) greet(f *fixture) {
	c.t.Helper()
	h, ok := xftp.ParseServerHello(c.answered(c.open("POST", true), "200"))
	if !ok {
		c.t.Fatal("no hello")
	}
	c.sessionID = h.SessionID
	hello, err := xftp.AppendClientHello(nil, xftp.CurrentVersion, &f.cfg.Identity)
	check(c.t, err)
	id := c.open("POST", false)
	c.data(id, hello, true)
	if rest := c.answered(id, "200"); len(rest) > 0 {
		c.t.Fatalf("the hello is answered with %d bytes", len(rest))
	}
}
