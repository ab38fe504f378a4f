package metrics

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/prometheus/common/expfmt"

	"switchyard/server/connections"
	"switchyard/server/listen"
)

// What becomes of a request for figures: the values of the label outcome.
const (
	answered = "answered"
	busy     = "busy"
	slow     = "slow"
	left     = "left"
)

var outcomes = []string{answered, busy, slow, left}

// maxHeader is how many bytes a request's header may have.
const maxHeader = 16 << 10

// Serve serves at an address, or does nothing without one. The returned function ends it.
func (m *Metrics) Serve(addr string) (stop func(), err error) {
	if addr == "" {
		return m.end, nil
	}
	listeners, err := listen.Open([]string{addr})
	if err != nil {
		return nil, fmt.Errorf("cannot serve metrics: %w; set metrics in section [SWITCHYARD] of the ini to a free address of this machine", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", m.Figures())
	mux.HandleFunc("GET /healthz", m.counted(m.health.serve))
	mux.HandleFunc("GET /readyz", m.counted(m.ready.serve))
	l := m.cfg.limits
	server := &http.Server{
		Handler: mux, MaxHeaderBytes: maxHeader,
		ReadHeaderTimeout: l.header, ReadTimeout: l.header, WriteTimeout: l.write + 2*l.probe, IdleTimeout: l.idle,
	}
	go server.Serve(connections.ForOperator(listeners[0], m.cfg.Log))
	m.cfg.Log.Info("metrics", "address", listeners[0].Addr().String())
	return func() {
		server.Close()
		m.end()
	}, nil
}

// counted is a handler that end waits for, and that does nothing after it.
func (m *Metrics) counted(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) {
		m.mu.Lock()
		if m.ended {
			m.mu.Unlock()
			http.Error(w, "the router has stopped", http.StatusServiceUnavailable)
			return
		}
		m.asked.Add(1)
		m.mu.Unlock()
		defer m.asked.Done()
		h(w, q)
	}
}

// end has nothing be asked any more: what answers, a store, is about to be closed. It waits for requests under way, but not
// for those that hang.
func (m *Metrics) end() {
	m.mu.Lock()
	m.ended = true
	m.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		m.asked.Wait()
	}()
	select {
	case <-done:
	case <-time.After(2 * m.cfg.limits.probe):
	}
}

// contentType is that of the classic text format. It is what a scraper gets that asks for OpenMetrics, too: in that format
// counters end in _total, and the reference's do not.
const contentType = "text/plain; version=0.0.4; charset=utf-8"

// Figures serves the figures.
func (m *Metrics) Figures() http.Handler {
	return m.counted(func(w http.ResponseWriter, q *http.Request) {
		select {
		case m.scrapes <- struct{}{}:
			defer func() { <-m.scrapes }()
		default:
			m.count(busy)
			w.Header().Set("Retry-After", "1")
			http.Error(w, "other scrapes are under way", http.StatusServiceUnavailable)
			return
		}
		text, err := m.text(time.Now())
		if err != nil {
			m.cfg.Log.Error("cannot gather the metrics", "cause", err)
			http.Error(w, "cannot gather the metrics; the log says why", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", contentType)
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(m.cfg.limits.write)) // the server's is later
		switch _, err = w.Write(text); {
		case err == nil:
			m.count(answered)
		case errors.Is(err, os.ErrDeadlineExceeded):
			m.count(slow)
		default:
			m.count(left)
		}
	})
}

func (m *Metrics) count(outcome string) { m.requests.WithLabelValues(outcome).Inc() }

// text is all figures.
func (m *Metrics) text(now time.Time) ([]byte, error) {
	families, err := m.registry.Gather()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(&b, f); err != nil {
			return nil, err
		}
	}
	if m.cfg.Reference != nil {
		b.Write(untimed(m.cfg.Reference(now)))
	}
	return b.Bytes(), nil
}

// untimed takes the times out of the reference's text. Its file is read by other programs, some time after it was written; here
// they would only have Prometheus take a router that has ended for one that still tells the same.
func untimed(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for line := range bytes.Lines(text) {
		trimmed := bytes.TrimRight(line, "\r\n")
		name := bytes.LastIndexByte(trimmed, '}') + 1
		if fields := bytes.Fields(trimmed[name:]); len(trimmed) > 0 && trimmed[0] != '#' && len(fields) == 3-min(name, 1) {
			trimmed = bytes.TrimRight(trimmed[:bytes.LastIndexByte(trimmed, ' ')], " ")
		}
		out = append(append(out, trimmed...), '\n')
	}
	return out
}
