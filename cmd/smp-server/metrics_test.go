package main

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/engine"
	"switchyard/internal/disk/disktest"
	"switchyard/server/control"
	"switchyard/server/identity"
	"switchyard/server/site"
	"switchyard/shard"
	"switchyard/smp"
	"switchyard/smp/client"
	"switchyard/tls"
	"switchyard/wal"
)

// told is a router in this process, whose store is on a file system of the test's, and where it tells how it is.
type told struct {
	t       *testing.T
	address smp.ServerAddress
	url     string
	router  *engine.Router
}

func tell(t *testing.T, fs vfs.FS) *told {
	t.Helper()
	id, err := identity.Create(t.TempDir(), tls.Ed25519, "127.0.0.1", time.Now())
	check(t, err)
	log := slog.New(slog.DiscardHandler)
	store, err := wal.Open("store", wal.Options{FS: fs, Log: log})
	check(t, err)
	port, err := freePort()
	check(t, err)
	router, err := engine.New(engine.Config{
		Listen: []string{"127.0.0.1:" + port}, KeyPair: id.KeyPair, Identity: id.Hash, Store: store, Log: log,
		Queues: shard.Config{Shards: 2, NewQueues: true, PartitionKey: store.PartitionKey()},
	})
	check(t, err)
	ended := make(chan error, 1)
	go func() { ended <- router.Run() }()
	<-router.Ready()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	addr := l.Addr().String()
	l.Close()
	stop, err := newMetrics(router, new(site.Server), store, control.New(control.Config{}), nil, nil, log).Serve(addr)
	check(t, err)
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		stop()
		end := &stopping{timeout: 20 * time.Second}
		_ = end.router(router) // of a store that has failed
		<-ended
		_ = end.store(store)
	})
	return &told{t, smp.ServerAddress{Scheme: smp.SchemeSMP, KeyHash: id.Hash, Hosts: []string{"127.0.0.1"}, Port: port}, "http://" + addr, router}
}

// ask returns the status of a page, and its lines by their beginning.
func (r *told) ask(page string) (status int, said map[string]string) {
	r.t.Helper()
	a, err := http.Get(r.url + page)
	check(r.t, err)
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	check(r.t, err)
	said = make(map[string]string)
	for line := range strings.Lines(string(text)) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), ": ")
		said[name] = rest
	}
	return a.StatusCode, said
}

// create creates a queue; its answer waits for the commit.
func (r *told) create() (answered <-chan error) {
	r.t.Helper()
	config := client.Defaults(r.address)
	config.OnEvent = func(client.Event) {}
	c, err := client.Dial(r.t.Context(), config)
	check(r.t, err)
	r.t.Cleanup(c.Close)
	done := make(chan error, 1)
	go func() {
		_, err := c.NewQueue(r.t.Context(), client.QueueParams{Mode: smp.ModeMessaging})
		done <- err
	}()
	return done
}

// TestReadinessOfADrainedRouter: the operator's command has it take no new connections.
func TestReadinessOfADrainedRouter(t *testing.T) {
	r := tell(t, vfs.NewMem())
	if status, said := r.ask("/readyz"); status != 200 || said["draining"] != "ok" {
		t.Fatalf("%d %v", status, said)
	}
	r.router.Drain()
	if status, said := r.ask("/readyz"); status != 503 || said["draining"] != "the router is drained: it takes no new connections" {
		t.Errorf("%d %v", status, said)
	}
	if status, said := r.ask("/healthz"); status != 200 {
		t.Errorf("%d %v", status, said)
	}
}

// hangs is a file system whose syncs wait while they are to.
type hangs struct {
	vfs.FS
	on    atomic.Bool
	begun chan struct{}
	end   chan struct{}
}

func (f *hangs) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := f.FS.Create(name, c)
	return hanging{file, f}, err
}

func (f *hangs) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := f.FS.ReuseForWrite(old, name, c)
	return hanging{file, f}, err
}

type hanging struct {
	vfs.File
	fs *hangs
}

func (f hanging) SyncData() error {
	if f.fs.on.Load() {
		f.fs.begun <- struct{}{}
		<-f.fs.end
	}
	return f.File.SyncData()
}

// TestHealthOfADiskThatHangs: the commit of a client's command does not return, so neither do probes of its shard and of commits.
// The router takes clients all the same, and is well again when the disk is.
func TestHealthOfADiskThatHangs(t *testing.T) {
	fs := &hangs{FS: vfs.NewMem(), begun: make(chan struct{}, 10), end: make(chan struct{})}
	r := tell(t, fs)
	if err := <-r.create(); err != nil {
		t.Fatal(err)
	}
	if status, said := r.ask("/healthz"); status != 200 || said["loops"] != "ok" || said["shards"] != "ok" || said["commits"] != "ok" {
		t.Fatalf("%d %v", status, said)
	}
	fs.on.Store(true)
	answered := r.create()
	<-fs.begun
	status, said := r.ask("/healthz")
	if status != 503 || said["loops"] != "ok" || !strings.HasPrefix(said["shards"], "shard ") || !strings.HasPrefix(said["commits"], "no answer for ") {
		t.Errorf("%d %v", status, said)
	}
	if status, said := r.ask("/readyz"); status != 200 {
		t.Errorf("%d %v", status, said)
	}
	fs.on.Store(false)
	close(fs.end)
	if err := <-answered; err != nil {
		t.Fatal(err)
	}
	if status, said := r.ask("/healthz"); status != 200 {
		t.Errorf("afterwards: %d %v", status, said)
	}
}

// TestReadinessOfAFullDisk: the router answers, and is not ready.
func TestReadinessOfAFullDisk(t *testing.T) {
	fs := disktest.NewSmall(10 << 20)
	fs.Total = 1 << 40
	r := tell(t, fs)
	if status, said := r.ask("/readyz"); status != 503 || said["listening"] != "ok" || !strings.Contains(said["disk"], "the disk is nearly full") {
		t.Errorf("%d %v", status, said)
	}
	if status, said := r.ask("/healthz"); status != 200 {
		t.Errorf("%d %v", status, said)
	}
}

// TestReadinessOfADiskThatFails: a store that is frozen answers, by errors.
func TestReadinessOfADiskThatFails(t *testing.T) {
	fs := disktest.NewFaulty(vfs.NewMem())
	fs.Lasts = true
	r := tell(t, fs)
	if status, said := r.ask("/readyz"); status != 200 {
		t.Fatalf("%d %v", status, said)
	}
	fs.Left.Store(0)
	if err := <-r.create(); err == nil {
		t.Fatal("a queue was created on a disk that fails")
	}
	if status, said := r.ask("/readyz"); status != 503 || !strings.Contains(said["disk"], "input/output error") {
		t.Errorf("%d %v", status, said)
	}
	if status, said := r.ask("/healthz"); status != 200 {
		t.Errorf("%d %v", status, said)
	}
}
