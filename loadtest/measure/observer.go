package measure

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"switchyard/loadtest/process"
	"switchyard/loadtest/results"
)

// Target says what of the router is measured beside a scenario, and where it goes.
type Target struct {
	PID     int               // of the router's process; 0: it is not measured
	Pprof   string            // host:port of the router's profiler; empty: no profiles
	Figures string            // host:port of the router's figures, for scenarios that read them at each phase; empty: they do not
	Record  *results.Recorder // takes the raw results; nil: nothing does

	interval time.Duration // of ticks, for tests; 0: tickEvery
}

// tickEvery is the interval of a recording.
const tickEvery = time.Second

var errRouterEnded = errors.New("the router's process ended")

// Sources are what a scenario lets be sampled. The functions are called from another goroutine.
type Sources struct {
	Counts  map[string]func() int64
	Latency map[string]*results.Histogram
	// ended is told once when the router's process is gone without the scenario's doing; may be nil.
	Ended func(error)
}

// Observer samples the router's process and a scenario's counters at each tick. It has a goroutine between start and
// stop.
type Observer struct {
	m       Target
	from    Sources
	began   time.Time
	quit    chan struct{}
	done    sync.WaitGroup
	profile *profiler

	mu      sync.Mutex
	pid     int           // 0: none at the moment
	base    time.Duration // CPU time of the process when it was first seen
	before  time.Duration // CPU time that processes used that are gone now
	last    process.Stat
	use     results.Use
	inPhase string
	ran     float64 // seconds until stop
}

// Observe starts to measure.
func (m Target) Observe(from Sources) (*Observer, error) {
	o := &Observer{m: m, from: from, quit: make(chan struct{}), pid: m.PID}
	if m.PID != 0 {
		p, err := process.ReadStat(m.PID)
		if err != nil {
			return nil, err
		}
		o.base, o.last = p.CPU, p
		o.use = results.Use{RSSBefore: p.RSS, RSSMax: p.RSS}
	}
	for _, h := range from.Latency {
		h.Take()
	}
	o.began = time.Now()
	_ = o.sample() // what was counted before; that the process is gone is seen at the next tick
	if m.Pprof != "" {
		o.profile = startProfiler(m.Pprof)
	}
	every := m.interval
	if every == 0 {
		every = tickEvery
	}
	o.done.Go(func() { o.run(every) })
	return o, nil
}

func (o *Observer) run(every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-o.quit:
			return
		case <-ticker.C:
			if err := o.sample(); err != nil && o.from.Ended != nil {
				o.from.Ended(err)
				o.from.Ended = nil
			}
		}
	}
}

// sample makes a tick. The error says that the process is gone.
func (o *Observer) sample() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	var gone error
	if o.pid != 0 {
		p, err := process.ReadStat(o.pid)
		switch {
		case err == nil:
			o.last = p
			o.use.RSSMax = max(o.use.RSSMax, p.RSS)
		default:
			gone = fmt.Errorf("%w: process %d", errRouterEnded, o.pid)
		}
	}
	if o.m.Record == nil {
		return gone
	}
	t := results.Tick{At: time.Since(o.began).Seconds(), Phase: o.inPhase, CPU: o.cpu().Seconds(), RSS: o.last.RSS}
	for name, count := range o.from.Counts {
		if t.Counts == nil {
			t.Counts = make(map[string]int64)
		}
		t.Counts[name] = count()
	}
	for name, h := range o.from.Latency {
		if encoded := h.Take(); encoded != nil {
			if t.Latency == nil {
				t.Latency = make(map[string][]byte)
			}
			t.Latency[name] = encoded
		}
	}
	o.m.Record.Tick(t)
	return gone
}

func (o *Observer) cpu() time.Duration { return o.before + o.last.CPU - o.base }

// Enter begins a phase, so that no tick belongs to two.
func (o *Observer) Enter(phase string) {
	_ = o.sample() // that the process is gone is seen at the next tick
	o.mu.Lock()
	defer o.mu.Unlock()
	o.inPhase = phase
}

// Follow goes on with another process, 0 for none: the router is about to be restarted, or was.
func (o *Observer) Follow(pid int) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.m.PID == 0 {
		return nil
	}
	o.before = o.cpu()
	o.pid, o.base, o.last = pid, 0, process.Stat{}
	if pid == 0 {
		return nil
	}
	p, err := process.ReadStat(pid)
	o.last = p
	return err
}

// Now is the state of the process and the CPU time that was used since the start.
func (o *Observer) Now() (cpu time.Duration, rss int64) {
	_ = o.sample() // the last state is good enough when the process is gone
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.cpu(), o.last.RSS
}

// Stop ends the measuring and returns the seconds since the start and what the process used; nil without a process. It
// may be called again.
func (o *Observer) Stop() (seconds float64, use *results.Use) {
	select {
	case <-o.quit:
	default:
		_ = o.sample()
		o.mu.Lock()
		o.ran = time.Since(o.began).Seconds()
		o.mu.Unlock()
		close(o.quit)
		o.done.Wait()
		o.profile.stop(o.m.Record)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.m.PID == 0 {
		return o.ran, nil
	}
	o.use.CPUSeconds, o.use.RSSAfter = o.cpu().Seconds(), o.last.RSS
	u := o.use
	return o.ran, &u
}

// Work is what the router tells of its work, once the observer has stopped; nil when it has no figures.
func (o *Observer) Work() *results.Work { return o.profile.work() }
