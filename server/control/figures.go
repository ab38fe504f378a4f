package control

import (
	"github.com/prometheus/client_golang/prometheus"

	"switchyard/server/metrics"
)

var (
	sessionsDesc = metrics.Desc("control_sessions", "Sessions of the control port and of the socket beside the store now.")
	closedDesc   = metrics.Desc("control_sessions_closed_total", "Sessions of the control port and of the socket that have ended, by cause.", "cause")
)

// Describe implements prometheus.Collector.
func (s *Server) Describe(out chan<- *prometheus.Desc) {
	out <- sessionsDesc
	out <- closedDesc
}

// Collect implements prometheus.Collector.
func (s *Server) Collect(out chan<- prometheus.Metric) {
	f := s.Stats()
	out <- prometheus.MustNewConstMetric(sessionsDesc, prometheus.GaugeValue, float64(f.Open))
	for cause, n := range f.Closed {
		out <- prometheus.MustNewConstMetric(closedDesc, prometheus.CounterValue, float64(n), cause)
	}
}
