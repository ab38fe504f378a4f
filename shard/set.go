package shard

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/internal/expiry"
	"switchyard/internal/stage"
	"switchyard/shard/linkid"
	"switchyard/shard/partition"
	"switchyard/shard/registry"
	"switchyard/shard/tally"
	"switchyard/shard/unread"
	"switchyard/smp"
)

// Config is what an operator can set about queues. The zero value of a limit means what its comment says.
type Config struct {
	Shards        int           // goroutines that own queues; 0: one a core
	PartitionKey  [16]byte      // secret of the router; must stay the same as long as the store lives
	Quota         int           // messages a queue holds before ERR QUOTA; 0: 128
	MessageTTL    time.Duration // age at which messages are deleted; 0: never
	ExpireEvery   time.Duration // interval of the deletion; 0: 2 h
	ExpireAtStart bool          // delete old messages and notifications when the shards start too
	ExpireOnSend  bool          // also look at the head of the queue at each SEND
	NewQueues     bool          // NEW is allowed; see Admit
	NewService    func() bool   // asked before a service is made; nil: always
	BasicAuth     string        // password for NEW; empty: none is asked
	Subscriptions int           // of one connection, with the queues that it uses GET of; 0: no limit. Of SUB, NSUB and NEW loops judge
	Refused       func()        // told of each GET that this limit has refused; nil: nobody
	Uncounted     bool          // nothing is counted, to measure what counting takes
	QueueCache    int           // queues kept in memory, in all shards together; 0: 50,000
	NotifyEvery   time.Duration // how long notifications gather before they are sent; 0: 1.5 s
	NotifyTTL     time.Duration // age at which notifications are deleted that nobody has taken; 0: 24 h
	Clock         Clock         // nil: time.Now
	Log           *slog.Logger  // nil: discard
	Watch         *stage.Watch  // measures the stages of drains; nil: nobody does
	stray         func() bool   // in tests: tells that an ID is drawn of any partition, as imported ones are; nil: none is
}

