package loadtest

import (
	"context"
	"time"
)

// measured is what was seen of a load while it was measured.
type measured struct {
	seconds          float64
	use              *Use
	work             *Work
	delivered        int64
	answer, delivery Latencies
}

// measure lets the messages flow and measures them: after the warm-up, for the duration or until all have arrived. Then
// it waits until the queues are empty. Without a result nothing was measured.
func (l *load) measure(ctx context.Context, c *VerifyConfig) (*measured, error) {
	drained := reached(&l.count.drained, l.slots)
	l.send()
	if c.Warmup > 0 {
		if err := l.until(ctx, anyOf(drained, after(c.Warmup))); err != nil {
			return nil, err
		}
		l.latency.answer.reset()
		l.latency.delivery.reset()
	}
	o, err := c.observe(l.sources())
	if err != nil {
		return nil, err
	}
	defer o.stop()
	before := l.count.delivered.Load()
	end := drained
	if c.Duration > 0 {
		end = anyOf(drained, after(c.Duration))
	}
	cause := l.until(ctx, end)
	m := &measured{delivered: l.count.delivered.Load() - before}
	m.seconds, m.use = o.stop()
	m.work = o.profile.work()
	m.answer, m.delivery = l.latency.answer.quantiles(), l.latency.delivery.quantiles()
	if cause != nil || c.Duration > 0 {
		l.stop()
	}
	if cause == nil {
		return m, l.until(ctx, drained)
	}
	l.grace(drained)
	return m, cause
}

// sources is what can be sampled of a load.
func (l *load) sources() sources {
	return sources{
		counts: map[string]func() int64{
			"sent": l.count.sent.Load, "accepted": l.count.accepted.Load, "delivered": l.count.delivered.Load,
			"acked": l.count.acked.Load, "connections": l.count.links.Load,
		},
		latency: map[string]*histogram{"answer": l.latency.answer, "delivery": l.latency.delivery},
		ended:   func(err error) { l.fail("%w", err) },
	}
}

// after is the condition that a time has passed.
func after(d time.Duration) func() bool {
	end := time.Now().Add(d)
	return func() bool { return !time.Now().Before(end) }
}

func anyOf(conditions ...func() bool) func() bool {
	return func() bool {
		for _, c := range conditions {
			if c() {
				return true
			}
		}
		return false
	}
}
