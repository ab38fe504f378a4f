package stage

import (
	"context"
	"runtime/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Watch measures stages. It is a prometheus.Collector of the histograms
//
//	switchyard_stage_seconds{stage="…"}  how long a stage took, each time
//	switchyard_drain_commands            how many commands a shard took from its ring at once
//	switchyard_drain_seconds             how long the shard took for them, but for what it did not wait for: their commit
//	switchyard_delivery_seconds          time from when commands came to a shard until the messages that they brought about
//	                                     were on their way to their recipients, of each drain that delivered
type Watch struct {
	times      [stages]prometheus.Histogram
	drains     prometheus.Histogram
	draining   prometheus.Histogram
	deliveries prometheus.Histogram
	labelled   [stages]context.Context // with the label of the stage; made once, as labels are not free
}

// What the histograms tell apart: from 1 µs to 8 s, and a drain's one command to its limit.
const (
	shortest    = 1e-6
	doublings   = 24
	drainLimits = 9
)

// NewWatch makes a Watch that has seen nothing.
func NewWatch() *Watch {
	w := &Watch{drains: prometheus.NewHistogram(prometheus.HistogramOpts{
		Name:    "switchyard_drain_commands",
		Help:    "Commands that a shard took from its ring at once.",
		Buckets: prometheus.ExponentialBuckets(1, 2, drainLimits),
	})}
	w.draining = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name:    "switchyard_drain_seconds",
		Help:    "Time that a shard took for what it took from its ring at once, without waiting for its commit.",
		Buckets: prometheus.ExponentialBuckets(shortest, 2, doublings),
	})
	w.deliveries = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name:    "switchyard_delivery_seconds",
		Help:    "Time from when commands came to a shard until the messages that they brought about were on their way, of each drain that delivered.",
		Buckets: prometheus.ExponentialBuckets(shortest, 2, doublings),
	})
	for s := range stages {
		w.times[s] = prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:        "switchyard_stage_seconds",
			Help:        "Time that a stage of the work on commands took.",
			ConstLabels: prometheus.Labels{"stage": s.String()},
			Buckets:     prometheus.ExponentialBuckets(shortest, 2, doublings),
		})
		w.labelled[s] = pprof.WithLabels(context.Background(), pprof.Labels("stage", s.String()))
	}
	return w
}

// Describe implements prometheus.Collector.
func (w *Watch) Describe(out chan<- *prometheus.Desc) { prometheus.DescribeByCollect(w, out) }

// Collect implements prometheus.Collector.
func (w *Watch) Collect(out chan<- prometheus.Metric) {
	for s := range stages {
		out <- w.times[s]
	}
	out <- w.drains
	out <- w.draining
	out <- w.deliveries
}

// Span is a stage under way. The zero value is one of a nil Watch.
type Span struct {
	watch *Watch
	began time.Time
	stage Stage
}

// Begin starts a span and labels the goroutine. Spans are not nested: the label is gone when the inner one ends.
func (w *Watch) Begin(s Stage) Span {
	if w == nil {
		return Span{}
	}
	return w.begin(s)
}

func (w *Watch) begin(s Stage) Span {
	pprof.SetGoroutineLabels(w.labelled[s])
	return Span{watch: w, began: time.Now(), stage: s}
}

// End ends the span.
func (s Span) End() {
	if s.watch != nil {
		s.end()
	}
}

func (s Span) end() {
	s.watch.times[s.stage].Observe(time.Since(s.began).Seconds())
	pprof.SetGoroutineLabels(context.Background())
}

// Now is the time for Waited, zero for a nil Watch.
func (w *Watch) Now() (now time.Time) {
	if w != nil {
		now = time.Now()
	}
	return now
}

// Waited counts a stage that began at a time which Now has returned, without a label.
func (w *Watch) Waited(s Stage, since time.Time) {
	if w != nil && !since.IsZero() {
		w.times[s].Observe(time.Since(since).Seconds())
	}
}

// Drained counts a drain of n commands; none are no drain.
func (w *Watch) Drained(n int) {
	if w != nil && n > 0 {
		w.drains.Observe(float64(n))
	}
}

// DrainTook counts the time of a drain that began at a time which Now has returned.
func (w *Watch) DrainTook(since time.Time) {
	if w != nil {
		w.draining.Observe(time.Since(since).Seconds())
	}
}

// Delivered counts a drain with messages for recipients, whose commands came at a time which Now has returned.
func (w *Watch) Delivered(since time.Time) {
	if w != nil && !since.IsZero() {
		w.deliveries.Observe(time.Since(since).Seconds())
	}
}
