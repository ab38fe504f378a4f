package metrics

import (
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Build is what a program is, as a prometheus.Collector of one figure.
type Build struct {
	Program string // its name
	Version string
	Commit  string
}

var buildDesc = prometheus.NewDesc("switchyard_build_info", "What program this is; its value is always 1.",
	[]string{"program", "version", "commit", "go"}, nil)

// Describe implements prometheus.Collector.
func (b Build) Describe(out chan<- *prometheus.Desc) { out <- buildDesc }

// Collect implements prometheus.Collector.
func (b Build) Collect(out chan<- prometheus.Metric) {
	out <- prometheus.MustNewConstMetric(buildDesc, prometheus.GaugeValue, 1, b.Program, b.Version, b.Commit, runtime.Version())
}

// certificates tells when they end.
type certificates func() map[string]time.Time

var notAfterDesc = prometheus.NewDesc("switchyard_certificate_not_after_seconds",
	"When a certificate ends, in seconds since 1970.", []string{"which"}, nil)

// Describe implements prometheus.Collector.
func (c certificates) Describe(out chan<- *prometheus.Desc) { out <- notAfterDesc }

// Collect implements prometheus.Collector.
func (c certificates) Collect(out chan<- prometheus.Metric) {
	if c == nil {
		return
	}
	for which, end := range c() {
		out <- prometheus.MustNewConstMetric(notAfterDesc, prometheus.GaugeValue, float64(end.Unix()), which)
	}
}
