package packets

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/prometheus/client_golang/prometheus"
)

// s3Counts counts the requests to an object store: it is the transport below the client. It is a prometheus.Collector of
//
//	switchyard_s3_requests_total{method="…",outcome="…"}  outcome: ok, refused (4xx), broken (5xx), or none, without an answer
//	switchyard_s3_request_seconds                         time to the head of the answer, those of uploads with their body
//	switchyard_s3_requests                                under way
type s3Counts struct {
	next     http.RoundTripper
	requests *prometheus.CounterVec
	seconds  prometheus.Histogram
	now      atomic.Int64
	underWay prometheus.GaugeFunc
}

func newS3Counts(tls bool) (*s3Counts, error) {
	next, err := minio.DefaultTransport(tls)
	if err != nil {
		return nil, err
	}
	c := &s3Counts{
		next: next,
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "switchyard_s3_requests_total",
			Help: "Requests to the object store, by method and outcome: ok, refused, broken, or none when there was no answer.",
		}, []string{"method", "outcome"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "switchyard_s3_request_seconds",
			Help:    "Time of requests to the object store, to the head of the answer.",
			Buckets: prometheus.ExponentialBuckets(1e-3, 2, 16),
		}),
	}
	c.underWay = prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "switchyard_s3_requests", Help: "Requests to the object store that are under way.",
	}, func() float64 { return float64(c.now.Load()) })
	return c, nil
}

// RoundTrip implements http.RoundTripper.
func (c *s3Counts) RoundTrip(q *http.Request) (*http.Response, error) {
	c.now.Add(1)
	defer c.now.Add(-1)
	began := time.Now()
	answer, err := c.next.RoundTrip(q)
	c.seconds.Observe(time.Since(began).Seconds())
	outcome := "ok"
	switch {
	case err != nil:
		outcome = "none"
	case answer.StatusCode >= 500:
		outcome = "broken"
	case answer.StatusCode >= 400:
		outcome = "refused"
	}
	c.requests.WithLabelValues(q.Method, outcome).Inc()
	return answer, err
}

// Describe implements prometheus.Collector.
func (c *s3Counts) Describe(out chan<- *prometheus.Desc) {
	c.requests.Describe(out)
	c.seconds.Describe(out)
	c.underWay.Describe(out)
}

// Collect implements prometheus.Collector.
func (c *s3Counts) Collect(out chan<- prometheus.Metric) {
	c.requests.Collect(out)
	c.seconds.Collect(out)
	c.underWay.Collect(out)
}
