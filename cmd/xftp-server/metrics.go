package main

import (
	"context"
	"log/slog"
	"math"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"switchyard/server/connections"
	"switchyard/server/control"
	"switchyard/server/identity"
	"switchyard/server/metrics"
	"switchyard/xftp/packets"
	"switchyard/xftp/router"
)

// newMetrics says what the router has to tell.
func newMetrics(s *settings, r *router.Router, store *packets.Store, requests *control.Server, log *slog.Logger) *metrics.Metrics {
	collectors := []prometheus.Collector{
		connections.Figures(s.router.Gate.Stats), figures{r, store}, metrics.Store(store.Figures), requests,
	}
	if objects := store.Collector(); objects != nil {
		collectors = append(collectors, objects)
	}
	return metrics.New(metrics.Config{
		Build:      metrics.Build{Program: "xftp-server", Version: versionNumber, Commit: commit},
		Collectors: collectors,
		Reference:  func(now time.Time) []byte { return r.Stats.Metrics(now, version(), os.Getenv(router.OptionsVariable)) },
		Probes: []metrics.Check{
			{Name: "router", Ask: r.Probe},
			{Name: "commits", Ask: func(context.Context) error {
				_ = store.Probe() // a store that refuses has answered; whether it takes writes is asked below
				return nil
			}},
		},
		Conditions: []metrics.Check{
			{Name: "listening", Ask: func(context.Context) error { return r.Listening() }},
			metrics.NotDraining(r.Draining),
			{Name: "disk", Ask: func(context.Context) error { return store.Writable() }},
		},
		NotAfter: func() map[string]time.Time { return notAfter(r) },
		Log:      log,
	})
}

// notAfter is when the certificates end that connections get now, that for browsers too.
func notAfter(r *router.Router) map[string]time.Time {
	pair, web := r.Certificates()
	ends := identity.NotAfter(pair)
	if web != nil && web.Leaf != nil {
		ends["web"] = web.Leaf.NotAfter
	}
	return ends
}

// figures are those of the router, but for those of connections and of its store, as a prometheus.Collector.
type figures struct {
	router *router.Router
	store  *packets.Store
}

var (
	sessionsDesc  = metrics.Desc("sessions", "Connections now, those in their handshake too.")
	shakingDesc   = metrics.Desc("handshakes_under_way", "Handshakes that are under way.")
	endsDesc      = metrics.Desc("handshakes_total", "Handshakes that have ended, by whose they were, and by their outcome: ok, or why the connection was closed.", "client", "outcome")
	transfersDesc = metrics.Desc("transfers", "Packets that are being sent or received.", "kind")
	bytesDesc     = metrics.Desc("transfer_bytes_total", "Bytes of requests that came, in, and of responses that went, out.", "direction")
	storedDesc    = metrics.Desc("packets", "Packets that are stored.")
	usedDesc      = metrics.Desc("packets_bytes", "Bytes of packets that are stored, and that uploads under way have reserved.", "state")
	quotaDesc     = metrics.Desc("packets_quota_bytes", "Bytes of packets that may be stored; infinite without a quota.")
	freeDesc      = metrics.Desc("packets_disk_free_bytes", "Bytes that are free on the disk of packets.")
)

// Describe implements prometheus.Collector.
func (f figures) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{sessionsDesc, shakingDesc, endsDesc, transfersDesc, bytesDesc, storedDesc, usedDesc, quotaDesc, freeDesc} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (f figures) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, n int64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	r := f.router.Figures()
	gauge(sessionsDesc, float64(r.Sessions))
	gauge(shakingDesc, float64(r.Handshaking))
	for end, n := range r.Handshakes {
		counter(endsDesc, n, end.Client, string(end.Outcome))
	}
	gauge(transfersDesc, float64(r.Uploads), "upload")
	gauge(transfersDesc, float64(r.Downloads), "download")
	counter(bytesDesc, r.Received, "in")
	counter(bytesDesc, r.Sent, "out")
	gauge(storedDesc, float64(r.Stored.Count))
	gauge(usedDesc, float64(r.Stored.Bytes), "stored")
	gauge(usedDesc, float64(r.Reserved), "reserved")
	quota := math.Inf(1)
	if r.Quota != math.MaxInt64 {
		quota = float64(r.Quota)
	}
	gauge(quotaDesc, quota)
	if free, ok := f.store.Free(); ok {
		gauge(freeDesc, float64(free))
	}
}
