package shard

import (
	"bytes"
	"log/slog"
	"testing"
	"time"

	"switchyard/box"
	"switchyard/shard/linkid"
	"switchyard/shard/partition"
	"switchyard/shard/ring"
	"switchyard/shard/unread"
	"switchyard/smp"
)

// testCore drives a core without its goroutines: one drain at a time.
type testCore struct {
	*core
	router *router // for its keys, and as the loop
	drain  *drain
	client *client

	retries []time.Duration // of the batchRetry that are arranged
	retried []*Client
	resumes []*Client // of the BatchResume
	timers  []func()  // of unread
	ahead   time.Duration
	log     bytes.Buffer
}

func newTestCore(t testing.TB, store Store) *testCore {
	cfg := testConfig()
	cfg.Shards = 1
	cfg = cfg.withDefaults()
	r := &router{t: t, random: seeded(1), set: &Set{partitions: partition.New(&cfg.PartitionKey, 1), workers: []*worker{{ring: ring.New[*Batch](RingSize)}}}}
	c := &testCore{router: r, drain: new(drain)}
	c.core = newCore(cfg, env{partitions: r.set.partitions, store: store, random: r.random, services: newServices(), links: linkid.New(), admission: newAdmission(&cfg)})
	c.resume = func(client *Client) { c.resumes = append(c.resumes, client) }
	c.retry = func(client *Client, d time.Duration) {
		c.retries, c.retried = append(c.retries, d), append(c.retried, client)
	}
	c.unread = unread.New(slog.New(slog.NewTextHandler(&c.log, nil)), func(_ time.Duration, f func()) { c.timers = append(c.timers, f) })
	c.hand = func(_ int, b *Batch) bool {
		c.drain.batches = append(c.drain.batches, b)
		return true
	}
	c.notifyLater = func() {}
	c.hops = &r.set.hops
	r.arrived = newCond(r)
	return c
}

func (c *testCore) connect() *client { return c.router.connect() }

// batch makes the batch of one command.
func (c *testCore) batch(client *client, key *box.PrivateKey, entity, text []byte) *Batch {
	return client.prepare(command{key: key, entity: entity, text: text}).batch
}

// gatherOnly runs the steps of a drain up to the verification.
func (c *testCore) gatherOnly(client *client, key *box.PrivateKey, entity, text []byte) {
	c.drain.batches = append(c.drain.batches, c.batch(client, key, entity, text))
	c.client = client
	c.now, c.out = time.Now().Add(c.ahead).Unix(), c.drain
	c.gather(c.drain.batches)
	c.load()
	c.authorize()
}

// runDrain runs a drain of batches.
func (c *testCore) runDrain(batches ...*Batch) {
	c.drain.batches = append(c.drain.batches, batches...)
	c.run(time.Now().Add(c.ahead), c.drain)
	c.deliver()
}

// rest runs drains of what the shard has for itself, and tells how many there were.
func (c *testCore) rest() (drains int) {
	for ; len(c.outgoing) > 0; drains++ {
		c.post()
		c.runDrain()
	}
	return drains
}

// retryNow runs the batchRetry that are arranged, when it is their time.
func (c *testCore) retryNow() {
	clients := c.retried
	for _, d := range c.retries[len(c.retries)-len(clients):] {
		c.ahead += d
	}
	c.retried = nil
	for _, client := range clients {
		c.runDrain(NewBatch(batchRetry, client))
	}
	c.rest()
}

// timePasses runs the timers of unread.
func (c *testCore) timePasses() {
	timers := c.timers
	c.timers = nil
	for _, f := range timers {
		f()
	}
}

// finish runs the other steps and returns the response.
func (c *testCore) finish() received {
	c.apply(c.drain.batches)
	c.evict()
	c.commit()
	c.reset()
	c.deliver()
	return c.client.take()
}

// deliver does what the waiter does.
func (c *testCore) deliver() {
	if c.drain.commit != nil {
		if err := c.drain.commit.Wait(); err != nil {
			c.router.t.Fatal(err)
		}
	}
	for _, g := range c.drain.groups {
		g.loop.Deliver(g)
	}
	c.drain.reset()
}

// do runs a drain of one command.
func (c *testCore) do(client *client, key *box.PrivateKey, entity, text []byte) received {
	c.gatherOnly(client, key, entity, text)
	return c.finish()
}

// newQueue creates a queue whose recipient's key is of the algorithm.
func (c *testCore) newQueue(client *client, alg box.Alg) *testQueue {
	text, q, dh := c.router.newCommand(client.shard.Version, queueOptions{mode: smp.ModeMessaging, alg: alg})
	m := c.do(client, q.key, nil, text)
	q.created(c.router.t, client.shard.Version, &m, dh)
	return q
}
