package engine_test

import (
	"io"
	"net"
	"testing"
	"time"

	"switchyard/engine"
	"switchyard/server/listen"
	"switchyard/smp"
	"switchyard/smp/client"
)

// closedFor waits until the router counts a connection closed for the cause.
func (r *testRouter) closedFor(t testing.TB, cause engine.Cause) {
	t.Helper()
	ctx := testContext(t)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for r.Stats().Closed[string(cause)] == 0 {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("no connection is closed for %v: %v", cause, r.Stats().Closed)
		}
	}
}

func (r *testRouter) tcp(t testing.TB) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", r.config.Listen[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestTLSTimeout(t *testing.T) {
	r := startRouter(t, func(c *engine.Config) { c.TLSTimeout = time.Millisecond })
	c := r.tcp(t)
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Fatal("the router says something to a silent client")
	}
	r.closedFor(t, engine.CauseTLSTimeout)
}

func TestHelloTimeout(t *testing.T) {
	r := startRouter(t, func(c *engine.Config) { c.HandshakeTimeout = time.Millisecond })
	c := r.rawTLS(t)
	c.serverHello()
	c.closed()
	r.closedFor(t, engine.CauseHelloTimeout)
}

// An idle connection is closed unless it has a subscription.
func TestIdleDisconnect(t *testing.T) {
	r := startRouter(t, func(c *engine.Config) { c.InactiveTTL, c.InactiveCheck = time.Millisecond, time.Millisecond })
	subscribed := r.dial(t)
	q, err := subscribed.NewQueue(testContext(t), client.QueueParams{Subscribe: true})
	if err != nil {
		t.Fatal(err)
	}
	idle := r.dial(t)
	select {
	case <-idle.Done():
	case <-testContext(t).Done():
		t.Fatal("the idle connection stays")
	}
	r.closedFor(t, engine.CauseIdle)
	if err := subscribed.Delete(testContext(t), q); err != nil {
		t.Fatal("the subscribed connection is closed: ", err)
	}
}

func TestGarbageInsteadOfTLS(t *testing.T) {
	r := startRouter(t)
	for _, garbage := range []string{"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "\x16\x03\x01\x00\x04\x01\x00\x00\x00", "\x15\x03\x03\x00\x02\x02\x28"} {
		c := r.tcp(t)
		if _, err := c.Write([]byte(garbage)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(c); err != nil {
			t.Fatal(err)
		}
	}
	r.closedFor(t, engine.CauseTLS)
	exchange(t, r.dial(t), r.dial(t), 1)
}

// A peer that breaks a record gets an alert and is gone; others stay.
func TestBrokenRecord(t *testing.T) {
	r := startRouter(t)
	c := r.rawDial(t, 19)
	c.ask(c.transmission(nil, "p", "", "PING"))
	if _, err := c.socket.Write([]byte("\x17\x03\x03\x00\x20 this is no sealed TLS record ....")); err != nil {
		t.Fatal(err)
	}
	c.closed()
	r.closedFor(t, engine.CauseRecord)
}

// A client may send much before it reads: everything is answered.
func TestManyCommandsBeforeReading(t *testing.T) {
	r := startRouter(t)
	c := r.rawDial(t, 19)
	const blocks = 200 // 3.2 MB each way, more than the sockets hold
	for range blocks {
		c.send(smp.AppendBatch(nil, c.transmission(nil, "p", "", "PING")))
	}
	if got := c.responses(blocks); len(got) != blocks {
		t.Fatalf("%d responses", len(got))
	}
}

// Where sockets cannot be told to wait, a client that sends without end and never reads is closed; others notice nothing.
func TestNeverReading(t *testing.T) {
	r := startRouterWith(t, (*engine.Router).NeverPause)
	if n := <-r.rawDial(t, 19).pour(1 << 13); n == 1<<13 {
		t.Fatal("128 MiB are taken of a client that does not read")
	}
	r.closedFor(t, engine.CauseUnread)
	exchange(t, r.dial(t), r.dial(t), 1)
}

// A client that subscribes to many full queues and stops reading holds no more than its window; when it reads, all come.
func TestSlowReaderOfManyQueues(t *testing.T) {
	r := startRouter(t)
	ctx := testContext(t)
	maker := r.dial(t)
	const queues = 300
	body := make([]byte, 16000)
	all := make([]*client.RcvQueue, queues)
	for i := range all {
		q, err := maker.NewQueue(ctx, client.QueueParams{})
		if err != nil {
			t.Fatal(err)
		}
		if err := maker.Send(ctx, q.Sender(nil), false, body); err != nil {
			t.Fatal(err)
		}
		all[i] = q
	}
	held := make(chan struct{})
	got := make(chan string, queues)
	slow := r.dial(t, func(c *client.Config) {
		c.OnEvent = func(e client.Event) {
			if e.Kind == client.EventMessage {
				<-held // the reader, and so the connection, stands still
				got <- string(e.Entity)
			}
		}
	})
	subscribed := make(chan []error, 1)
	go func() { subscribed <- slow.SubscribeAll(ctx, all) }()
	exchange(t, maker, maker, 3)
	close(held)
	for _, err := range <-subscribed {
		if err != nil {
			t.Fatal(err)
		}
	}
	seen := make(map[string]bool)
	for len(seen) < queues {
		select {
		case id := <-got:
			if seen[id] {
				t.Fatal("a message is delivered twice")
			}
			seen[id] = true
		case <-ctx.Done():
			t.Fatalf("%d of %d messages come", len(seen), queues)
		}
	}
}

func TestPortInUse(t *testing.T) {
	r := startRouter(t)
	cfg := r.config
	cfg.Store = r.store
	second, err := engine.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	err = second.Run()
	if _, ok := err.(*listen.Error); !ok {
		t.Fatalf("error %v, want a listen.Error", err)
	}
	if err := second.Stop(testContext(t)); err != nil {
		t.Fatal(err)
	}
}
