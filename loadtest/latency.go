package loadtest

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Latencies are quantiles in milliseconds, counted from the time at which a message was due.
type Latencies struct {
	Count int64   `json:"count"`
	Mean  float64 `json:"mean"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	P99   float64 `json:"p99"`
	P999  float64 `json:"p999"`
	Max   float64 `json:"max"`
}

// Bounds of the histograms, in microseconds: what is longer than an hour counts as an hour.
const (
	latencyMax    = int64(time.Hour / time.Microsecond)
	latencyDigits = 3
)

// latencies are the histograms of a load.
type latencies struct {
	answer   *histogram // SEND to OK
	delivery *histogram // SEND to MSG
}

func newLatencies() latencies {
	return latencies{newHistogram(), newHistogram()}
}

// histogram may be recorded to by many goroutines.
type histogram struct {
	mu   sync.Mutex
	hist *hdrhistogram.Histogram
}

func newHistogram() *histogram {
	return &histogram{hist: hdrhistogram.New(1, latencyMax, latencyDigits)}
}

func (h *histogram) record(d time.Duration) {
	us := min(max(d.Microseconds(), 1), latencyMax)
	h.mu.Lock()
	defer h.mu.Unlock()
	// The value is within the bounds, so there is no error.
	_ = h.hist.RecordValue(us)
}

func (h *histogram) quantiles() Latencies {
	h.mu.Lock()
	defer h.mu.Unlock()
	ms := func(us int64) float64 { return float64(us) / 1000 }
	at := func(q float64) float64 { return ms(h.hist.ValueAtQuantile(q)) }
	return Latencies{
		Count: h.hist.TotalCount(), Mean: h.hist.Mean() / 1000,
		P50: at(50), P90: at(90), P99: at(99), P999: at(99.9), Max: ms(h.hist.Max()),
	}
}
