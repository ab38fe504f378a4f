package engine

import (
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/panjf2000/gnet/v2"

	"switchyard/engine/relay"
	"switchyard/engine/socket"
	"switchyard/engine/workerpool"
	"switchyard/internal/stage"
	"switchyard/server/crash"
	"switchyard/server/listen"
	"switchyard/shard"
	"switchyard/tls"
)

// Router is an SMP router: it listens, and serves until it is stopped.
type Router struct {
	gnet.BuiltinEventEngine

	// Immutable after New.
	cfg     Config
	shards  *shard.Set
	workers *workerpool.Pool // of handshakes
	relays  *relay.Pool      // nil: no proxy
	gate    *listen.Gate
	live    atomic.Pointer[live]
	made    creations
	counts  counters
	held    atomic.Int64 // input that waits for other routers, in bytes
	backlog atomic.Int64 // what waits of clogged sessions, in bytes

	backlogTotal  int64 // these are smaller in tests
	heldTotal     int64
	halfReadTotal int
	stallLimit    time.Duration
	blockTimeout  time.Duration
	neverPause    bool // in tests: as where sockets cannot be told to wait

	ready    chan struct{} // closed when the router listens
	stopping chan struct{} // closed when Stop begins
	halted   chan struct{} // closed when the loops have ended

	ports    map[string]*port // immutable, by their number
	numbers  atomic.Int64     // of connections, since the start
	draining atomic.Bool

	mu       sync.Mutex
	events   *gnet.Client     // nil until Run listens
	acceptor *listen.Acceptor // nil until Run listens
	loops    map[gnet.EventLoop]*loop
	stop     sync.Once
}

// New makes a router and starts its shards. Run serves.
func New(cfg Config) (*Router, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	r := newRouter(cfg)
	cfg.Queues.NewService, cfg.Queues.Log = r.mayRegister, cfg.Log
	cfg.Queues.Subscriptions = cfg.Limits.Subscriptions
	cfg.Queues.Refused = func() { r.gate.Refuse(RefusedSubscriptions) }
	r.shards = shard.New(cfg.Queues, cfg.Store)
	r.workers = workerpool.Start(cfg.HandshakeWorkers, r.shards.Behind)
	if cfg.Proxy != nil {
		r.relays = relay.NewPool(*cfg.Proxy)
	}
	return r, nil
}

// newRouter makes a router without anything that runs.
func newRouter(cfg Config) *Router {
	r := &Router{
		cfg:      cfg,
		gate:     newGate(&cfg),
		ready:    make(chan struct{}),
		stopping: make(chan struct{}),
		halted:   make(chan struct{}),

		backlogTotal:  backlogTotal,
		heldTotal:     heldTotal,
		halfReadTotal: halfReadTotal,
		stallLimit:    stallLimit,
		blockTimeout:  blockTimeout,

		ports:  newPorts(cfg.Listen),
		loops:  make(map[gnet.EventLoop]*loop),
		counts: counters{handshakes: newHandshakes()},
	}
	r.use(cfg.Settings(cfg.Queues, cfg.KeyPair))
	return r
}

// serverTLS is our profile: SMP's ALPN first, then those of web clients, whose choice also means the whole version
// range; a client certificate is asked for, as services have one.
func serverTLS(pair *tls.KeyPair) *tls.Config {
	return &tls.Config{
		Certificates:      []*tls.KeyPair{pair},
		ALPN:              []string{"smp/1", "h2", "http/1.1"},
		RequestClientCert: true,
		VerifyPeer:        func(chain [][]byte) error { return tls.VerifyClientChain(chain, time.Now()) },
	}
}

// Run listens and serves until Stop. It fails when it cannot listen.
func (r *Router) Run() error {
	listeners, err := listen.Open(r.cfg.Listen)
	if err != nil {
		return err
	}
	loops, err := r.startLoops()
	if err != nil {
		listen.Close(listeners)
		return fmt.Errorf("engine: event loops: %w", err)
	}
	r.mu.Lock()
	select {
	case <-r.stopping:
		listen.Close(listeners)
		r.mu.Unlock()
		return loops.Stop()
	default:
	}
	r.events = loops
	r.acceptor = r.gate.Accept(listeners, func(c net.Conn, s *listen.Source) error { return enroll(loops, c, s) })
	r.mu.Unlock()
	close(r.ready)
	<-r.halted
	return nil
}

