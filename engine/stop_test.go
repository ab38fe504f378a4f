package engine_test

import (
	"context"
	"errors"
	"io"
	"math"
	"net"
	"strings"
	"testing"
	"time"

	"switchyard/engine"
	"switchyard/shard"
	"switchyard/smp"
	"switchyard/smp/client"
)

// Clients that send at full speed while the router stops read everything that it has answered, then its goodbye, and no
// reset connection.
func TestStopSaysGoodbye(t *testing.T) {
	r := startRouter(t)
	idle := r.rawDial(t, 19)
	idle.ask(idle.transmission(nil, "p", "", "PING"))
	ends := make(chan error)
	const clients = 4
	begun := make(chan struct{}, clients)
	for range clients {
		c := r.rawDial(t, 19)
		sent := c.pour(math.MaxInt)
		go func() {
			answer := make([]byte, smp.BlockSize)
			_, err := io.ReadFull(c.conn, answer)
			begun <- struct{}{}
			for err == nil {
				_, err = io.ReadFull(c.conn, answer)
			}
			c.socket.Close()
			<-sent
			ends <- err
		}()
	}
	for range clients {
		<-begun
	}
	stopped := make(chan error)
	go func() { stopped <- r.Stop(testContext(t)) }()
	for range clients {
		if err := <-ends; err != io.EOF {
			t.Error("a busy client reads", err)
		}
	}
	if _, err := idle.conn.Read(make([]byte, 1)); err != io.EOF {
		t.Error("an idle client reads", err)
	}
	idle.socket.Close()
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if err := <-r.stopped; err != nil {
		t.Error(err)
	}
	if err := r.store.Close(); err != nil {
		t.Error(err)
	}
	r.store = nil
}

// hangingStore is a store whose disk does not answer.
type hangingStore struct {
	shard.Store
	reads   chan struct{}
	answers chan struct{}
}

func (s *hangingStore) Load(l []shard.Lookup) {
	s.reads <- struct{}{}
	<-s.answers
	for i := range l {
		l[i].Err = errors.New("too late") // the store may be closed by now
	}
}

// startHanging starts a router with one shard, whose disk hangs. The test stops it.
func startHanging(t testing.TB) (*testRouter, *hangingStore) {
	t.Helper()
	whole := startRouter(t)
	store := &hangingStore{whole.store, make(chan struct{}, 10), make(chan struct{})}
	cfg := whole.config
	cfg.Listen, cfg.Store = []string{freeAddress(t)}, store
	cfg.Queues.Shards = 1
	cfg.Queues.PartitionKey = whole.store.PartitionKey()
	r, err := engine.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	hanging := &testRouter{Router: r, config: cfg, address: whole.address, stopped: make(chan error, 1)}
	_, hanging.address.Port, _ = net.SplitHostPort(cfg.Listen[0])
	go func() { hanging.stopped <- r.Run() }()
	<-r.Ready()
	return hanging, store
}

// A disk that hangs does not keep the router from stopping in time, and from saying goodbye.
func TestStopWhileDiskHangs(t *testing.T) {
	r, store := startHanging(t)
	c := r.dial(t)
	if err := c.Do((&client.SndQueue{ID: make([]byte, 24)}).Send(false, nil), func(client.Response) {}); err != nil {
		t.Fatal(err)
	}
	<-store.reads
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	err := r.Stop(ctx)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "the shards did not end in time") {
		t.Error(err)
	}
	<-c.Done()
	if err := <-r.stopped; err != nil {
		t.Error(err)
	}
	close(store.answers)
}
