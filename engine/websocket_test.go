package engine_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"switchyard/box"
	"switchyard/engine"
	"switchyard/smp"
	"switchyard/tls"
)

// readFrame reads a frame no larger than a router sends.
func readFrame(conn io.Reader) (f ws.Frame, err error) {
	if f.Header, err = ws.ReadHeader(conn); err != nil {
		return f, err
	}
	if f.Header.Length > smp.BlockSize {
		return f, fmt.Errorf("a frame of %d bytes", f.Header.Length)
	}
	f.Payload = make([]byte, f.Header.Length)
	_, err = io.ReadFull(conn, f.Payload)
	return f, err
}

// webStream carries a stream of blocks in WebSocket messages.
type webStream struct {
	conn io.ReadWriter
	rest []byte
}

func (w *webStream) Write(b []byte) (int, error) { return len(b), wsutil.WriteClientBinary(w.conn, b) }

func (w *webStream) Read(b []byte) (int, error) {
	if len(w.rest) == 0 {
		message, err := wsutil.ReadServerBinary(w.conn)
		if err != nil {
			return 0, err
		}
		w.rest = message
	}
	n := copy(b, w.rest)
	w.rest = w.rest[n:]
	return n, nil
}

// startWebRouter starts a router whose only port is for WebSocket.
func startWebRouter(t testing.TB) *testRouter { return startRouter(t, webPort) }

func webPort(c *engine.Config) {
	_, port, _ := net.SplitHostPort(c.Listen[0])
	n, _ := strconv.Atoi(port)
	c.WebPorts = []int{n}
}

// webTLS connects and upgrades.
func (r *testRouter) webTLS(t testing.TB) *rawClient {
	t.Helper()
	c := r.rawTLS(t)
	dialer := ws.Dialer{NetDial: func(context.Context, string, string) (net.Conn, error) { return c.conn.(*tls.NetConn), nil }}
	conn, early, _, err := dialer.Dial(testContext(t), "ws://"+r.config.Listen[0]+"/")
	if err != nil {
		t.Fatal(err)
	}
	stream := io.ReadWriter(conn)
	if early != nil { // the hello came in one read with the response
		stream = struct {
			io.Reader
			io.Writer
		}{early, conn}
	}
	c.conn = &webStream{conn: stream}
	return c
}

func (r *testRouter) webDial(t testing.TB) *rawClient {
	t.Helper()
	c := r.webTLS(t)
	hello := c.serverHello()
	c.version, c.sessionID = 19, hello.SessionID
	c.send(smp.AppendClientHello(nil, &smp.ClientHello{Version: 19, KeyHash: r.address.KeyHash[:]}))
	return c
}

// A WebSocket client creates a queue, sends to it and receives.
func TestWebSocketSession(t *testing.T) {
	r := startWebRouter(t)
	c := r.webDial(t)
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, _ := box.NewPublicKey(box.Ed25519, public)
	var dhSecret, dhPublic [32]byte
	if err := box.GenerateX25519(rand.Reader, &dhSecret, &dhPublic); err != nil {
		t.Fatal(err)
	}
	request := smp.AppendNew(nil, 19, &smp.NewParams{
		AuthKey: key.AppendSPKI(nil), DHKey: box.AppendX25519(nil, &dhPublic), Subscribe: true,
	})
	tag, params, _ := smp.ParseResponse(19, c.ask(c.signed(private, "1", "", string(request)))[0].Command)
	ids, ok := smp.ParseIDs(19, params)
	if tag != smp.RespIDs || !ok {
		t.Fatalf("NEW is answered %v", tag)
	}
	c.send(smp.AppendBatch(nil, c.transmission(nil, "2", string(ids.SenderID), "SEND F hello")))
	got := c.responses(2)
	if string(got[0].Command[:4]) != "MSG " || string(got[1].Command) != "OK" {
		t.Fatalf("SEND gives %.4q and %.4q", got[0].Command, got[1].Command)
	}
}

// A block may come in several frames, each of which may be empty, with control frames between them.
func TestWebSocketFragments(t *testing.T) {
	r := startWebRouter(t)
	for name, lengths := range map[string][]int{
		"two":               {5000},
		"three":             {5000, 5001},
		"empty first":       {0},
		"empty first three": {0, 0, 0},
		"empty in between":  {10, 10, 10},
		"empty last":        {smp.BlockSize},
		"nothing but last":  {0, 0, smp.BlockSize, smp.BlockSize},
	} {
		for _, pinged := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, pinged %v", name, pinged), func(t *testing.T) {
				c := r.webDial(t)
				conn := c.conn.(*webStream).conn
				write := func(f ws.Frame) {
					t.Helper()
					if err := ws.WriteFrame(conn, ws.MaskFrame(f)); err != nil {
						t.Fatal(err)
					}
				}
				block := c.padded(smp.AppendBatch(nil, c.transmission(nil, "p", "", "PING")))
				from, op := 0, ws.OpBinary
				for i, to := range append(slices.Clone(lengths), len(block)) {
					if write(ws.NewFrame(op, i == len(lengths), block[from:to])); pinged && i < len(lengths) {
						payload := strconv.Itoa(i)
						write(ws.NewPingFrame([]byte(payload)))
						if f, err := readFrame(conn); err != nil || f.Header.OpCode != ws.OpPong || string(f.Payload) != payload {
							t.Fatalf("ping is answered %v %q, error %v", f.Header, f.Payload, err)
						}
					}
					from, op = to, ws.OpContinuation
				}
				if got := c.responses(1)[0]; string(got.Command) != "PONG" {
					t.Fatalf("%q", got.Command)
				}
			})
		}
	}
}

