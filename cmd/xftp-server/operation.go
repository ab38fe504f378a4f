package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"

	"switchyard/xftp/packets"
	"switchyard/xftp/router"
)

// operation is what a router does beside serving: statistics and metrics.
type operation struct {
	paths    paths
	settings *settings
	router   *router.Router
	store    *packets.Store
	log      *slog.Logger
	running  sync.WaitGroup
}

// start begins what the ini asks for; it ends with ctx, and wait waits for that.
func (o *operation) start(ctx context.Context) {
	if o.settings.logStats {
		o.running.Go(func() { o.writeDaily(ctx) })
	}
	if o.settings.metricsEvery > 0 {
		o.running.Go(func() { o.writeMetrics(ctx) })
	}
}

func (o *operation) wait() { o.running.Wait() }

// sleep waits, and tells whether the router goes on.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// midnight is the next 00:00 UTC by the system's clock, which may be set meanwhile.
type midnight struct{ next time.Time }

func newMidnight(now time.Time) midnight {
	const day = 24 * time.Hour
	return midnight{now.Truncate(day).Add(day)}
}

// passed tells whether it is past midnight now, once.
func (m *midnight) passed(now time.Time) bool {
	passed := !now.Before(m.next)
	*m = newMidnight(now)
	return passed
}

// wait is how long to wait for it, but no longer than a clock that is set may go unnoticed.
func (m *midnight) wait(now time.Time) time.Duration { return min(m.next.Sub(now), time.Minute) }

// writeDaily writes a line of the CSV file at each 00:00 UTC.
func (o *operation) writeDaily(ctx context.Context) {
	for m := newMidnight(time.Now()); sleep(ctx, m.wait(time.Now())); {
		if !m.passed(time.Now()) {
			continue
		}
		line := o.router.Stats.DailyLine(time.Now(), o.store.Usage())
		f, err := os.OpenFile(o.paths.dailyStats(), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
		if err == nil {
			_, err = f.WriteString(line)
			err = errors.Join(err, f.Close())
		}
		if err != nil {
			o.log.Error("cannot write the statistics of the day", "cause", err)
		}
	}
}

// writeMetrics writes the file for Prometheus, each time as a whole.
func (o *operation) writeMetrics(ctx context.Context) {
	for sleep(ctx, o.settings.metricsEvery) {
		text := o.router.Stats.Metrics(time.Now(), o.store.Usage(), version())
		draft := o.paths.metrics() + ".new"
		err := os.WriteFile(draft, []byte(text), 0o644)
		if err == nil {
			err = os.Rename(draft, o.paths.metrics())
		}
		if err != nil {
			o.log.Error("cannot write the metrics", "cause", err)
		}
	}
}

// restoreStats takes the counters of the last run, once.
func (o *operation) restoreStats() error {
	if !o.settings.logStats {
		return nil
	}
	name := o.paths.statsBackup()
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = o.router.Stats.Restore(string(text))
	}
	if err != nil {
		return fmt.Errorf("%s: %w; move it away to begin with new counters", name, err)
	}
	return os.Rename(name, name+".bak")
}

// saveStats keeps the counters for the next run.
func (o *operation) saveStats() error {
	if !o.settings.logStats {
		return nil
	}
	return os.WriteFile(o.paths.statsBackup(), []byte(o.router.Stats.Backup(o.store.Usage())), 0o644)
}
