package load

import (
	"context"
	"errors"
	"slices"

	"switchyard/loadtest/history"
	"switchyard/loadtest/journal"
	"switchyard/smp"
	"switchyard/smp/client"
)

// Begin lets messages flow.
func (l *Load) Begin(ctx context.Context) error {
	l.deleting.Store(true)
	l.create()
	l.Send()
	return l.connect(ctx, true)
}

// Drain empties the queues that this process receives from and deletes them; then those that were deleted, by this process or one
// before, must be unknown. To the others it only sends what is on its way: their recipients are those who delete them.
func (l *Load) Drain(ctx context.Context) error {
	l.Stop()
	if err := l.Until(ctx, l.deleted); err != nil {
		return err
	}
	return l.Journals.Deleted(func(queue uint32, f *journal.QueueHistory) error {
		known, err := l.known(ctx, f.Rcv)
		if known {
			return l.Journals.KnownAgain(queue)
		}
		return err
	})
}

// deleted reports that no queue is left from which this process receives.
func (l *Load) deleted() bool {
	return !slices.ContainsFunc(l.all(), func(q *queue) bool {
		q.mu.Lock()
		defer q.mu.Unlock()
		return q.receiver != nil && q.state != history.QueueGone && q.state != history.QueueMissing
	})
}

// known asks the router for a queue.
func (l *Load) known(ctx context.Context, rcv *client.RcvQueue) (bool, error) {
	answer := make(chan error, 1)
	for {
		c := l.links[0].now.Load()
		if c == nil || c.Subscribe(rcv, func(err error) { answer <- err; l.signal() }) != nil {
			if err := l.Until(ctx, func() bool { return l.links[0].now.Load() != nil }); err != nil {
				return false, err
			}
			continue
		}
		if err := l.Until(ctx, func() bool { return len(answer) > 0 }); err != nil {
			return false, err
		}
		l.Count.Acked.Add(1) // an answer is progress
		switch err := <-answer; {
		case err == nil:
			return true, nil
		case IsProtocolError(err):
			return !errors.Is(err, smp.ErrAuth), nil
		}
	}
}