// The hello may come byte by byte.
func TestWebSocketHelloInBytes(t *testing.T) {
	r := startWebRouter(t)
	c := r.webTLS(t)
	hello := c.serverHello()
	c.version, c.sessionID = 19, hello.SessionID
	var frames []byte
	for i, b := range c.padded(smp.AppendClientHello(nil, &smp.ClientHello{Version: 19, KeyHash: r.address.KeyHash[:]})) {
		op := ws.OpContinuation
		if i == 0 {
			op = ws.OpBinary
		}
		frames = append(frames, ws.MustCompileFrame(ws.MaskFrame(ws.NewFrame(op, i == smp.BlockSize-1, []byte{b})))...)
	}
	if _, err := c.conn.(*webStream).conn.Write(frames); err != nil {
		t.Fatal(err)
	}
	if got := c.ask(c.transmission(nil, "p", "", "PING"))[0]; string(got.Command) != "PONG" {
		t.Fatalf("%q", got.Command)
	}
}

// What is no WebSocket protocol, or no block, ends the connection.
func TestWebSocketFaults(t *testing.T) {
	masked := func(f ws.Frame) []byte {
		b, err := ws.CompileFrame(ws.MaskFrame(f))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	unmasked, _ := ws.CompileFrame(ws.NewBinaryFrame(make([]byte, smp.BlockSize)))
	r := startWebRouter(t)
	for name, bytes := range map[string][]byte{
		"short message":   masked(ws.NewBinaryFrame(make([]byte, 100))),
		"long frame":      masked(ws.NewBinaryFrame(make([]byte, smp.BlockSize+1))),
		"unmasked":        unmasked,
		"lone fragment":   masked(ws.NewFrame(ws.OpContinuation, true, make([]byte, 10))),
		"reserved opcode": masked(ws.NewFrame(3, true, nil)),
		"fragmented ping": masked(ws.NewFrame(ws.OpPing, false, nil)),
		"close of a byte": masked(ws.NewFrame(ws.OpClose, true, []byte{3})),
		"close, reserved": masked(ws.NewFrame(ws.OpClose, true, []byte{3, 236})),
		"message within another": append(masked(ws.NewFrame(ws.OpBinary, false, nil)),
			masked(ws.NewBinaryFrame(make([]byte, smp.BlockSize)))...),
		"fragments, large": append(masked(ws.NewFrame(ws.OpBinary, false, make([]byte, 16000))), masked(ws.NewFrame(ws.OpContinuation, true, make([]byte, 16000)))...),
	} {
		t.Run(name, func(t *testing.T) {
			c := r.webDial(t)
			c.ask(c.transmission(nil, "p", "", "PING"))
			if _, err := c.conn.(*webStream).conn.Write(bytes); err != nil {
				t.Fatal(err)
			}
			if _, err := c.conn.Read(make([]byte, 1)); err == nil {
				t.Fatal("the connection stays")
			}
		})
	}
	t.Run("no HTTP", func(t *testing.T) {
		c := r.rawTLS(t)
		if _, err := c.conn.Write(make([]byte, 9000)); err != nil {
			t.Fatal(err)
		}
		c.closed()
	})
	r.closedFor(t, engine.CauseWebSocket)
}

// A client that pings instead of saying hello is closed.
func TestWebSocketPingsBeforeHello(t *testing.T) {
	r := startWebRouter(t)
	c := r.webTLS(t)
	c.serverHello()
	conn := c.conn.(*webStream).conn
	ping := ws.MustCompileFrame(ws.MaskFrameInPlace(ws.NewPingFrame([]byte("first"))))
	if _, err := conn.Write(ping); err != nil {
		t.Fatal(err)
	}
	if f, err := readFrame(conn); err != nil || f.Header.OpCode != ws.OpPong || string(f.Payload) != "first" {
		t.Fatalf("ping is answered %v, error %v", f.Header, err)
	}
	pings := bytes.Repeat(ping, 100)
	for range 1 << 13 {
		if _, err := conn.Write(pings); err != nil {
			break
		}
	}
	r.closedFor(t, engine.CauseHandshakeFlood)
}

// A message that is begun and not finished ends like a block, whether anything of it has come or not.
func TestWebSocketSlowMessage(t *testing.T) {
	r := startRouterWith(t, func(r *engine.Router) { r.LimitHalfRead(1<<30, time.Millisecond) }, webPort)
	for name, begun := range map[string][]byte{
		"empty fragment":  ws.MustCompileFrame(ws.MaskFrame(ws.NewFrame(ws.OpBinary, false, nil))),
		"fragment":        ws.MustCompileFrame(ws.MaskFrame(ws.NewFrame(ws.OpBinary, false, make([]byte, 100)))),
		"half of a frame": ws.MustCompileFrame(ws.MaskFrame(ws.NewBinaryFrame(make([]byte, smp.BlockSize))))[:8000],
	} {
		t.Run(name, func(t *testing.T) {
			c := r.webDial(t)
			c.ask(c.transmission(nil, "p", "", "PING"))
			before := r.Stats().Closed[string(engine.CauseSlow)]
			if _, err := c.conn.(*webStream).conn.Write(begun); err != nil {
				t.Fatal(err)
			}
			until(t, "the connection ends", func() bool { return r.Stats().Closed[string(engine.CauseSlow)] > before })
		})
	}
}
