package shard

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"switchyard/box"
	"switchyard/smp"
)

// Disk is where a router of the model check has its store. Package shard_test runs the checks on that of package wal,
// which imports this one.
type Disk interface {
	Open() (Store, error)
	Close() error
	// Crash has what is opened next be what a loss of power at this moment would have left.
	Crash(*rand.Rand)
}

// CheckModel gives random commands to a Set and to the model, and compares what clients receive. Clients of all versions
// come and go and stop reading, time passes, queues leave memory, the operator blocks queues, and the router is
// restarted and loses power. Then what is stored has to be what the model says: all that was answered, and of what was
// not, the first commands of each queue.
//
// Most commands come in small blocks, one or two of a client at a time, which are executed in the order in which they were put
// into the rings. Now and then there are large ones, and floods, which shards put off; then the model takes the order from the
// answers (modelfair_test.go).
//
// A seed makes each step the same again. How far the router has come when the power fails is left to the machine.
func CheckModel(t *testing.T, disk func() Disk) {
	eachModelSeed(t, func(t *testing.T, seed uint64) (next func(step int), trace *trace) {
		c := newModelCheck(t, seed, disk())
		t.Cleanup(func() {
			if c.step >= 1000 && (c.overtaken == 0 || c.parted == 0) {
				t.Error("no batch was overtaken, or none was interrupted")
			}
			if c.step >= 1000 && c.router.cfg.stray != nil && c.router.cfg.Shards > 1 && c.strayed < 100 {
				t.Errorf("%d blocks were handed from one shard to another", c.strayed)
			}
			t.Logf("%d batches were overtaken, and others came between commands of a batch %d times", c.overtaken, c.parted)
		})
		return c.next, &c.trace
	})
}

// modelCheck is one run.
type modelCheck struct {
	*rand.Rand // of this step
	seed       uint64
	t          testing.TB
	router     *router
	model      model
	clients    []*client
	named      map[string]*modelQueue // by recipient and notifier ID
	keys       []*box.PrivateKey
	algs       []box.Alg       // of new keys
	known      []*modelMessage // with their IDs
	made       int             // numbers given to queues, messages and links
	corrs      uint64
	step       int
	trace      trace

	// What the shards have been given at once, in the order in which it was put into their rings (modelfair_test.go).
	given     []*modelBatch
	room      map[*client]int // how many messages may be pushed; nil at other times
	left      []*client       // were cut meanwhile
	overtaken int             // batches, so far
	strayed   int             // blocks for queues whose sender ID is of another shard, so far
	parted    int             // batches between whose commands came others, so far
	small     map[*client]int // commands in small blocks since the router was waited for
}

func newModelCheck(t *testing.T, seed uint64, disk Disk) *modelCheck {
	c := &modelCheck{Rand: rand.New(rand.NewPCG(seed, 0)), seed: seed, t: t, algs: modelAlgs, named: make(map[string]*modelQueue), small: make(map[*client]int)}
	cfg := testConfig()
	cfg.Shards = 1 + c.IntN(3)
	cfg.QueueCache = cfg.Shards * (1 + c.IntN(4))
	cfg.MessageTTL, cfg.ExpireOnSend = time.Hour, c.IntN(2) == 0
	cfg.NotifyTTL = 2 * time.Hour
	cfg.ExpireEvery, cfg.NotifyEvery = 1000*time.Hour, 1000*time.Hour // the check has them happen
	cfg.BasicAuth = modelPassword
	cfg.stray = c.strayEach(seed)
	c.model = model{quota: cfg.Quota, ttl: 3600, notifyTTL: 7200, expireOnSend: cfg.ExpireOnSend}
	c.router = newRouterOnDisk(t, cfg, disk, seed)
	for range 6 {
		c.keys = append(c.keys, c.newKey())
	}
	for range 4 {
		c.clients = append(c.clients, c.connect())
	}
	return c
}

// strayEach has half of the IDs beside recipient IDs fall into any partition, as imported ones do, with every other seed.
func (c *modelCheck) strayEach(seed uint64) func() bool {
	if seed%2 > 0 {
		return nil
	}
	return func() bool {
		var b [1]byte
		c.router.random(b[:])
		return b[0]%2 == 0
	}
}

const modelPassword = "password"

// modelAlgs has Ed448 seldom, as it takes the time of ten others.
var modelAlgs = append(slices.Repeat([]box.Alg{box.Ed25519, box.X25519}, 5), box.Ed448)

func (c *modelCheck) newKey() *box.PrivateKey {
	return c.router.newKeyOf(c.algs[c.IntN(len(c.algs))])
}

// modelVersions are those around each change of the protocol.
var modelVersions = []smp.Version{6, 8, 9, 10, 11, 12, 14, 15, 16, 17, 18, 19, 19, 19, 19, 19}

func (c *modelCheck) connect() *client {
	return c.router.connectAt(modelVersions[c.IntN(len(modelVersions))])
}

func (c *modelCheck) log(format string, args ...any) {
	c.trace.log("%d: "+format, append([]any{c.step}, args...)...)
}

func (c *modelCheck) number(client *client) int { return slices.Index(c.clients, client) }

