package measure

import (
	"sync/atomic"
	"time"

	"switchyard/loadtest/results"
)

// Stages measures one operation after the other.
type Stages struct {
	*Observer
	*Watcher
}

// Operation is how fast something was done many times.
type Operation struct {
	Count     int     `json:"count"`
	Seconds   float64 `json:"seconds"`
	PerSecond float64 `json:"perSecond"`
	CPUMicros float64 `json:"cpuMicros,omitempty"` // of the router for each
}

// Measure does something many times. The result is nil when it was not done at all.
func (s *Stages) Measure(name string, total int, counter *atomic.Int64, work func() error) (*Operation, error) {
	s.Phase(name, int64(total), counter)
	s.Enter(name)
	before, _ := s.Now()
	began := time.Now()
	err := work()
	seconds := time.Since(began).Seconds()
	after, _ := s.Now()
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

// Metrics are the figures that can be compared, under a name of the operation.
func (o *Operation) Metrics(name string) []results.Metric {
	if o == nil {
		return nil
	}
	m := []results.Metric{{Unit: name + "/s", Value: o.PerSecond}}
	if o.CPUMicros > 0 {
		m = append(m, results.Metric{Unit: "cpu-µs/" + name, Value: o.CPUMicros})
	}
	return m
}