// withDefaults returns cfg with the limits that are zero filled in.
func (cfg Config) withDefaults() Config {
	fill := func(n *int, value int) {
		if *n <= 0 {
			*n = value
		}
	}
	fill(&cfg.Shards, runtime.GOMAXPROCS(0))
	cfg.Shards = min(cfg.Shards, MaxShards)
	fill(&cfg.Quota, 128)
	fill(&cfg.QueueCache, 50_000)
	wait := func(d *time.Duration, value time.Duration) {
		if *d <= 0 {
			*d = value
		}
	}
	wait(&cfg.ExpireEvery, 2*time.Hour)
	wait(&cfg.NotifyEvery, 1500*time.Millisecond)
	wait(&cfg.NotifyTTL, 24*time.Hour)
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Refused == nil {
		cfg.Refused = func() {}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return cfg
}

// Admission is what a router takes from strangers, as far as shards judge it. It may change while they run.
type Admission struct {
	NewQueues     bool   // NEW is allowed
	BasicAuth     string // password for NEW; empty: none is asked
	Subscriptions int    // of one connection, with the queues that it uses GET of; 0: no limit
}

// Admission is what shards of this config begin with.
func (cfg *Config) Admission() Admission {
	return Admission{NewQueues: cfg.NewQueues, BasicAuth: cfg.BasicAuth, Subscriptions: cfg.Subscriptions}
}

// admission is the Admission that holds, which all shards read.
type admission = atomic.Pointer[Admission]

func newAdmission(cfg *Config) *admission {
	a := new(admission)
	first := cfg.Admission()
	a.Store(&first)
	return a
}

// Admit has all shards go by another Admission from now on.
func (s *Set) Admit(a Admission) { s.admission.Store(&a) }

// MaxShards bounds the shards of a router: Client.Shards has a bit for each.
const MaxShards = 64

// Set is all shards of a router.
type Set struct {
	cfg        Config
	store      Store
	partitions partition.Map
	services   *services
	random     func([]byte)
	workers    []*worker
	created    atomic.Uint32 // NEWs routed so far: they go to the shards in turn
	hops       atomic.Int64  // batches between shards that are not executed

	registry  *registry.Registry
	unread    *unread.Count
	admission *admission

	made, madeNotifiers atomic.Int64 // services

	clock   expiry.Clock   // by which it is judged what is too old
	expiry  sync.WaitGroup // the goroutine of the expiry
	closing chan struct{}
}

// New starts the shards on a store.
func New(cfg Config, store Store) *Set {
	return newSet(cfg, store, func(b []byte) { _, _ = rand.Read(b) }) // never fails
}

// newSet starts the shards with a source of randomness.
func newSet(cfg Config, store Store, random func([]byte)) *Set {
	cfg = cfg.withDefaults()
	s := &Set{
		cfg:        cfg,
		store:      store,
		partitions: partition.New(&cfg.PartitionKey, cfg.Shards),
		services:   newServices(),
		unread:     unread.New(cfg.Log, unread.AfterFunc),
		random:     random,
		admission:  newAdmission(&cfg),
		closing:    make(chan struct{}),
	}
	e := env{partitions: s.partitions, store: store, random: random, services: s.services, links: linkid.New(), hand: s.hand, hops: &s.hops,
		expiry: &s.clock, unread: s.unread, admission: s.admission}
	for e.index = range cfg.Shards {
		w := newWorker(cfg, e)
		s.workers = append(s.workers, w)
		go w.run()
		go w.wait()
	}
	s.registry = registry.New(registry.Config{Store: store, Put: s.putServices, Random: random, Allowed: cfg.NewService, Closing: s.closing})
	s.expiry.Add(1)
	go s.expireOften()
	return s
}

// Len is the number of shards.
func (s *Set) Len() int { return len(s.workers) }

// Route names the shard for a command of a connection: that of the entity's partition; for NEW that of the sender ID
// when the client has determined it, else any. SUBS and NSUBS go to the shard of the service ID, which has all others do
// their part.
func (s *Set) Route(client *Client, cmd *Command) int {
	if cmd.Tag != smp.CmdNew {
		return s.partitions.Shard(cmd.EntityID)
	}
	if p, _ := smp.ParseNew(client.Version, cmd.Params); p.HasLink {
		return s.partitions.Shard(p.SenderID)
	}
	return int(s.created.Add(1) % uint32(len(s.workers)))
}

// Put hands a batch to a shard, from any goroutine. False means that its ring is full: the caller serves its own
// inbox and tries again. BatchClosed of a client is the last batch that mentions it.
func (s *Set) Put(shard int, b *Batch) bool {
	b.put = s.cfg.Watch.Now()
	return s.workers[shard].ring.Put(b)
}

// PutAll hands batches to a shard, as many as its ring has room for, and returns how many. The shard sees them at once:
// they are in one drain as far as that takes them.
func (s *Set) PutAll(shard int, all []*Batch) int {
	if w := s.cfg.Watch; w != nil {
		now := w.Now()
		for _, b := range all {
			b.put = now
		}
	}
	return s.workers[shard].ring.PutAll(all)
}

// Behind tells that a shard has put off so much that there should be no new clients for now, who would have more of the
// same.
func (s *Set) Behind() bool {
	for _, w := range s.workers {
		if w.fair.commands.Load() >= fairBehind {
			return true
		}
	}
	return false
}

// Unread is how many queues have a first message that cannot be read while somebody waits for it.
func (s *Set) Unread() int { return s.unread.Len() }

// Tally reads what the shards have counted since their start, and takes the queues in use since the last reading.
func (s *Set) Tally(r *tally.Reading) {
	now := s.cfg.Clock()
	for _, w := range s.workers {
		w.core.total.Read(r, now)
		r.Failed = r.Failed || w.unsound.Load()
	}
	r.Services, r.NotifierServices = s.made.Load(), s.madeNotifiers.Load()
	s.services.tally(r)
}

// hand hands a batch from one shard to another.
func (s *Set) hand(shard int, b *Batch) bool { return s.workers[shard].hops.Put(b) }

// Close answers what is in the rings, waits for the commits and stops. No Put may follow.
func (s *Set) Close() error {
	close(s.closing)
	s.expiry.Wait()
	s.registry.Wait()
	for _, w := range s.workers {
		w.stopInput()
	}
	for _, w := range s.workers {
		<-w.rested
	}
	for s.hops.Load() > 0 {
		time.Sleep(postDelay)
	}
	for _, w := range s.workers {
		w.stopHops()
	}
	var errs []error
	for i, w := range s.workers {
		if err := w.end(); err != nil {
			errs = append(errs, fmt.Errorf("shard %d: %w", i, err))
		}
	}
	return errors.Join(errs...)
}
