package fleet

import (
	"context"
	"errors"
	"sync/atomic"

	"switchyard/loadtest/measure"
	"switchyard/loadtest/results"
)

// Scrapes is what it costs the router to tell its figures, beside all that it has.
type Scrapes struct {
	Count     int     `json:"count"`
	Bytes     int     `json:"bytes"`     // of the last answer
	CPUMillis float64 `json:"cpuMillis"` // of the router for each
}

// scrape reads the router's figures again and again.
func (c *IdleConfig) scrape(ctx context.Context, s *measure.Stages) (*Scrapes, error) {
	if c.Target.Figures == "" {
		return nil, errors.New("scrapes are for a router of the run's own, which tells where its figures are: add `-- smp-server start`")
	}
	var done atomic.Int64
	r := &Scrapes{Count: c.Scrapes}
	op, err := s.Measure("scraping", c.Scrapes, &done, func() error {
		for range c.Scrapes {
			text, err := measure.FiguresText(c.Target.Figures)
			if err != nil {
				return err
			}
			r.Bytes = len(text)
			if done.Add(1); ctx.Err() != nil {
				return context.Cause(ctx)
			}
		}
		return nil
	})
	if op != nil {
		r.CPUMillis = op.CPUMicros / 1000
	}
	return r, err
}

// metrics are those of the scrapes, none when there were none.
func (s *Scrapes) metrics() []results.Metric {
	if s == nil {
		return nil
	}
	return []results.Metric{{Unit: "cpu-ms/scrape", Value: s.CPUMillis}, {Unit: "B/scrape", Value: float64(s.Bytes)}}
}

func (s *Scrapes) write(t results.Table) {
	if s != nil {
		t.Row("scrapes", s.Count, "bytes", s.Bytes, "router CPU ms/scrape", results.Fixed(s.CPUMillis))
	}
}
