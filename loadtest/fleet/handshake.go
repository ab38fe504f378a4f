package fleet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"switchyard/loadtest/load"
	"switchyard/loadtest/measure"
	"switchyard/loadtest/process"
	"switchyard/loadtest/results"
	"switchyard/smp/client"
	"switchyard/tls"
)

// HandshakeConfig says what Handshake does.
type HandshakeConfig struct {
	load.Client
	Count  int
	AtOnce int    // handshakes at a time
	Group  string // of the key exchange, "x448" as the reference's clients have it, or "x25519"
	measure.Target
	Progress func(measure.Progress)

	first int // number of the first connection
}

// HandshakeReport is the result of Handshake.
type HandshakeReport struct {
	Scenario     string            `json:"scenario"`
	Count        int               `json:"count"`
	Group        string            `json:"group"`
	Seconds      float64           `json:"seconds"`
	PerSecond    float64           `json:"perSecond"`
	Latency      results.Latencies `json:"latency"` // milliseconds: TCP, TLS and SMP hello
	Router       *results.Use      `json:"router,omitempty"`
	PerCPUSecond float64           `json:"perCPUSecond,omitempty"` // handshakes for each second of the router's CPU
	CPUMicros    float64           `json:"cpuMicros,omitempty"`    // of the router for each handshake
}

var groups = map[string]tls.Group{"x448": tls.X448, "x25519": tls.X25519}

// Handshake connects and closes again and again: TCP, TLS, SMP hello.
func Handshake(ctx context.Context, c HandshakeConfig) (*HandshakeReport, error) {
	if c.Count < 1 || c.AtOnce < 1 {
		return nil, errors.New("there must be at least 1 handshake, and 1 at a time")
	}
	if err := process.RaiseFileLimit(c.AtOnce); err != nil {
		return nil, err
	}
	group, ok := groups[c.Group]
	if !ok {
		return nil, fmt.Errorf("group %q is none of x448, x25519", c.Group)
	}
	// Run after run, connections that are not quite closed would take all ports of one source address.
	c.first = rand.IntN(1000) * load.ConnsPerSource
	var done atomic.Int64
	w := measure.Watch(c.Progress)
	defer w.Close()
	w.Phase("shaking hands", int64(c.Count), &done)
	latency := results.NewHistogram()
	w.Notes(measure.NewLive("handshakes", &done, latency).Note)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	o, err := c.Observe(measure.Sources{
		Counts:  map[string]func() int64{"handshakes": done.Load},
		Latency: map[string]*results.Histogram{"handshake": latency},
		Ended:   cancel,
	})
	if err != nil {
		return nil, err
	}
	cause := measure.InParallel(ctx, c.Count, c.AtOnce, func(ctx context.Context, i int) error {
		took, err := c.shake(ctx, i, group)
		if err == nil {
			latency.Record(took)
			done.Add(1)
		}
		return err
	})
	seconds, use := o.Stop()
	n := done.Load()
	if n == 0 {
		return nil, cause
	}
	r := &HandshakeReport{Scenario: "handshake", Count: int(n), Group: c.Group, Seconds: seconds,
		PerSecond: float64(n) / seconds, Latency: latency.Quantiles(), Router: use}
	if use != nil && use.CPUSeconds > 0 {
		r.PerCPUSecond, r.CPUMicros = float64(n)/use.CPUSeconds, use.CPUSeconds*1e6/float64(n)
	}
	return r, cause
}

// shake connects and closes, and tells how long the connecting took.
func (c *HandshakeConfig) shake(ctx context.Context, i int, group tls.Group) (time.Duration, error) {
	config := c.DialConfig(c.first + i)
	config.Groups = []tls.Group{group}
	config.OnEvent = func(client.Event) {}
	began := time.Now()
	client, err := client.Dial(ctx, config)
	if err != nil {
		return 0, fmt.Errorf("handshake %d of %d: %w", i+1, c.Count, process.ExplainLimit(err))
	}
	took := time.Since(began)
	client.Close()
	<-client.Done()
	return took, nil
}

// Metrics implements Measured.
func (r *HandshakeReport) Metrics() []results.Metric {
	m := []results.Metric{{Unit: "handshakes/s", Value: r.PerSecond}}
	if r.Router != nil {
		m = append(m, results.Metric{Unit: "cpu-µs/handshake", Value: r.CPUMicros})
	}
	return append(m, r.Latency.Metrics("handshake")...)
}

// Clean is true: a handshake that fails is an error.
func (r *HandshakeReport) Clean() bool { return true }

// WriteText prints the report as a table.
func (r *HandshakeReport) WriteText(out io.Writer) error {
	t := results.NewTable(out)
	t.Row("handshakes", r.Count, "group", r.Group, "per second", results.Fixed(r.PerSecond))
	if u := r.Router; u != nil {
		t.Row("router CPU s", results.Fixed(u.CPUSeconds), "CPU µs per handshake", results.Fixed(r.CPUMicros), "per CPU second",
			results.Fixed(r.PerCPUSecond))
	}
	t.Flush()
	l := results.NewTable(out)
	l.Row("latency ms", "p50", "p90", "p99", "p99.9", "max")
	l.Latency("connected", r.Latency)
	return l.Flush()
}
