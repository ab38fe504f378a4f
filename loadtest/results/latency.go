package results

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

func newHDR() *hdrhistogram.Histogram { return hdrhistogram.New(1, latencyMax, latencyDigits) }

// Histogram may be recorded to by many goroutines.
type Histogram struct {
	mu     sync.Mutex
	hist   *hdrhistogram.Histogram
	recent *hdrhistogram.Histogram // since the last take; nil before the first
	lately *hdrhistogram.Histogram // since the last look; nil before the first
}

// NewHistogram makes an empty one.
func NewHistogram() *Histogram { return &Histogram{hist: newHDR()} }

// Record adds a duration.
func (h *Histogram) Record(d time.Duration) {
	us := min(max(d.Microseconds(), 1), latencyMax)
	h.mu.Lock()
	defer h.mu.Unlock()
	// The value is within the bounds, so there is no error.
	_ = h.hist.RecordValue(us)
	if h.recent != nil {
		_ = h.recent.RecordValue(us)
	}
	if h.lately != nil {
		_ = h.lately.RecordValue(us)
	}
}

// Take returns what was recorded since the last call, encoded; nil when there was nothing, and at the first call.
func (h *Histogram) Take() []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.recent == nil {
		h.recent = newHDR()
		return nil
	}
	if h.recent.TotalCount() == 0 {
		return nil
	}
	encoded, err := h.recent.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		panic("loadtest: histogram does not encode: " + err.Error())
	}
	h.recent.Reset()
	return encoded
}

// Lately are the quantiles of what was recorded since the last call, none at the first.
func (h *Histogram) Lately() (l Latencies) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.lately == nil {
		h.lately = newHDR()
		return l
	}
	l = quantilesOf(h.lately)
	h.lately.Reset()
	return l
}

// Reset forgets everything, as a load does when it is warm.
func (h *Histogram) Reset() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hist.Reset()
	if h.recent != nil {
		h.recent.Reset()
	}
}

// Quantiles are those of everything since the last Reset.
func (h *Histogram) Quantiles() Latencies {
	h.mu.Lock()
	defer h.mu.Unlock()
	return quantilesOf(h.hist)
}

func quantilesOf(h *hdrhistogram.Histogram) Latencies {
	ms := func(us int64) float64 { return float64(us) / 1000 }
	at := func(q float64) float64 { return ms(h.ValueAtQuantile(q)) }
	return Latencies{
		Count: h.TotalCount(), Mean: h.Mean() / 1000,
		P50: at(50), P90: at(90), P99: at(99), P999: at(99.9), Max: ms(h.Max()),
	}
}

// Metrics are those quantiles that runs are compared by.
func (l Latencies) Metrics(name string) []Metric {
	if l.Count == 0 {
		return nil
	}
	return []Metric{{name + "-p50-ms", l.P50}, {name + "-p99-ms", l.P99}, {name + "-max-ms", l.Max}}
}

// Millis is a duration in milliseconds.
func Millis(d time.Duration) float64 { return d.Seconds() * 1e3 }
