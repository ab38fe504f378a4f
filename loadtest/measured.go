package loadtest

import (
	"context"

	"switchyard/loadtest/measure"
	"switchyard/loadtest/results"
)

// measured is what was seen of a load while it was measured.
type measured struct {
	seconds          float64
	use              *results.Use
	work             *results.Work
	delivered        int64
	answer, delivery results.Latencies
}

// measureExchange lets the messages flow and measures them: after the warm-up, for the duration or until all have arrived. Then
// it waits until the queues are empty. Without a result nothing was measured.
func measureExchange(ctx context.Context, l *load, c *VerifyConfig) (*measured, error) {
	drained := reached(&l.count.drained, l.slots)
	l.send()
	if c.Warmup > 0 {
		if err := l.until(ctx, anyOf(drained, after(c.Warmup))); err != nil {
			return nil, err
		}
		l.latency.answer.Reset()
		l.latency.delivery.Reset()
	}
	o, err := c.Observe(l.sources())
	if err != nil {
		return nil, err
	}
	defer o.Stop()
	before := l.count.delivered.Load()
	end := drained
	if c.Duration > 0 {
		end = anyOf(drained, after(c.Duration))
	}
	cause := l.until(ctx, end)
	m := &measured{delivered: l.count.delivered.Load() - before}
	m.seconds, m.use = o.Stop()
	m.work = o.Work()
	m.answer, m.delivery = l.latency.answer.Quantiles(), l.latency.delivery.Quantiles()
	if cause != nil || c.Duration > 0 {
		l.stop()
	}
	if cause == nil {
		return m, l.until(ctx, drained)
	}
	l.grace(drained)
	return m, cause
}

// finish lets a load end that goes on beside what is measured, and judges its exchange. delivery is what counts as its
// latency.
func finish(l *load, o *measure.Observer, scenario string, delivery results.Latencies, cause error) (*Report, *results.Use) {
	l.stop()
	l.grace(reached(&l.count.drained, l.slots))
	m := &measured{delivered: l.count.delivered.Load(), delivery: delivery}
	var use *results.Use
	m.seconds, use = o.Stop()
	l.remove()
	l.grace(reached(&l.count.removed, l.slots))
	return report(l, scenario, m, cause), use
}
