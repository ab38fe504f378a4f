package engine_test

import (
	"strings"
	"testing"

	"switchyard/engine"
	"switchyard/shard"
	"switchyard/smp"
	"switchyard/smp/client"
)

// slowServices is a store in which the commit of a new service takes until the gate opens.
type slowServices struct {
	shard.Store
	begun, gate chan struct{}
}

func (s *slowServices) Begin(epoch uint64) shard.Tx {
	return &serviceTx{Tx: s.Store.Begin(epoch), store: s}
}

type serviceTx struct {
	shard.Tx
	store *slowServices
	slow  bool
}

func (t *serviceTx) PutService(fingerprint *[32]byte, r shard.ServiceRecord) {
	t.slow = true
	t.Tx.PutService(fingerprint, r)
}

func (t *serviceTx) Commit() (c shard.Commit, err error) {
	if c, err = t.Tx.Commit(); err != nil || !t.slow {
		return c, err
	}
	return serviceCommit{c, t.store}, nil
}

type serviceCommit struct {
	shard.Commit
	store *slowServices
}

func (c serviceCommit) Wait() error {
	c.store.begun <- struct{}{}
	<-c.store.gate
	return c.Commit.Wait()
}

// While new services wait for the disk, the only worker does other handshakes, and a connection that goes meanwhile is no
// trouble.
func TestNewServicesHoldNoWorker(t *testing.T) {
	whole := startRouter(t)
	store := &slowServices{whole.store, make(chan struct{}, 10), make(chan struct{})}
	cfg := whole.config
	cfg.Listen, cfg.Store, cfg.HandshakeWorkers = []string{freeAddress(t)}, store, 1
	cfg.Queues.PartitionKey = whole.store.PartitionKey()
	r, err := engine.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	stopped := make(chan error, 1)
	go func() { stopped <- r.Run() }()
	<-r.Ready()
	other := &testRouter{Router: r, config: cfg, address: whole.address}
	other.address.Port = cfg.Listen[0][strings.LastIndex(cfg.Listen[0], ":")+1:]

	const services = 3
	dialed := make(chan *client.Client, services)
	for range services {
		s := credentials(t, smp.RoleMessaging)
		go func() {
			config := client.Defaults(other.address)
			config.Service = s
			c, err := client.Dial(testContext(t), config)
			if err != nil {
				t.Error(err)
			}
			dialed <- c
		}()
	}
	<-store.begun
	plain := other.dial(t)
	exchange(t, plain, plain, 1)
	if len(dialed) > 0 {
		t.Error("a service is there before it is stored")
	}
	close(store.gate)
	for range services {
		if c := <-dialed; c != nil {
			defer c.Close()
		}
	}
	if err := r.Stop(testContext(t)); err != nil {
		t.Error(err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}