// next makes one step.
func (c *modelCheck) next(step int) {
	c.step, c.Rand = step, rand.New(rand.NewPCG(c.seed, uint64(step)+1))
	c.model.now = c.router.clock.time().Unix()
	c.forget()
	live := c.live()
	switch n := c.IntN(1000); {
	case n < 5:
		c.restart()
	case n < 15 && len(live) > 0:
		c.crash()
	case n < 30:
		c.reconnect(c.IntN(len(c.clients)))
	case n < 40:
		c.log("time passes")
		c.router.clock.advance(time.Duration(c.IntN(50)) * time.Minute)
	case n < 45:
		c.expire()
	case n < 90:
		c.stall(c.clients[c.IntN(len(c.clients))])
	case n < 120:
		c.notify()
	case n < 190 && len(live) < 12 || len(live) == 0:
		c.create()
	case n < 210:
		if q := live[c.IntN(len(live))]; c.IntN(4) > 0 {
			c.block(q)
		} else {
			c.erase(q)
		}
	case n < 290:
		c.linkCommand()
	case n < 350:
		c.crowd()
	default:
		for range 1 + c.IntN(4) {
			c.commands()
		}
	}
	c.compare()
	for _, q := range c.model.queues {
		if q.link != nil {
			q.knownLink = q.link.id
		}
	}
}

// live is the queues that are not deleted.
func (c *modelCheck) live() (live []*modelQueue) {
	for _, q := range c.model.queues {
		if !q.gone {
			live = append(live, q)
		}
	}
	return live
}

// forget keeps a few of the queues that are deleted. Within a step it would forget those whose DEL a crash may undo.
func (c *modelCheck) forget() {
	gone := 0
	c.model.queues = slices.DeleteFunc(c.model.queues, func(q *modelQueue) bool {
		if q.gone {
			gone++
		}
		return q.gone && gone > 20
	})
}

func (c *modelCheck) restart() {
	c.log("restart")
	c.router.restart()
	c.compare()
	for _, q := range c.model.queues {
		if len(q.pending) > 0 {
			c.model.store(q)
		}
	}
	c.reconnectAll()
	c.checkStore()
}

// reconnectAll connects the clients to a router that has come up.
func (c *modelCheck) reconnectAll() {
	for i := range c.clients {
		c.model.closed(c.clients[i])
		c.clients[i] = c.connect()
	}
}

func (c *modelCheck) reconnect(i int) {
	c.clients[i].close()
	c.model.closed(c.clients[i])
	c.clients[i] = c.connect()
	c.log("client %d reconnects with version %d", i, c.clients[i].shard.Version)
}

func (c *modelCheck) expire() {
	c.log("old messages and notifications are deleted")
	c.router.set.expire()
	for _, q := range c.model.queues {
		c.model.expire(q)
		q.stored = c.model.fresh(q.stored)
	}
}

func (c *modelCheck) notify() {
	client := c.clients[c.IntN(len(c.clients))]
	if c.IntN(4) == 0 {
		client.shard.Window.Clog(!client.shard.Window.Clogged())
	}
	c.log("notifications go out; client %d clogged %v", c.number(client), client.shard.Window.Clogged())
	for i := range c.router.set.Len() {
		c.router.put(i, NewBatch(batchNotify, nil))
	}
	c.model.notify()
}

// stall has a client stop reading, or go on. Until the shards get to know that it goes on, others may give commands.
func (c *modelCheck) stall(client *client) {
	if client.stalled = !client.stalled; client.stalled {
		c.log("client %d stops reading", c.number(client))
		occupy(&client.shard.Window, DeliveryWindow)
		return
	}
	c.log("client %d reads again", c.number(client))
	resume := vacate(&client.shard.Window, DeliveryWindow)
	for range c.IntN(4) {
		if other := c.clients[c.IntN(len(c.clients))]; other != client && len(c.live()) > 0 {
			c.commandsOf(other)
		}
	}
	c.model.deliverReady(client)
	if resume {
		client.eachShard(BatchResume)
	}
}

// erase has the operator delete a queue.
func (c *modelCheck) erase(q *modelQueue) {
	c.log("queue %d: deleted by the operator", q.number)
	if n, err := c.router.set.Delete(c.name(q)); err != nil || n != len(q.messages) {
		c.t.Errorf("delete: %d messages of %d, %v", n, len(q.messages), err)
	}
	c.model.erase(q, nil)
}

// name is one of the IDs by which the operator knows a queue.
func (c *modelCheck) name(q *modelQueue) []byte {
	if q.link != nil && c.IntN(2) == 0 {
		return q.link.id
	}
	return q.sender
}

// block has the operator block a queue, or unblock it.
func (c *modelCheck) block(q *modelQueue) {
	id := c.name(q)
	var e smp.Error
	if c.IntN(3) == 0 {
		notice := smp.Notice{Present: c.IntN(2) == 0, HasTTL: c.IntN(2) == 0, TTL: 60}
		e = smp.ErrBlocked([]smp.BlockReason{smp.BlockSpam, smp.BlockContent}[c.IntN(2)], notice)
	}
	c.log("queue %d: blocked %v", q.number, !e.IsZero())
	var err error
	if e.IsZero() {
		_, err = c.router.set.Unblock(id)
	} else {
		_, err = c.router.set.Block(id, e)
	}
	if err != nil {
		c.t.Errorf("block: %v", err)
	}
	c.model.block(q, e)
}
