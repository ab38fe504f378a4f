package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"switchyard/engine"
	"switchyard/engine/figures"
	"switchyard/internal/stage"
	"switchyard/server/connections"
	"switchyard/server/control"
	"switchyard/server/identity"
	"switchyard/server/listen"
	"switchyard/server/metrics"
	"switchyard/server/site"
	"switchyard/wal"
)

// newMetrics says what the router has to tell; reference makes the text of the reference's metrics, and may be nil.
func newMetrics(router *engine.Router, web *site.Server, store *wal.Store, requests *control.Server, watch *stage.Watch,
	reference func(time.Time) []byte, log *slog.Logger) *metrics.Metrics {
	collectors := []prometheus.Collector{
		connections.Figures(func() listen.Stats { return router.Stats().Stats }),
		figures.Of{Router: router}, metrics.Store(store.Figures), requests,
	}
	if watch != nil {
		collectors = append(collectors, watch)
	}
	return metrics.New(metrics.Config{
		Build:      metrics.Build{Program: "smp-server", Version: versionNumber, Commit: commit},
		Collectors: collectors,
		Reference:  reference,
		Probes: []metrics.Check{
			{Name: "loops", Ask: router.ProbeLoops},
			{Name: "shards", Ask: router.ProbeShards},
			{Name: "commits", Ask: func(context.Context) error {
				_ = store.Probe() // a store that refuses has answered; whether it takes writes is asked below
				return nil
			}},
		},
		Conditions: []metrics.Check{
			{Name: "listening", Ask: func(context.Context) error { return router.Listening() }},
			metrics.NotDraining(router.Draining),
			{Name: "disk", Ask: func(context.Context) error { return store.Writable() }},
		},
		NotAfter: func() map[string]time.Time {
			ends := identity.NotAfter(router.KeyPair())
			if c := web.Certificate(); c != nil && c.Ready() {
				ends["web"] = c.Current().Leaf.NotAfter
			}
			return ends
		},
		Log: log,
	})
}
