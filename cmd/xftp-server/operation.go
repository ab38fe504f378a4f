package main

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"time"

	"switchyard/server/statistics"
	"switchyard/xftp/router"
)

// operation is what a router does beside serving: statistics and metrics.
type operation struct {
	paths    paths
	settings *settings
	router   *router.Router
	log      *slog.Logger
	running  sync.WaitGroup
}

// start begins to write what the ini asks for; it ends with ctx, and wait waits for that.
func (o *operation) start(ctx context.Context) {
	stats := &o.router.Stats
	files := &statistics.Files{Book: stats.Book, Log: o.log}
	if o.settings.logStats {
		files.Daily = o.paths.dailyStats()
	}
	if o.settings.metricsEvery > 0 {
		files.Metrics, files.Every = o.paths.metrics(), o.settings.metricsEvery
		files.Text = func(now time.Time) []byte { return stats.Metrics(now, version(), os.Getenv(router.OptionsVariable)) }
	}
	o.running.Go(func() { files.Run(ctx) })
}

func (o *operation) wait() { o.running.Wait() }

// restoreStats takes the counters of the last run, once.
func (o *operation) restoreStats() error {
	if !o.settings.logStats {
		return nil
	}
	return statistics.RestoreFile(o.router.Stats.Book, o.paths.statsBackup())
}

// saveStats keeps the counters for the next run.
func (o *operation) saveStats() error {
	if !o.settings.logStats {
		return nil
	}
	return statistics.Replace(o.paths.statsBackup(), []byte(o.router.Stats.Book.Backup(time.Now())))
}
