package main

import (
	"math"

	"github.com/prometheus/client_golang/prometheus"

	"switchyard/engine"
	"switchyard/wal"
)

// figures are the counters of the router, but for those of connections, and of its store, as a prometheus.Collector.
type figures struct {
	router *engine.Router
	store  *wal.Store
}

var (
	sessionsDesc = figure("sessions", "Connections now whose SMP handshake is done.")
	unreadDesc   = figure("queues_unread", "Queues now whose next message cannot be read while somebody waits for it.")
	blocksDesc   = figure("blocks_total", "Blocks after the handshake, in or out.", "direction")
	commitsDesc  = figure("commits_total", "Transactions of the store that were not empty.")
	groupsDesc   = figure("commit_group", "Transactions that a sync of the store's log made durable, each time.")
	syncingDesc  = figure("sync_seconds_total", "Time spent in syncs of the store's log.")
)

func figure(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("switchyard_"+name, help, labels, nil)
}

// Describe implements prometheus.Collector.
func (f figures) Describe(out chan<- *prometheus.Desc) { prometheus.DescribeByCollect(f, out) }

// Collect implements prometheus.Collector.
func (f figures) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, n int64) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(n))
	}
	counter := func(d *prometheus.Desc, n float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, n, labels...)
	}
	r := f.router.Stats()
	gauge(sessionsDesc, r.Sessions)
	gauge(unreadDesc, r.Unread)
	counter(blocksDesc, float64(r.BlocksIn), "in")
	counter(blocksDesc, float64(r.BlocksOut), "out")
	s := f.store.Stats()
	counter(commitsDesc, float64(s.Commits))
	counter(syncingDesc, s.SyncTime.Seconds())
	out <- groups(&s)
}

// groups is the histogram of the groups. Bucket i of Stats holds those of at most 2^i - 1 transactions; what is not synced
// yet is in none, but in the sum.
func groups(s *wal.Stats) prometheus.Metric {
	buckets := make(map[float64]uint64, wal.GroupBuckets)
	total := uint64(0)
	for i, n := range s.Groups {
		total += n
		if i < wal.GroupBuckets-1 {
			buckets[math.Ldexp(1, i)-1] = total
		}
	}
	return prometheus.MustNewConstHistogram(groupsDesc, total, float64(s.Commits), buckets)
}