// startLoops starts the event loops: gnet's for clients, as these have no listeners.
func (r *Router) startLoops() (*gnet.Client, error) {
	loops, err := gnet.NewClient(r,
		gnet.WithNumEventLoop(r.cfg.Loops),
		gnet.WithTCPNoDelay(gnet.TCPDelay), // which Go's listeners have set
		gnet.WithTicker(true),
		gnet.WithLogger(gnetLog{r.cfg.Log}),
	)
	if err != nil {
		return nil, err
	}
	return loops, loops.Start()
}

// Gate is what decides on the router's connections, for what else the process serves.
func (r *Router) Gate() *listen.Gate { return r.gate }

// Ready is closed when the router listens.
func (r *Router) Ready() <-chan struct{} { return r.ready }

// OnTick implements gnet.EventHandler: it sends every loop to look after its connections.
func (r *Router) OnTick() (time.Duration, gnet.Action) {
	defer crash.Report()
	now := time.Now()
	r.eachLoop(func(l *loop) { l.run(func() { l.lookAfter(now) }) })
	return tick, gnet.None
}

// OnOpen implements gnet.EventHandler.
func (r *Router) OnOpen(c gnet.Conn) ([]byte, gnet.Action) {
	defer crash.Report()
	l := r.loopOf(c.EventLoop())
	s := newSession(l, c, r.live.Load())
	s.source, _ = c.Context().(*listen.Source)
	r.admit(s)
	l.sessions[s] = struct{}{}
	l.greeting[s] = struct{}{}
	c.SetContext(s)
	if !l.input {
		return nil, gnet.Close
	}
	return nil, gnet.None
}

// OnTraffic implements gnet.EventHandler.
func (r *Router) OnTraffic(c gnet.Conn) gnet.Action {
	defer crash.Report()
	s := c.Context().(*session)
	s.conn.Changed()
	span := r.cfg.Queues.Watch.Begin(stage.Open)
	s.traffic()
	span.End()
	s.loop.turnSoon()
	return gnet.None
}

// OnClose implements gnet.EventHandler.
func (r *Router) OnClose(c gnet.Conn, _ error) gnet.Action {
	defer crash.Report()
	if s, ok := c.Context().(*session); ok {
		s.closed()
	}
	return gnet.None
}

// loopOf finds our loop of an event loop, once a connection.
func (r *Router) loopOf(e gnet.EventLoop) *loop {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.loops[e]
	if l == nil {
		l = newLoop(r, e)
		r.loops[e] = l
	}
	return l
}

func (r *Router) eachLoop(do func(*loop)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.loops {
		do(l)
	}
}

// pollerOf is what an event loop of the router waits with.
func (r *Router) pollerOf(e gnet.EventLoop) socket.Poller {
	if r.neverPause {
		return socket.NoPoller
	}
	return socket.PollerOf(e)
}

// gnetLog passes what gnet reports on to the router's log. gnet reports every reset connection as an error; to a
// public router these are the weather, so they are logged for debugging only.
type gnetLog struct{ log *slog.Logger }

func (g gnetLog) Debugf(f string, a ...any) { g.log.Debug(fmt.Sprintf(f, a...)) }
func (g gnetLog) Infof(f string, a ...any)  { g.log.Debug(fmt.Sprintf(f, a...)) }
func (g gnetLog) Warnf(f string, a ...any)  { g.log.Debug(fmt.Sprintf(f, a...)) }
func (g gnetLog) Errorf(f string, a ...any) { g.log.Debug(fmt.Sprintf(f, a...)) }
func (g gnetLog) Fatalf(f string, a ...any) { g.log.Error(fmt.Sprintf(f, a...)) }
