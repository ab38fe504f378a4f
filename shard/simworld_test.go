//go:build simulate

package shard

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"switchyard/box"
	"switchyard/internal/simulate"
	"switchyard/smp"
	"switchyard/tls"
)

// simulation is one run: a router, its clients and its disk, and what is known of them.
type simulation struct {
	modelCheck // of which the model, the clients and the commands are used

	// What a run has for its whole length.
	sim      *simulate.Simulation // nil: goroutines run as they like
	began    time.Time            // when they do
	engine   func(*Set, SimLimits) SimRouter
	limits   SimLimits
	store    *simStore
	most     int   // queues
	pace     int   // steps of actors between two of the driver's, on average
	weights  []int // of the kinds of the driver's steps
	ops      []int // of the commands
	notes    []string
	wasFull  bool // the store, for a while since the last rest
	vague    bool // a queue is in too many states for now
	hidden   bool // a NEW was answered with a failure: there may be a queue that no client knows
	given    map[string]*simGiven
	doubts   map[*modelQueue]*simDoubt
	finished map[string]bool // IDs of messages whose ACK was answered
	order    int             // of commands that were given

	// The router at hand, and its connections.
	front   SimRouter
	running bool
	loops   []*simLoop
	ends    []*simEnd // by place in clients
	gone    []*simEnd // ended since the last rest

	mu     sync.Mutex // guards what loops and waiters touch, too
	inner  map[*Client]Loop
	endOf  map[*Client]*simEnd
	tapped [][]simReply
}

// SimLimits are those of the engine.
type SimLimits struct{ Subscriptions, CommandsPerSecond int }

// simKeys is the client's end of a connection whose handshake is done, and the router's key of its session; all others are copies
// of it. Handshakes are not simulated.
var simKeys struct {
	client *tls.Conn
	public box.PublicKey
}

// SimConnection takes the client's end of a connection, and returns the router's private key of the session.
func SimConnection(client *tls.Conn) (secret [32]byte) {
	key, err := box.GenerateKey(box.X25519, rand.NewChaCha8([32]byte{}))
	if err != nil {
		panic(err)
	}
	s, _ := key.X25519()
	simKeys.client, simKeys.public = client, key.Public()
	return *s
}

// newSimulation begins a run. Loose ones have no scheduler: their goroutines run as they like.
func newSimulation(v *verdict, seed uint64, loose bool, engine func(*Set, SimLimits) SimRouter) *simulation {
	w := &simulation{
		modelCheck: modelCheck{
			Rand: rand.New(rand.NewPCG(seed, 0)), seed: seed, t: v, algs: []box.Alg{box.X25519}, named: make(map[string]*modelQueue),
		},
		engine:   engine,
		began:    time.Now(),
		given:    make(map[string]*simGiven),
		doubts:   make(map[*modelQueue]*simDoubt),
		finished: make(map[string]bool),
		inner:    make(map[*Client]Loop),
		endOf:    make(map[*Client]*simEnd),
	}
	if !loose {
		w.sim = simulate.New(rand.New(rand.NewPCG(seed, 1)))
	}
	w.store = newSimStore(w.measure)
	random, mu := seeded(seed), new(sync.Mutex)
	w.router = &router{
		t: v, store: w.store.fakeStore, backing: w.store.fakeStore, clock: &testClock{now: time.Unix(1_700_000_000, 0)},
		random: func(b []byte) {
			mu.Lock()
			defer mu.Unlock()
			random(b)
		},
	}
	w.configure()
	return w
}

// configure chooses what is the same for the whole run.
func (w *simulation) configure() {
	cfg := testConfig()
	cfg.Shards = 1 + w.IntN(3)
	cfg.QueueCache = cfg.Shards * (1 + w.IntN(3))
	cfg.MessageTTL, cfg.ExpireOnSend = time.Hour, w.IntN(2) == 0
	cfg.ExpireEvery, cfg.NotifyEvery = 1000*time.Hour, 1000*time.Hour
	cfg.BasicAuth = modelPassword
	if w.seed%4 == 0 {
		cfg.stray = w.strayEach(0)
	}
	cfg.Clock = w.router.clock.time
	w.router.cfg = cfg
	w.model = model{quota: cfg.Quota, ttl: 3600, notifyTTL: 7200, expireOnSend: cfg.ExpireOnSend}
	for range 4 {
		w.keys = append(w.keys, w.newKey())
	}
	w.most = []int{4, 8, 8, 64}[w.IntN(4)]
	w.pace = []int{2, 6, 20, 60, 200}[w.IntN(5)]
	if w.IntN(4) == 0 {
		w.limits.CommandsPerSecond = 2 + w.IntN(10)
	}
	if w.IntN(4) == 0 {
		w.limits.Subscriptions = 2 + w.IntN(4)
		w.router.cfg.Subscriptions = w.limits.Subscriptions
	}
	for _, s := range simSteps {
		weight := s.weight
		if !s.always {
			weight *= []int{0, 1, 1, 3}[w.IntN(4)]
		}
		w.weights = append(w.weights, weight)
	}
	for _, op := range simOps {
		w.ops = append(w.ops, op.weight*[]int{0, 1, 1, 4}[w.IntN(4)])
	}
	w.ops[0] = simOps[0].weight // without SEND there is nothing to do
}

