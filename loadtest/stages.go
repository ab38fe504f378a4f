package loadtest

import (
	"sync/atomic"
	"time"

	"switchyard/loadtest/results"
)

// stages measures one operation after the other.
type stages struct {
	*observer
	*watcher
}

// Operation is how fast something was done many times.
type Operation struct {
	Count     int     `json:"count"`
	Seconds   float64 `json:"seconds"`
	PerSecond float64 `json:"perSecond"`
	CPUMicros float64 `json:"cpuMicros,omitempty"` // of the router for each
}

// stage does something many times. The result is nil when it was not done at all.
func (s *stages) stage(name string, total int, counter *atomic.Int64, work func() error) (*Operation, error) {
	s.phase(name, int64(total), counter)
	s.enter(name)
	before, _ := s.now()
	began := time.Now()
	err := work()
	seconds := time.Since(began).Seconds()
	after, _ := s.now()
	n := int(counter.Load())
	if n == 0 {
		return nil, err
	}
	op := &Operation{Count: n, Seconds: seconds, PerSecond: float64(n) / seconds}
	if s.m.PID != 0 {
		op.CPUMicros = (after - before).Seconds() * 1e6 / float64(n)
	}
	return op, err
}

func (o *Operation) metrics(name string) []results.Metric {
	if o == nil {
		return nil
	}
	m := []results.Metric{{Unit: name + "/s", Value: o.PerSecond}}
	if o.CPUMicros > 0 {
		m = append(m, results.Metric{Unit: "cpu-µs/" + name, Value: o.CPUMicros})
	}
	return m
}
