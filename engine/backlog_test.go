package engine_test

import (
	"math"
	"net"
	"syscall"
	"testing"
	"time"

	"switchyard/engine"
	"switchyard/smp"
	"switchyard/tls"
)

// deaf connects with a small receive buffer, asks for 12 MiB and reads none of it.
func (r *testRouter) deaf(t testing.TB, linkID string) *rawClient {
	t.Helper()
	dialer := net.Dialer{Control: func(_, _ string, c syscall.RawConn) (err error) {
		control := c.Control(func(fd uintptr) { err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096) })
		if err == nil {
			err = control
		}
		return err
	}}
	socket, err := dialer.Dial("tcp", r.config.Listen[0])
	if err != nil {
		t.Fatal(err)
	}
	conn := tls.Client(socket, &tls.Config{ALPN: []string{"smp/1"}, VerifyPeer: func([][]byte) error { return nil }})
	t.Cleanup(func() { conn.Close() })
	if err := conn.Handshake(testContext(t)); err != nil {
		t.Fatal(err)
	}
	c := &rawClient{t: t, socket: socket, conn: conn}
	c.version, c.sessionID = 19, c.serverHello().SessionID
	c.send(smp.AppendClientHello(nil, &smp.ClientHello{Version: 19, KeyHash: r.address.KeyHash[:]}))
	var all [][]byte
	for range 250 {
		all = append(all, c.transmission(nil, "", linkID, "LGET"))
	}
	for range 3 {
		c.send(smp.AppendBatch(nil, all...))
	}
	return c
}

// patient has the router wait for clients that do not read.
func patient(r *engine.Router) { r.LimitBacklog(math.MaxInt64/2, time.Hour) }

// startWithLink starts a router with a contact queue whose link data nearly fills a block.
func startWithLink(t testing.TB, prepare func(*engine.Router), change ...func(*engine.Config)) *testRouter {
	r := startRouterWith(t, prepare, change...)
	c := r.rawDial(t, 19)
	contact := c.newQueue("n", smp.NewParams{Mode: smp.ModeContact})
	link := smp.LinkParams{LinkID: []byte("link"), Fixed: []byte("fixed"), User: make([]byte, 16000)}
	if got := c.ask(c.signed(contact.key, "l", string(contact.RecipientID), string(smp.AppendLSet(nil, link))))[0]; string(got.Command) != "OK" {
		t.Fatalf("LSET is answered %.20q", got.Command)
	}
	return r
}

// A client whose socket takes nothing for long is closed.
func TestStalledSocket(t *testing.T) {
	r := startWithLink(t, func(r *engine.Router) { r.LimitBacklog(math.MaxInt64/2, 50*time.Millisecond) })
	r.deaf(t, "link")
	r.closedFor(t, engine.CauseUnread)
	exchange(t, r.dial(t), r.dial(t), 1)
}

// When much waits of all clients that do not read, they are closed.
func TestBacklogOfAll(t *testing.T) {
	r := startWithLink(t, func(r *engine.Router) { r.LimitBacklog(1<<20, time.Hour) })
	r.deaf(t, "link")
	r.closedFor(t, engine.CauseUnread)
	exchange(t, r.dial(t), r.dial(t), 1)
}

// Within the limits such a client stays, and gets all in the end.
func TestDeafClientReadsAtLast(t *testing.T) {
	r := startWithLink(t, patient)
	c := r.deaf(t, "link")
	exchange(t, r.dial(t), r.dial(t), 1)
	if got := c.responses(750); len(got) != 750 {
		t.Fatalf("%d responses", len(got))
	}
}