// start starts a router on the store, and connects the clients.
func (w *simulation) start() {
	w.router.set = newSet(w.router.cfg, w.store, w.router.random)
	w.front = w.engine(w.router.set, w.limits)
	w.loops, w.running = nil, true
	for range 1 + w.IntN(2) {
		w.loops = append(w.loops, newSimLoop(w.front, rand.New(rand.NewPCG(w.seed, w.Uint64()))))
	}
	clients := max(len(w.clients), 2+w.IntN(3))
	w.clients, w.ends = make([]*client, clients), make([]*simEnd, clients)
	for i := range w.clients {
		w.connectAt(i)
	}
}

// connectAt opens a connection at a place among the clients.
func (w *simulation) connectAt(i int) {
	c := &client{r: w.router, session: simKeys.public, stalled: true} // the model delivers when the router does
	loop := w.loops[w.IntN(len(w.loops))]
	e := &simEnd{w: w, client: c, tls: *simKeys.client, expected: make(map[string][][]byte), asked: make(map[string]bool)}
	e.socket = &simSocket{loop: loop, room: 8<<10 + w.IntN(60<<10), input: true}
	w.clients[i], w.ends[i] = c, e
	engine := w.front
	loop.do(func() {
		loop.sockets = append(loop.sockets, e.socket)
		s := engine.Open(e.socket, smp.CurrentVersion)
		w.mu.Lock()
		defer w.mu.Unlock()
		w.inner[s], w.endOf[s] = s.Loop, e
		s.Loop = simTap{w}
		c.shard = s
	})
}

// end is the connection of a client.
func (w *simulation) end(c *client) *simEnd {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.endOf[c.shard]
}

// note adds what happens to the trace.
func (w *simulation) note(format string, args ...any) {
	if w.sim != nil {
		simulate.Note(format, args...)
		return
	}
	w.notes = append(w.notes, fmt.Sprintf(format, args...))
}

// trace is what has happened last.
func (w *simulation) trace(notes, points int) string {
	if w.sim == nil {
		return strings.Join(w.notes[max(0, len(w.notes)-notes):], "\n") + "\n"
	}
	return w.sim.Notes(notes) + w.sim.Trace(points)
}

// let lets actors make steps, if they can.
func (w *simulation) let(steps int) {
	for range steps {
		if w.sim == nil {
			runtime.Gosched()
		} else if !w.sim.Step() {
			return
		}
		w.look()
	}
}

// look has a look after each step.
func (w *simulation) look() {
	if w.sim != nil {
		if err := w.sim.Err(); err != nil {
			w.t.Fatal(err)
		}
		if w.sim.Steps() > simStepsMost {
			w.t.Fatalf("the router does not come to rest")
		}
	}
	w.follow()
	if w.t.Failed() {
		w.t.Fatalf("")
	}
}

const (
	// simStepsMost is how many steps of actors a run may take: ten times what any does.
	simStepsMost = 400_000
	// simPatience is how long anything may take that nobody holds up: more than until the last retry of a read.
	simPatience = 3 * retryLimit
	// simPause is how long a loose run waits for time to pass.
	simPause = 50 * time.Millisecond
)

// settle lets everything happen that will, as far as clients read and commits are not held. Loops look after their connections
// whenever nothing else is to be done.
func (w *simulation) settle() {
	until := w.elapsed() + simPatience
	for looked := false; ; {
		w.stepAll()
		w.look()
		switch {
		case w.readAll():
		case !looked:
			looked = true
			w.lookAfter()
		case w.elapsed() > until || !w.advance(simPatience):
			return
		default:
			looked = false
		}
	}
}

// stepAll lets all actors go on until each waits.
func (w *simulation) stepAll() {
	if w.sim == nil {
		synctest.Wait()
		return
	}
	for w.sim.Step() {
		w.look()
	}
}

func (w *simulation) elapsed() time.Duration {
	if w.sim == nil {
		return time.Since(w.began)
	}
	return w.sim.Elapsed()
}

// advance has time pass until the next timer. It says whether there is one.
func (w *simulation) advance(within time.Duration) bool {
	if w.sim == nil {
		simulate.Sleep(simPause)
		return true
	}
	return w.sim.Advance(within)
}

// readAll has the clients read that do. It says whether there was something.
func (w *simulation) readAll() (some bool) {
	for _, e := range w.ends {
		if n, _ := e.unread(); n > 0 && !e.stalled && !e.left {
			some = true
			e.read(n)
		}
	}
	return some
}
