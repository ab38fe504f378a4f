package connections

import (
	"github.com/prometheus/client_golang/prometheus"

	"switchyard/server/listen"
)

// Figures are the counters of a router's connections.
type Figures func() listen.Stats

var (
	openDesc     = figure("connections", "Connections now.")
	acceptedDesc = figure("connections_accepted_total", "Connections since the start.")
	failedDesc   = figure("connections_failed_total", "Connections that could not be accepted.")
	closedDesc   = figure("connections_closed_total", "Connections that were closed, by cause.", "cause")
	refusedDesc  = figure("refused_total", "What limits refused on connections that stay, by cause.", "cause")
)

func figure(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("switchyard_"+name, help, labels, nil)
}

// Describe implements prometheus.Collector.
func (f Figures) Describe(out chan<- *prometheus.Desc) { prometheus.DescribeByCollect(f, out) }

// Collect implements prometheus.Collector.
func (f Figures) Collect(out chan<- prometheus.Metric) {
	s := f()
	out <- prometheus.MustNewConstMetric(openDesc, prometheus.GaugeValue, float64(s.Open))
	counter := func(d *prometheus.Desc, n int64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	counter(acceptedDesc, s.Accepted)
	counter(failedDesc, s.Failed)
	for cause, n := range s.Closed {
		counter(closedDesc, n, cause)
	}
	for why, n := range s.Refused {
		counter(refusedDesc, n, why)
	}
}
