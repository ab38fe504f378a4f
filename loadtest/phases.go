package loadtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"switchyard/loadtest/history"
	"switchyard/loadtest/measure"
	"switchyard/loadtest/results"
	"switchyard/smp"
)

// graceTime is how long a run that was interrupted waits for what is on its way, and then for its queues to be deleted.
const graceTime = 5 * time.Second

// prepare connects and creates the queues.
func (l *load) prepare(ctx context.Context, w *measure.Watcher, host string) error {
	w.Phase("connecting", int64(l.conns), &l.count.links)
	if err := l.connect(ctx, false); err != nil {
		return fmt.Errorf("connecting to %s: %w", host, err)
	}
	w.Phase("creating queues", int64(l.slots), &l.count.open)
	l.create()
	if err := l.until(ctx, reached(&l.count.open, l.slots)); err != nil {
		return fmt.Errorf("creating queues: %w", err)
	}
	return nil
}

// grace waits for a condition for a short while.
func (l *load) grace(condition func() bool) {
	ctx, cancel := context.WithTimeout(context.Background(), graceTime)
	defer cancel()
	_ = l.until(ctx, condition) // what could not be done is visible in the report
}

// up reports that all links are connected.
func (l *load) up() bool { return l.count.links.Load() >= int64(l.conns) }

// behind reports that a message which was due before a time has not arrived.
func (l *load) behind(t time.Time) bool {
	return slices.ContainsFunc(l.all(), func(q *queue) bool { return q.behind(t) })
}

// histories are those of all queues, after the load has ended because of cause.
func (l *load) histories(cause error) []history.History {
	all := make([]history.History, 0, len(l.all()))
	for _, q := range l.all() {
		q.mu.Lock()
		h := q.history
		h.Cut = q.state == history.QueueOpen && (!errors.Is(cause, errStalled) || q.receiver.now.Load() == nil)
		all = append(all, h)
		q.mu.Unlock()
	}
	return all
}

func hostOf(a smp.ServerAddress) string {
	if len(a.Hosts) == 0 {
		return "no host"
	}
	if a.Port == "" {
		return a.Hosts[0]
	}
	return net.JoinHostPort(a.Hosts[0], a.Port)
}

// sources is what can be sampled of a load.
func (l *load) sources() measure.Sources {
	return measure.Sources{
		Counts: map[string]func() int64{
			"sent": l.count.sent.Load, "accepted": l.count.accepted.Load, "delivered": l.count.delivered.Load,
			"acked": l.count.acked.Load, "connections": l.count.links.Load,
		},
		Latency: map[string]*results.Histogram{"answer": l.latency.answer, "delivery": l.latency.delivery},
		Ended:   func(err error) { l.fail("%w", err) },
	}
}
