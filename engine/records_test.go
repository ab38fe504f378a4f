//go:build linux && !poll_opt

package engine_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/gobwas/ws"

	"switchyard/engine"
	"switchyard/smp"
	"switchyard/tls"
)

// asksAtOnce is all that a client has to say, in one stream: its hello, which does not wait for the router's, and blocks of
// commands, half of which shards answer.
func (r *testRouter) asksAtOnce(c *rawClient, blocks int) [][]byte {
	c.version, c.sessionID = 19, c.conn.(*tls.NetConn).SessionID()
	all := [][]byte{c.padded(smp.AppendClientHello(nil, &smp.ClientHello{Version: 19, KeyHash: r.address.KeyHash[:]}))}
	for i := range blocks {
		ping := c.transmission(nil, fmt.Sprint("ping ", i), "", "PING")
		send := c.transmission(nil, fmt.Sprint("send ", i), "a queue that is not here", "SEND F "+string(make([]byte, 100)))
		all = append(all, c.padded(smp.AppendBatch(nil, ping, send)))
	}
	return all
}

// answersAll reads the router's hello, and wants each command of asksAtOnce answered once.
func (c *rawClient) answersAll(blocks int) {
	c.t.Helper()
	c.serverHello()
	answers := make(map[string]int)
	for _, r := range c.responses(2 * blocks) {
		answers[string(r.CorrID)+": "+string(r.Command)]++
	}
	for i := range blocks {
		for _, want := range []string{fmt.Sprintf("ping %d: PONG", i), fmt.Sprintf("send %d: ERR AUTH", i)} {
			if answers[want] != 1 {
				c.t.Fatalf("%q comes %d times, of %d answers", want, answers[want], len(answers))
			}
		}
	}
}

// A block need not be a record, nor a record a segment: other implementations of TLS cut the stream where they like, put
// KeyUpdates and empty records anywhere, and let the first commands follow the hello at once.
func TestRecordsOfAnySize(t *testing.T) {
	r := startRouter(t)
	web := startWebRouter(t)
	const blocks = 5
	for _, size := range []int{11, 1000, 8192, 16383, 16384} {
		for _, updates := range []bool{false, true} {
			t.Run(fmt.Sprint(size, updates), func(t *testing.T) {
				c := r.rawTLS(t)
				var stream []byte
				for _, block := range r.asksAtOnce(c, blocks) {
					stream = append(stream, block...)
				}
				go c.inRecords(stream, size, updates)
				c.answersAll(blocks)

				c = web.rawTLS(t)
				conn := c.conn
				stream = []byte("GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
					"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
				for _, block := range web.asksAtOnce(c, blocks) {
					frame, err := ws.CompileFrame(ws.MaskFrame(ws.NewBinaryFrame(block)))
					if err != nil {
						t.Fatal(err)
					}
					stream = append(stream, frame...)
				}
				go c.inRecords(stream, size, updates)
				response := make([]byte, 0, 200)
				for len(response) < 4 || string(response[len(response)-4:]) != "\r\n\r\n" {
					response = append(response, 0)
					if err := c.read(response[len(response)-1:]); err != nil {
						t.Fatal(err)
					}
				}
				c.conn = &webStream{conn: conn}
				c.answersAll(blocks)
			})
		}
	}
}

// inRecords sends a stream in records of a size, with KeyUpdates between them that want one in return.
func (c *rawClient) inRecords(stream []byte, size int, updates bool) {
	conn := c.conn.(*tls.NetConn)
	every := 1 + len(stream)/size/25 // more without an answer of ours between is a flood
	for i := 0; len(stream) > 0; i++ {
		if updates && i%every == 0 {
			if conn.KeyUpdate(true) != nil {
				return // the test has failed
			}
		}
		n := min(size, len(stream))
		if _, err := conn.Write(stream[:n]); err != nil {
			return
		}
		stream = stream[n:]
	}
}

// A client that says close_notify has nothing more to ask, but may wait for the answers, whether it closes its side of the
// socket as well or not; then the router says close_notify, too.
func TestAnswersAfterCloseNotify(t *testing.T) {
	r := startRouter(t)
	for name, end := range map[string]func(*rawClient) error{
		"socket open": func(c *rawClient) error { return c.conn.(*tls.NetConn).CloseWrite() },
		"socket closed": func(c *rawClient) error {
			return errors.Join(c.conn.(*tls.NetConn).CloseWrite(), c.socket.(*net.TCPConn).CloseWrite())
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := r.Stats().Closed[string(engine.CausePeer)]
			const blocks = 300
			c := r.rawTLS(t)
			go func() {
				for _, block := range r.asksAtOnce(c, blocks) {
					c.conn.Write(block)
				}
				end(c)
			}()
			c.answersAll(blocks)
			if n, err := c.conn.Read(make([]byte, 1)); n != 0 || err != io.EOF {
				t.Errorf("after the answers: %d bytes, %v", n, err)
			}
			until(t, "the connection is closed", func() bool { return r.Stats().Closed[string(engine.CausePeer)] == before+1 })
		})
	}
	r.closedNone(t)
}

// The same of a client whose commands other routers have to answer.
func TestForwardedAnswersAfterCloseNotify(t *testing.T) {
	asked, answer := make(chan struct{}), make(chan struct{})
	late := destination{relay: func(h *hostileSession) {
		close(asked)
		<-answer
		h.conn.Close()
	}}
	r := startRouter(t, asProxy)
	c := r.rawDial(t, 19)
	c.send(c.forwarded(startHostile(t, late).address))
	<-asked
	if err := c.conn.(*tls.NetConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	exchange(t, r.dial(t), r.dial(t), 1) // the loop has seen it
	close(answer)
	c.responses(1)
	r.closedFor(t, engine.CausePeer)
}
