package verify

import (
	"context"

	"switchyard/loadtest/load"
	"switchyard/loadtest/measure"
	"switchyard/loadtest/results"
)

// measurement is what was seen of a load while it was measured.
type measurement struct {
	seconds          float64
	use              *results.Use
	work             *results.Work
	delivered        int64
	answer, delivery results.Latencies
}

// measureExchange lets the messages flow and measures them: after the warm-up, for the duration or until all have arrived. Then
// it waits until the queues are empty. Without a result nothing was measured.
func measureExchange(ctx context.Context, l *load.Load, c *Config) (*measurement, error) {
	drained := load.Reached(&l.Count.Drained, l.Slots)
	l.Send()
	if warmup := c.Ramp + c.Warmup; warmup > 0 {
		if err := l.Until(ctx, load.AnyOf(drained, load.After(warmup))); err != nil {
			return nil, err
		}
		l.Latency.Answer.Reset()
		l.Latency.Delivery.Reset()
	}
	o, err := c.Observe(l.Sources())
	if err != nil {
		return nil, err
	}
	defer o.Stop()
	before := l.Count.Delivered.Load()
	end := drained
	if c.Duration > 0 {
		end = load.AnyOf(drained, load.After(c.Duration))
	}
	cause := l.Until(ctx, end)
	m := &measurement{delivered: l.Count.Delivered.Load() - before}
	m.seconds, m.use = o.Stop()
	m.work = o.Work()
	m.answer, m.delivery = l.Latency.Answer.Quantiles(), l.Latency.Delivery.Quantiles()
	if cause != nil || c.Duration > 0 {
		l.Stop()
	}
	if cause == nil {
		return m, l.Until(ctx, drained)
	}
	l.Grace(drained)
	return m, cause
}

// Finish lets a load end that goes on beside what is measured, and judges its exchange. delivery is what counts as its
// latency.
func Finish(l *load.Load, o *measure.Observer, scenario string, delivery results.Latencies, cause error) (*Report, *results.Use) {
	l.Stop()
	l.Grace(load.Reached(&l.Count.Drained, l.Slots))
	m := &measurement{delivered: l.Count.Delivered.Load(), delivery: delivery}
	var use *results.Use
	m.seconds, use = o.Stop()
	l.Remove()
	l.Grace(load.Reached(&l.Count.Removed, l.Slots))
	return report(l, scenario, m, cause), use
}
