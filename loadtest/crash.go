package loadtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync/atomic"
	"time"

	"switchyard/agent"
	"switchyard/smp"
)

// CrashConfig says what Crash does.
type CrashConfig struct {
	Command  []string // program of the router and "start"; see NewRouter
	Queues   int      // at a time: one that has carried its messages is deleted and followed by another
	Kills    int
	Seed     uint64 // of kill times and of what queues do
	Conns    int
	Size     int // of a message body in bytes
	Auth     Auth
	Stall    time.Duration
	Keep     bool // leave the router's directory behind
	Progress func(Progress)
}

// CrashReport is what Crash tells beside the exchange of messages.
type CrashReport struct {
	Seed         uint64  `json:"seed"`
	Kills        int     `json:"kills"`
	Starting     int     `json:"killsWhileStarting"`
	SlowestStart float64 `json:"slowestStart"` // milliseconds from the start of the process to its first connection
	Deleted      int     `json:"deleted"`      // queues that were deleted and, at the end, asked for again
	Directory    string  `json:"directory,omitempty"`
}

// victim is the router as crash uses it: a Router, or one within the tests.
type victim interface {
	Start() error
	Ready(context.Context) error
	Exited() <-chan struct{}
	Ended() error
	Kill()
}

// Crash initialises a router of its own, kills it again and again under load, and checks that whatever it answered
// OK has survived.
func Crash(ctx context.Context, c CrashConfig) (*Report, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "loadtest-crash-")
	if err != nil {
		return nil, err
	}
	router, err := NewRouter(ctx, dir, c.Command)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	client := Client{Address: router.Address, BlockEncryption: true, Timeout: dialTimeoutLocal}
	report, err := crash(ctx, c, Schedule(c.Seed, c.Kills), router, agentDialer(client.keeper))
	router.Kill()
	if report != nil && c.Keep {
		report.Crash.Directory = dir
		return report, err
	}
	return report, errors.Join(err, os.RemoveAll(dir))
}

// dialTimeoutLocal is enough for a router on this machine, and short enough that one that was killed while it shook
// hands does not hold up its clients.
const dialTimeoutLocal = 5 * time.Second

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
	return RaiseFileLimit(c.Conns)
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

func (c *CrashConfig) load(d dialer, epoch *atomic.Uint32) loadConfig {
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
		holds: func(slot int) bool { return slot%4 == 3 && epoch.Load()%2 == 1 },
		epoch: epoch.Load,
	}
}

// crash runs the kills and then lets everything that is on its way arrive.
func crash(ctx context.Context, c CrashConfig, plan []Kill, v victim, d dialer) (*Report, error) {
	k := &killer{victim: v, plan: plan}
	l, err := newLoad(c.load(d, &k.epoch))
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
	cameBack, err := l.wind(ctx, cause)
	if cause == nil {
		cause = err
	}
	m := &measured{seconds: time.Since(began).Seconds(), delivered: l.count.delivered.Load(),
		answer: l.latency.answer.quantiles(), delivery: l.latency.delivery.quantiles()}
	r := l.report("crash", m, cause)
	r.Undeleted = cameBack
	r.Crash = &CrashReport{Seed: c.Seed, Kills: int(k.kills.Load()), Starting: k.starting,
		SlowestStart: float64(k.slowest.Microseconds()) / 1000, Deleted: len(l.gone())}
	return r, cause
}

// wind ends a crash run: queues empty and are deleted, then those that were deleted must be unknown. It returns how
// many are not.
func (l *load) wind(ctx context.Context, cause error) (cameBack int, err error) {
	l.stop()
	removed := func() bool { return l.count.removed.Load() >= int64(len(l.all())) }
	if cause != nil {
		l.grace(removed)
		return 0, nil
	}
	if err := l.until(ctx, removed); err != nil {
		return 0, err
	}
	return l.known(ctx, l.gone())
}

// gone is the queues that were answered DEL.
func (l *load) gone() []*agent.RcvQueue {
	var gone []*agent.RcvQueue
	for _, q := range l.all() {
		q.mu.Lock()
		if q.state == queueGone {
			gone = append(gone, q.rcv)
		}
		q.mu.Unlock()
	}
	return gone
}

// known counts the queues that the router has.
func (l *load) known(ctx context.Context, queues []*agent.RcvQueue) (int, error) {
	c := l.links[0].now.Load()
	if c == nil {
		return 0, nil
	}
	var known, answers atomic.Int64
	for _, q := range queues {
		err := c.subscribe(q, func(err error) {
			if !errors.Is(err, smp.ErrAuth) {
				known.Add(1)
			}
			answers.Add(1)
			l.count.acked.Add(1) // an answer is progress
			l.signal()
		})
		if err != nil {
			return 0, err
		}
	}
	err := l.until(ctx, reached(&answers, len(queues)))
	return int(known.Load()), err
}
