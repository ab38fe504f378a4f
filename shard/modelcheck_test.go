package shard

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"switchyard/box"
	"switchyard/smp"
)

var (
	modelSeed  = flag.Uint64("model.seed", 0, "run the model check with this seed only")
	modelSteps = flag.Int("model.steps", 500, "steps of the model check")
)

// TestModel gives random commands to a Set and to the model, and compares what clients receive. Connections come and
// go, clients stop reading, time passes, queues leave memory, and the router is restarted on its store.
func TestModel(t *testing.T) {
	seeds := []uint64{1, 2, 3}
	if *modelSeed != 0 {
		seeds = []uint64{*modelSeed}
	}
	for _, seed := range seeds {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			c := newModelCheck(t, seed)
			for c.step = range *modelSteps {
				c.next()
				if t.Failed() {
					t.Logf("the last steps:\n%s", c.trace)
					t.Fatalf("replay: go test ./shard -run 'TestModel$' -model.seed %d -model.steps %d", seed, c.step+1)
				}
			}
		})
	}
}

// modelCheck is one run.
type modelCheck struct {
	*rand.Rand
	t       *testing.T
	router  *router
	model   model
	clients []*client
	deleted []*modelQueue          // some that are gone
	named   map[string]*modelQueue // by each ID that it has or had
	keys    []*box.PrivateKey
	known   []*modelMessage // with their IDs
	sent    int
	step    int
	trace   []byte
}

func newModelCheck(t *testing.T, seed uint64) *modelCheck {
	random := rand.New(rand.NewPCG(seed, 0))
	cfg := testConfig()
	cfg.Shards = 1 + random.IntN(3)
	cfg.QueueCache = cfg.Shards * (1 + random.IntN(4))
	cfg.MessageTTL, cfg.ExpireOnSend, cfg.ExpireEvery = time.Hour, true, 1000*time.Hour
	r := newRouterOn(t, cfg, newFakeStore(), seed)
	c := &modelCheck{Rand: random, t: t, router: r, model: model{quota: cfg.Quota, ttl: 3600},
		named: make(map[string]*modelQueue)}
	for range 6 {
		c.keys = append(c.keys, r.newKey())
	}
	for range 4 {
		c.clients = append(c.clients, r.connect())
	}
	return c
}

func (c *modelCheck) log(format string, args ...any) {
	c.trace = fmt.Appendf(c.trace, "%d: "+format+"\n", append([]any{c.step}, args...)...)
	if len(c.trace) > 4000 {
		c.trace = c.trace[len(c.trace)-1500:]
	}
}

// next makes one step.
func (c *modelCheck) next() {
	c.model.now = c.router.clock.time().Unix()
	switch n := c.IntN(200); {
	case n < 1:
		c.restart()
	case n < 4:
		c.reconnect(c.IntN(len(c.clients)))
	case n < 6:
		c.log("time passes")
		c.router.clock.advance(time.Duration(c.IntN(50)) * time.Minute)
	case n < 16:
		c.stall(c.clients[c.IntN(len(c.clients))])
	case n < 30 && len(c.model.queues) < 12 || len(c.model.queues) == 0:
		c.create()
	default:
		c.commands()
	}
}

func (c *modelCheck) restart() {
	c.log("restart")
	c.router.restart()
	for i := range c.clients {
		c.model.closed(c.clients[i])
		c.clients[i] = c.router.connect()
	}
}

func (c *modelCheck) reconnect(i int) {
	c.log("client %d reconnects", i)
	c.clients[i].close()
	c.model.closed(c.clients[i])
	c.clients[i] = c.router.connect()
}

// stalled says that the connection has as much to read as may wait.
func (c *client) stalled() bool { return c.shard.Window.Load() >= DeliveryWindow }

// stall has a client stop reading, or go on.
func (c *modelCheck) stall(client *client) {
	if !client.stalled() {
		c.log("client %d stops reading", slices.Index(c.clients, client))
		client.shard.Window.Add(DeliveryWindow)
		return
	}
	c.log("client %d reads again", slices.Index(c.clients, client))
	client.shard.Window.Add(-DeliveryWindow)
	c.model.deliverReady(client)
	if client.shard.Starved.Swap(false) {
		client.eachShard(BatchResume)
	}
	c.compare()
}

func (c *modelCheck) create() {
	o := queueOptions{mode: []smp.QueueMode{smp.ModeUnset, smp.ModeMessaging, smp.ModeContact}[c.IntN(3)],
		subscribe: c.IntN(2) == 0, notifier: c.IntN(3) == 0}
	client := c.clients[c.IntN(len(c.clients))]
	c.log("client %d creates queue %d %+v", slices.Index(c.clients, client), c.sent, o)
	q := &modelQueue{testQueue: client.newQueue(o), mode: o.mode, gets: map[*testClient]*modelSub{}}
	q.keys = []*box.PrivateKey{q.key}
	if o.subscribe {
		q.sub = &modelSub{client: client}
	}
	c.model.queues = append(c.model.queues, q)
	c.named[string(q.recipient)], c.named[string(q.sender)], c.named[string(q.notifier)] = q, q, q
	c.compare()
}

// commands sends some blocks, with luck so fast that they meet in one drain.
func (c *modelCheck) commands() {
	for range 1 + c.IntN(4) {
		c.block()
	}
	c.compare()
}

// block sends a block of commands to one queue.
func (c *modelCheck) block() {
	if len(c.model.queues) == 0 {
		return
	}
	client := c.clients[c.IntN(len(c.clients))]
	q := c.model.queues[c.IntN(len(c.model.queues))]
	if c.IntN(40) == 0 && len(c.deleted) > 0 {
		q = c.deleted[c.IntN(len(c.deleted))]
	}
	var actions []action
	var cmds []command
	for range 1 + max(0, c.IntN(8)-4) {
		a := c.action(client, q)
		a.tooLarge = a.tooLarge && len(cmds) == 0 // as it fills the block
		cmd := c.encode(&a)
		if len(cmd.entity) == 0 {
			continue
		}
		actions, cmds = append(actions, a), append(cmds, cmd)
		c.log("client %d %v queue %x signed %d", slices.Index(c.clients, client), a.op, q.recipient[:2], slices.Index(c.keys, a.key))
		if a.tooLarge {
			break
		}
	}
	if len(cmds) == 0 {
		return
	}
	c.model.do(actions)
	if !slices.Contains(c.model.queues, q) {
		c.deleted = append(c.deleted, q)
	}
	client.send(cmds...)
}
