package history

import (
	"context"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/engine"
	"switchyard/shard"
	"switchyard/smp"
	"switchyard/tls"
	"switchyard/wal"
)

// router is a whole router on loopback whose disk is memory that can crash.
type router struct {
	t       *testing.T
	config  engine.Config
	address smp.ServerAddress
	fs      *vfs.MemFS
	store   *wal.Store
	running *engine.Router
	down    func() // is called when one has ended and the next has not begun
	ended   chan error

	// up is held for reading by those who use connections, and for writing while the router is down.
	up sync.RWMutex
}

// identity makes the certificates of a router.
func identity(t *testing.T) (*tls.KeyPair, [32]byte) {
	caPEM, caKey, err := tls.IssueCA(tls.Ed25519, "SMP server CA", "SimpleX", time.Now())
	check(t, err)
	ca, err := tls.ParseKeyPair(caPEM, caKey)
	check(t, err)
	leafPEM, leafKey, err := tls.IssueLeaf(ca, tls.Ed25519, "127.0.0.1", time.Now())
	check(t, err)
	pair, err := tls.ParseKeyPair(append(leafPEM, caPEM...), leafKey)
	check(t, err)
	return pair, tls.Fingerprint(ca.Chain[0])
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newRouter starts a router that ends with the test.
func newRouter(t *testing.T) *router {
	pair, fingerprint := identity(t)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	host, port, _ := net.SplitHostPort(free.Addr().String())
	check(t, free.Close())
	r := &router{t: t, fs: vfs.NewCrashableMem()}
	r.address = smp.ServerAddress{KeyHash: fingerprint, Hosts: []string{host}, Port: port}
	r.config = engine.Config{
		Listen:   []string{net.JoinHostPort(host, port)},
		KeyPair:  pair,
		Identity: fingerprint,
		Queues:   shard.Config{NewQueues: true, Shards: 2, QueueCache: 2, Quota: 1 << 10},
		Loops:    2,
	}
	r.start()
	t.Cleanup(r.stop)
	return r
}

func (r *router) start() {
	var err error
	r.store, err = wal.Open("store", wal.Options{FS: r.fs, MemTable: 256 << 10})
	check(r.t, err)
	cfg := r.config
	cfg.Store, cfg.Queues.PartitionKey = r.store, r.store.PartitionKey()
	r.running, err = engine.New(cfg)
	check(r.t, err)
	r.ended = make(chan error, 1)
	go func() { r.ended <- r.running.Run() }()
	select {
	case <-r.running.Ready():
	case err := <-r.ended:
		r.t.Fatal("run:", err)
	}
}

func (r *router) stop() {
	if err := r.running.Stop(context.Background()); err != nil {
		r.t.Error("stop:", err)
	}
	if err := <-r.ended; err != nil {
		r.t.Error("run:", err)
	}
	if err := r.store.Close(); err != nil {
		r.t.Error("close:", err)
	}
}

// restart stops the router and starts another one on its store.
func (r *router) restart() {
	r.up.Lock()
	defer r.up.Unlock()
	r.stop()
	r.down()
	r.start()
}

// crash cuts all connections, takes what a loss of power would leave of the disk at that moment, with none to all of what
// was not synced, and starts a router on it. Nothing that was answered later has reached a client.
func (r *router) crash(random *rand.Rand, cut func()) {
	r.up.Lock()
	defer r.up.Unlock()
	cut()
	left := r.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: random.IntN(101), RNG: random})
	r.stop()
	r.down()
	r.fs = left
	r.start()
}
