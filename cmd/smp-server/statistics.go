package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/engine"
	"switchyard/engine/counts"
	"switchyard/server/inifile"
	"switchyard/server/statistics"
	"switchyard/wal"
)

// statisticsSettings is what the ini says of statistics.
type statisticsSettings struct {
	daily, metrics string        // names of files; empty: none is written
	every          time.Duration // the metrics
	off            bool          // nothing is counted
}

func (p paths) dailyStats() string { return filepath.Join(p.logDir, "smp-server-stats.daily.log") }
func (p paths) metrics() string    { return filepath.Join(p.logDir, "smp-server-metrics.txt") }

func readStatistics(f *inifile.File, p paths) (s statisticsSettings) {
	if f.OnOff("STORE_LOG", "log_stats", false) {
		s.daily = p.dailyStats()
	}
	if s.every = time.Duration(f.Int("STORE_LOG", "prometheus_interval", 0, 1, maxSeconds)) * time.Second; s.every > 0 {
		s.metrics = p.metrics()
	}
	if s.off = !f.OnOff("SWITCHYARD", "statistics", true); s.off {
		s.daily, s.metrics = "", ""
	}
	return s
}

// accounts are the statistics of a router, from its start to its stop. They are kept in its store:
//
//	open:   what was kept is read, and marked as not exact until the stop; a look at the store is taken, if it was so before
//	begin:  the levels, as how many queues there are, are counted in that look; files are written, and the book kept each minute
//	end:    kept a last time, as exact when the levels are
type accounts struct {
	*counts.Counts
	settings *settings
	store    *wal.Store
	log      *slog.Logger

	router  *engine.Router // nil until begin
	look    *wal.Counting  // nil when the levels are known
	exact   bool           // the levels are; of the count until it has ended
	known   atomic.Bool    // the levels are
	stop    chan struct{}  // ends the count
	cancel  func()         // ends the files
	counted sync.WaitGroup
	files   sync.WaitGroup
}

// openAccounts opens the statistics of a router that is about to start. Statistics that cannot be read end nothing.
func openAccounts(s *settings, store *wal.Store, log *slog.Logger) *accounts {
	a := &accounts{settings: s, store: store, log: log, stop: make(chan struct{})}
	a.Counts = counts.New(a.read, time.Now(), version(), os.Getenv(counts.OptionsVariable))
	kept, err := store.Statistics()
	if err == nil && kept != nil {
		a.exact, err = a.Resume(kept)
	}
	if err != nil {
		log.Warn("statistics begin at 0", "cause", err)
	}
	if s.statistics.off {
		a.exact = false
		return a
	}
	if a.known.Store(a.exact); !a.exact {
		a.look = store.Counting()
	}
	if err := a.keep(time.Now()); err != nil {
		log.Error("cannot keep the statistics", "cause", err)
	}
	return a
}

// read reads the counters of the router.
func (a *accounts) read(l *counts.Live) {
	if a.router != nil {
		a.router.Count(l)
	}
}

// tell is what the control port tells.
func (a *accounts) tell(admin bool) string { return a.StatsLines(time.Now(), admin) }

// keep keeps the statistics while the router runs.
func (a *accounts) keep(now time.Time) error { return a.store.PutStatistics(a.Keep(now, false)) }

// begin begins to count and to write, until ctx ends. The router has served nobody yet.
func (a *accounts) begin(ctx context.Context, router *engine.Router) {
	if a.settings.statistics.off {
		return
	}
	ctx, a.cancel = context.WithCancel(ctx)
	a.router = router
	if a.look != nil {
		a.counted.Go(a.count)
	}
	s := a.settings.statistics
	files := &statistics.Files{
		Book: a.Book, Daily: s.daily, Metrics: s.metrics, Every: s.every, Keep: a.keep, Log: a.log,
		Text: func(now time.Time) []byte { return a.AppendText(nil, now) },
	}
	a.files.Go(func() { files.Run(ctx) })
}

// count counts what the store held when the router started.
func (a *accounts) count() {
	defer a.look.Close()
	began := time.Now()
	n, err := a.look.Count(a.stop)
	if err != nil {
		a.log.Info("what the store holds is counted at the next start", "cause", err)
		return
	}
	a.SetLevels(counts.Levels(n))
	a.exact = true
	a.known.Store(true)
	a.log.Info("counted what the store holds", "queues", n.Queues, "messages", n.Messages, "took", time.Since(began).Round(time.Millisecond))
}

// end keeps the statistics a last time, if the router has stopped; otherwise the store may hang.
func (a *accounts) end(stopped bool, timeout time.Duration) {
	switch {
	case a.settings.statistics.off:
		return
	case a.router == nil:
		if a.look != nil {
			a.look.Close()
		}
		return
	}
	close(a.stop)
	a.cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.counted.Wait()
		a.files.Wait()
		if !stopped {
			return
		}
		if err := a.store.PutStatistics(a.Keep(time.Now(), a.exact && a.store.Epoch() == 0)); err != nil {
			a.log.Error("cannot keep the statistics", "cause", err)
		}
	}()
	select {
	case <-done:
	case <-time.After(timeout):
	}
}

// text is the metrics as the reference writes them, nil when nothing is counted.
func (a *accounts) text(now time.Time) []byte {
	if a.settings.statistics.off {
		return nil
	}
	return a.AppendText(nil, now)
}
