package engine_test

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/engine"
	"switchyard/shard"
	"switchyard/smp"
	"switchyard/smp/client"
	"switchyard/tls"
	"switchyard/wal"
)

// testRouter is a whole router on loopback, its store in memory.
type testRouter struct {
	*engine.Router
	address smp.ServerAddress
	stopped chan error
	store   *wal.Store
	fs      vfs.FS
	config  engine.Config
	prepare func(*engine.Router) // before it runs
	wrap    func(shard.Store) shard.Store
}

// startRouter starts a router that ends with the test. change may alter its configuration.
func startRouter(t testing.TB, change ...func(*engine.Config)) *testRouter {
	t.Helper()
	return startRouterWith(t, func(*engine.Router) {}, change...)
}

// startRouterWith is startRouter with something done to the router before it runs.
func startRouterWith(t testing.TB, prepare func(*engine.Router), change ...func(*engine.Config)) *testRouter {
	t.Helper()
	pair, identity := certificates(t, tls.Ed25519)
	cfg := engine.Config{
		Listen:   []string{freeAddress(t)},
		KeyPair:  pair,
		Identity: identity,
		Queues:   shard.Config{NewQueues: true},
	}
	for _, c := range change {
		c(&cfg)
	}
	r := &testRouter{fs: vfs.NewMem(), config: cfg, prepare: prepare}
	r.start(t)
	t.Cleanup(func() { r.halt(t) })
	return r
}

// start runs the router on its file system; a second start after halt is a restart.
func (r *testRouter) start(t testing.TB) {
	t.Helper()
	var err error
	if r.store, err = wal.Open("store", wal.Options{FS: r.fs, Sync: wal.SyncNever}); err != nil {
		t.Fatal(err)
	}
	cfg := r.config
	cfg.Store = r.store
	if r.wrap != nil {
		cfg.Store = r.wrap(r.store)
	}
	cfg.Queues.PartitionKey = r.store.PartitionKey()
	if r.Router, err = engine.New(cfg); err != nil {
		t.Fatal(err)
	}
	r.prepare(r.Router)
	host, port, _ := net.SplitHostPort(cfg.Listen[0])
	r.address = smp.ServerAddress{KeyHash: cfg.Identity, Hosts: []string{host}, Port: port}
	r.stopped = make(chan error, 1)
	go func() { r.stopped <- r.Run() }()
	select {
	case <-r.Ready():
	case err := <-r.stopped:
		t.Fatal(err)
	}
}

// halt stops the router and closes its store. Halting twice is no fault.
func (r *testRouter) halt(t testing.TB) {
	t.Helper()
	if r.store == nil {
		return
	}
	for command, n := range r.Stats().Commands {
		if n > 0 {
			given.Saw(t.Name(), command, "")
		}
	}
	if err := r.Stop(context.Background()); err != nil {
		t.Error("stop:", err)
	}
	if err := <-r.stopped; err != nil {
		t.Error("run:", err)
	}
	if err := r.store.Close(); err != nil {
		t.Error("close store:", err)
	}
	r.store = nil
}

func certificates(t testing.TB, scheme tls.SignatureScheme) (*tls.KeyPair, [32]byte) {
	t.Helper()
	caPEM, caKey, err := tls.IssueCA(scheme, "SMP server CA", "SimpleX", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	ca, err := tls.ParseKeyPair(caPEM, caKey)
	if err != nil {
		t.Fatal(err)
	}
	leafPEM, leafKey, err := tls.IssueLeaf(ca, scheme, "127.0.0.1", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.ParseKeyPair(append(leafPEM, caPEM...), leafKey)
	if err != nil {
		t.Fatal(err)
	}
	return pair, tls.Fingerprint(ca.Chain[0])
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// testTimeout ends a test that waits for what does not come.
const testTimeout = 30 * time.Second

func testContext(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	t.Cleanup(cancel)
	return ctx
}

// dial connects as today's clients do; change may alter how.
func (r *testRouter) dial(t testing.TB, change ...func(*client.Config)) *client.Client {
	t.Helper()
	cfg := client.Defaults(r.address)
	for _, c := range change {
		c(&cfg)
	}
	c, err := client.Dial(testContext(t), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func version(v smp.Version) func(*client.Config) {
	return func(c *client.Config) { c.Versions = smp.VersionRange{Min: v, Max: v} }
}

// exchange sends n messages through a new queue and receives them.
func exchange(t testing.TB, rcv, snd *client.Client, n int) {
	t.Helper()
	ctx := testContext(t)
	q, err := rcv.NewQueue(ctx, client.QueueParams{Subscribe: true})
	if err != nil {
		t.Fatal("NEW:", err)
	}
	sender := q.Sender(nil)
	for i := range n {
		body := fmt.Sprintf("message %d", i)
		if err := snd.Send(ctx, sender, false, []byte(body)); err != nil {
			t.Fatal("SEND:", err)
		}
		m := receive(t, rcv, q)
		if string(m.Body) != body {
			t.Fatalf("received %q, want %q", m.Body, body)
		}
		if more, err := rcv.Ack(ctx, q, m.ID); err != nil || more != nil {
			t.Fatalf("ACK: next message %v, error %v", more, err)
		}
	}
	if err := rcv.Delete(ctx, q); err != nil {
		t.Fatal("DEL:", err)
	}
}

// receive waits for the message of a queue that is pushed.
func receive(t testing.TB, c *client.Client, q *client.RcvQueue) client.Message {
	t.Helper()
	e := event(t, c)
	if e.Kind != client.EventMessage || string(e.Entity) != string(q.ID) {
		t.Fatalf("event %v %v, want a message", e.Kind, e.Err)
	}
	m, err := q.Open(e.MsgID, e.Body)
	if err != nil {
		t.Fatal("open message:", err)
	}
	return m
}

func event(t testing.TB, c *client.Client) client.Event {
	t.Helper()
	select {
	case e := <-c.Events():
		return e
	case <-testContext(t).Done():
		t.Fatal("no event comes")
		panic("unreachable")
	}
}
