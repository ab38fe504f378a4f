package loadtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"switchyard/smp"
)

// CrashConfig says what Crash does.
type CrashConfig struct {
	Command     []string  // program of the router and "start"; see NewRouter
	Settings    []Setting // of the routers; those of sync say what the router may forget
	Proxy       bool      // senders send through a second router, which is killed, too
	KillClients bool      // some of the clients are killed, too
	Queues      int       // at a time: one that has carried its messages is deleted and followed by another
	Kills       int
	Seed        uint64 // of kill times and of what queues do
	Conns       int
	Size        int // of a message body in bytes
	Auth        Auth
	Stall       time.Duration
	Keep        bool // leave the routers' directory behind
	Progress    func(Progress)
}

// targets is what a run may kill. Clients are links of the load.
type targets struct {
	router victim
	proxy  victim                     // nil: there is none
	cut    func(link int, reset bool) // kills the connections of a client; see mortals
}

// dialTimeoutLocal is enough for a router on this machine, and short enough that one that was killed while it shook
// hands does not hold up its clients.
const dialTimeoutLocal = 5 * time.Second

// Crash initialises routers of its own, kills them and their clients again and again under load, and checks that
// whatever the router answered OK has survived.
func Crash(ctx context.Context, c CrashConfig) (*Report, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "loadtest-crash-")
	if err != nil {
		return nil, err
	}
	report, err := crashIn(ctx, c, dir)
	if report != nil && c.Keep {
		report.Crash.Directory = dir
		return report, err
	}
	return report, errors.Join(err, os.RemoveAll(dir))
}

// crashIn is Crash with the routers' files in dir, those of the proxy in its subdirectory.
func crashIn(ctx context.Context, c CrashConfig, dir string) (*Report, error) {
	router, err := NewRouter(ctx, dir, c.Command, c.Settings...)
	if err != nil {
		return nil, err
	}
	defer router.Kill()
	connections := newMortals()
	t := targets{router: router, cut: connections.kill}
	clients := VerifyConfig{Client: Client{Address: router.Address, BlockEncryption: true, Timeout: dialTimeoutLocal,
		mortals: connections}}
	if c.Proxy {
		proxy, err := NewRouter(ctx, filepath.Join(dir, "proxy"), c.Command, c.Settings...)
		if err != nil {
			return nil, err
		}
		defer proxy.Kill()
		t.proxy, clients.Proxy = proxy, &proxy.Address
	}
	return crash(ctx, c, Schedule(c.Seed, c.Kills, c.victims()), t, clients.dialer())
}

func (c *CrashConfig) check() error {
	switch {
	case c.Queues < 1 || c.Kills < 1:
		return errors.New("there must be at least 1 queue and 1 kill")
	case c.Conns < 2:
		return errors.New("there must be at least 2 connections, as recipient and sender of a queue use different ones")
	}
	if err := (Client{}).check(c.Auth, c.Size); err != nil {
		return err
	}
	if !c.Proxy {
		return RaiseFileLimit(c.Conns)
	}
	return RaiseFileLimit(2 * c.Conns) // one with the router and one with the proxy each
}

func (c *CrashConfig) victims() Victims {
	v := VictimRouter
	if c.Proxy {
		v |= VictimProxy
	}
	if c.KillClients {
		v |= VictimClients
	}
	return v
}

// What queues do in a crash run. Most are busy with a few messages on their way; one in four leaves its messages
// unacknowledged every other life of the router, so that they are at rest when it dies; every other one of these
// goes on sending until it meets the quota.
const (
	crashWindow      = 4
	crashQuotaWindow = 160
	crashMinMessages = 20
	crashMoreMessage = 400
)

func (c *CrashConfig) load(d dialer, k *killer) loadConfig {
	return loadConfig{
		dial: d, conns: c.Conns, slots: c.Queues, size: c.Size, auth: c.Auth, run: c.Seed, stall: c.Stall, renew: true,
		window: func(slot int) int {
			if slot%8 == 7 {
				return crashQuotaWindow
			}
			return crashWindow
		},
		messages: func(queue uint32) uint32 {
			r := rand.New(rand.NewPCG(c.Seed, uint64(queue)))
			return crashMinMessages + r.Uint32N(crashMoreMessage)
		},
		holds:  func(slot int) bool { return slot%4 == 3 && k.epoch.Load()%2 == 1 },
		epoch:  k.epoch.Load,
		lapses: k.lapses,
	}
}

// crash runs the kills and then lets everything that is on its way arrive.
func crash(ctx context.Context, c CrashConfig, plan []Kill, t targets, d dialer) (*Report, error) {
	k := newKiller(&c, plan, t)
	l, err := newLoad(c.load(d, k))
	if err != nil {
		return nil, err
	}
	defer l.close()
	k.load = l
	w := watch(c.Progress)
	defer w.close()
	w.phase("killing", int64(c.Kills), &k.kills)
	w.notes(func() string { return fmt.Sprintf("acknowledged %d", l.count.accepted.Load()) })

	began := time.Now()
	l.deleting.Store(true)
	l.create()
	l.send()
	if err := l.connect(ctx, true); err != nil {
		return nil, err
	}
	cause := k.run(ctx)
	w.phase("draining", 0, &l.count.acked)
	back, err := l.wind(ctx, cause)
	if cause == nil {
		cause = err
	}
	m := &measured{seconds: time.Since(began).Seconds(), delivered: l.count.delivered.Load(),
		answer: l.latency.answer.quantiles(), delivery: l.latency.delivery.quantiles()}
	r := l.report("crash", m, cause)
	r.Undeleted = back.undeleted
	r.Crash = k.report(&c)
	r.Crash.Deleted = len(l.gone())
	if f := r.Crash.Forgets; f != nil {
		f.Deletions = back.excused
	}
	return r, cause
}

// comeback counts the queues that were deleted and that the router knows.
type comeback struct {
	undeleted int
	excused   int // it may have forgotten the DEL
}

// wind ends a crash run: queues empty and are deleted, then those that were deleted must be unknown.
func (l *load) wind(ctx context.Context, cause error) (comeback, error) {
	l.stop()
	removed := func() bool { return l.count.removed.Load() >= int64(len(l.all())) }
	if cause != nil {
		l.grace(removed)
		return comeback{}, nil
	}
	if err := l.until(ctx, removed); err != nil {
		return comeback{}, err
	}
	return l.known(ctx, l.gone())
}

// gone is the queues that were answered DEL.
func (l *load) gone() []*queue {
	var gone []*queue
	for _, q := range l.all() {
		q.mu.Lock()
		if q.state == queueGone {
			gone = append(gone, q)
		}
		q.mu.Unlock()
	}
	return gone
}

// known counts the queues that the router has.
func (l *load) known(ctx context.Context, queues []*queue) (comeback, error) {
	c := l.links[0].now.Load()
	if c == nil {
		return comeback{}, nil
	}
	var undeleted, excused, answers atomic.Int64
	for _, q := range queues {
		err := c.subscribe(q.rcv, func(err error) {
			switch {
			case errors.Is(err, smp.ErrAuth):
			case l.lapses.excuse(q.deleted):
				excused.Add(1)
			default:
				undeleted.Add(1)
			}
			answers.Add(1)
			l.count.acked.Add(1) // an answer is progress
			l.signal()
		})
		if err != nil {
			return comeback{}, err
		}
	}
	err := l.until(ctx, reached(&answers, len(queues)))
	return comeback{int(undeleted.Load()), int(excused.Load())}, err
}
