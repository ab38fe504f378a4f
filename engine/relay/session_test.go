package relay_test

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/engine"
	"switchyard/engine/relay"
	"switchyard/internal/clockstep"
	"switchyard/shard"
	"switchyard/smp"
	"switchyard/tls"
	"switchyard/wal"
)

// startRelay runs a router to connect to.
func startRelay(t *testing.T) (*engine.Router, smp.ServerAddress) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	caPEM, caKey, err := tls.IssueCA(tls.Ed25519, "SMP server CA", "SimpleX", time.Now())
	must(err)
	ca, err := tls.ParseKeyPair(caPEM, caKey)
	must(err)
	leafPEM, leafKey, err := tls.IssueLeaf(ca, tls.Ed25519, "127.0.0.1", time.Now())
	must(err)
	pair, err := tls.ParseKeyPair(append(leafPEM, caPEM...), leafKey)
	must(err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	listen := l.Addr().String()
	must(l.Close())
	store, err := wal.Open("store", wal.Options{FS: vfs.NewMem(), Sync: wal.SyncNever})
	must(err)
	address := smp.ServerAddress{Scheme: smp.SchemeSMP, KeyHash: tls.Fingerprint(ca.Chain[0])}
	host, port, _ := net.SplitHostPort(listen)
	address.Hosts, address.Port = []string{host}, port
	r, err := engine.New(engine.Config{
		Listen: []string{listen}, KeyPair: pair, Identity: address.KeyHash, Store: store,
		Queues: shard.Config{PartitionKey: store.PartitionKey()},
	})
	must(err)
	stopped := make(chan error, 1)
	go func() { stopped <- r.Run() }()
	<-r.Ready()
	t.Cleanup(func() {
		must(r.Stop(context.Background()))
		must(<-stopped)
		must(store.Close())
	})
	return r, address
}

type connected struct {
	key smp.PKey
	err smp.Error
}

func connect(p *relay.Pool, a *smp.ServerAddress) connected {
	got := make(chan connected, 1)
	p.Connect(a, func(key *smp.PKey, err smp.Error) {
		c := connected{err: err}
		if key != nil {
			c.key = *key
		}
		got <- c
	})
	return <-got
}

func forward(p *relay.Pool, sessionID []byte) smp.Error {
	got := make(chan smp.Error, 1)
	key := smp.PFWDParams{Version: 18, Key: make([]byte, 44), Encrypted: make([]byte, smp.ForwardedEnvelope)}
	p.Forward(sessionID, []byte("corr"), key, func(_ []byte, err smp.Error) { got <- err })
	return <-got
}

// TestClockIsSetBesideSessions: whether a session is idle is not a matter of the system's clock.
func TestClockIsSetBesideSessions(t *testing.T) {
	_, address := startRelay(t)
	var mu sync.Mutex
	now := time.Now()
	change := func(to func(time.Time) time.Time) {
		mu.Lock()
		defer mu.Unlock()
		now = to(now)
	}
	cfg := relay.Config{}
	cfg.SetClock(func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	})
	p := relay.NewPool(cfg)
	defer p.Close()
	if first := connect(p, &address); !first.err.IsZero() {
		t.Fatal(first.err)
	}
	change(func(t time.Time) time.Time { return clockstep.Set(t, 24*time.Hour) })
	if p.Sweep(); p.Stats().Sessions != 1 {
		t.Error("closed as the clock was set forward")
	}
	change(func(t time.Time) time.Time { return clockstep.Set(t, -48*time.Hour).Add(relay.IdleTime + 1) })
	if p.Sweep(); p.Stats().Sessions != 0 {
		t.Error("not closed as the clock was set back")
	}
}

// TestIdleSession: a session that nobody uses is closed after a while, which is no failure: the next client has
// another one at once.
func TestIdleSession(t *testing.T) {
	router, address := startRelay(t)
	var now atomic.Int64
	cfg := relay.Config{}
	cfg.SetClock(func() time.Time { return time.Unix(now.Load(), 0) })
	p := relay.NewPool(cfg)
	defer p.Close()
	first := connect(p, &address)
	if !first.err.IsZero() {
		t.Fatal(first.err)
	}
	// The key is none, so the relay refuses the command: that it answers is what matters.
	if err := forward(p, first.key.SessionID); err != smp.ErrProxyProtocol(smp.ErrCmdSyntax) {
		t.Error(err)
	}
	now.Add(int64(relay.IdleTime / time.Second))
	if p.Sweep(); p.Stats().Sessions != 1 {
		t.Error("closed too early")
	}
	now.Add(1)
	if p.Sweep(); p.Stats().Sessions != 0 {
		t.Error("not closed")
	}
	if err := forward(p, first.key.SessionID); err != smp.ErrProxyNoSession {
		t.Error(err)
	}
	second := connect(p, &address)
	if !second.err.IsZero() || string(second.key.SessionID) == string(first.key.SessionID) {
		t.Errorf("%v, the same session: %v", second.err, string(second.key.SessionID) == string(first.key.SessionID))
	}
	if s := p.Stats(); s.Sessions != 1 || s.Down != 0 || s.Unanswered != 0 {
		t.Errorf("%+v", s)
	}
	if n := router.Stats().Accepted; n != 2 {
		t.Errorf("%d connections to the relay", n)
	}
}

// TestClose: what waits is answered when the pool is closed, and nothing is connected any more.
func TestClose(t *testing.T) {
	_, address := startRelay(t)
	p := relay.NewPool(relay.Config{})
	c := connect(p, &address)
	if !c.err.IsZero() {
		t.Fatal(c.err)
	}
	p.Close()
	if s := p.Stats(); s.Sessions != 0 || s.Unanswered != 0 {
		t.Errorf("%+v", s)
	}
	if err := forward(p, c.key.SessionID); err != smp.ErrProxyNoSession {
		t.Error(err)
	}
	if c := connect(p, &address); c.err != smp.ErrBrokerNetwork {
		t.Error(c.err)
	}
}
