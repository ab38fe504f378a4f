package load

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

// GraceTime is how long a run that was interrupted waits for what is on its way, and then for its queues to be deleted.
const GraceTime = 5 * time.Second

// Prepare connects and creates the queues.
func (l *Load) Prepare(ctx context.Context, w *measure.Watcher, host string) error {
	if l.Stored != nil {
		l.create() // so that their subscriptions come with the connections
	}
	w.Phase("connecting", int64(l.Conns), &l.Count.links)
	if err := l.connect(ctx, false); err != nil {
		return fmt.Errorf("connecting to %s: %w", host, err)
	}
	w.Phase("creating queues", int64(l.Slots), &l.Count.open)
	if l.Stored == nil {
		l.create()
	}
	if err := l.Until(ctx, Reached(&l.Count.open, l.Slots)); err != nil {
		return fmt.Errorf("creating queues: %w", err)
	}
	return nil
}

// Grace waits for a condition for a short while.
func (l *Load) Grace(condition func() bool) {
	ctx, cancel := context.WithTimeout(context.Background(), GraceTime)
	defer cancel()
	_ = l.Until(ctx, condition) // what could not be done is visible in the report
}

// Up reports that all links are connected.
func (l *Load) Up() bool { return l.Count.links.Load() >= int64(l.Conns) }

// Behind reports that a message which was due before a time has not arrived.
func (l *Load) Behind(t time.Time) bool {
	return slices.ContainsFunc(l.all(), func(q *queue) bool { return q.behind(t) })
}

// Histories are those of all queues, after the load has ended because of cause.
func (l *Load) Histories(cause error) []history.History {
	all := make([]history.History, 0, len(l.all()))
	for _, q := range l.all() {
		q.mu.Lock()
		h := q.history
		h.Cut = q.state == history.QueueOpen && (!errors.Is(cause, ErrStalled) || q.receiver.now.Load() == nil)
		all = append(all, h)
		q.mu.Unlock()
	}
	return all
}

// HostOf is where a router is, for people.
func HostOf(a smp.ServerAddress) string {
	if len(a.Hosts) == 0 {
		return "no host"
	}
	if a.Port == "" {
		return a.Hosts[0]
	}
	return net.JoinHostPort(a.Hosts[0], a.Port)
}

// Sources is what can be sampled of a load.
func (l *Load) Sources() measure.Sources {
	return measure.Sources{
		Counts: map[string]func() int64{
			"sent": l.Count.sent.Load, "accepted": l.Count.Accepted.Load, "delivered": l.Count.Delivered.Load,
			"acked": l.Count.Acked.Load, "connections": l.Count.links.Load,
		},
		Latency: map[string]*results.Histogram{"answer": l.Latency.Answer, "delivery": l.Latency.Delivery},
		Ended:   func(err error) { l.Fail("%w", err) },
	}
}
