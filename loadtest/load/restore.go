package load

import (
	"slices"
	"time"

	"switchyard/loadtest/history"
	"switchyard/loadtest/journal"
)

// restore goes on with this process's end of the next queue of a slot.
func (l *Load) restore(slot int, receiver, sender *link) *queue {
	if l.Journals.Endpoints[slot].Receives {
		sender = nil
	} else {
		receiver = nil
	}
	f, err := l.Journals.Begin(slot)
	q := newQueue(l, slot, f.Queue, receiver, sender)
	if err != nil {
		l.Fail("journal of queue %d: %w", f.Queue, err)
		return q
	}
	q.journal, q.remote = f.Journal, f.Remote
	q.adopt(f.History)
	return q
}

// adopt goes on from where a client that was killed had come to, and the other end. What it had not written is as if it had
// never been: what was on its way, the window.
func (q *queue) adopt(f *journal.QueueHistory) {
	q.state, q.rcv, q.snd = f.State, f.Rcv, f.Snd
	q.created, q.secured, q.deletes, q.history = f.Created, f.Secured, f.Deletes, f.Messages
	q.complete, q.progress = f.Complete, make([]progress, len(f.Messages.Attempts))
	now, open := time.Now(), make(map[uint32]bool)
	for i, a := range f.Messages.Attempts {
		q.next = max(q.next, a.Message+1)
		if open[a.Message] = a.Outcome != history.Accepted; a.Outcome == history.Accepted {
			q.accepted++
			q.lastAccepted = i
		}
	}
	for m, again := range open {
		if again {
			q.retries = append(q.retries, retry{m, now})
		}
	}
	slices.SortFunc(q.retries, func(a, b retry) int { return int(a.message) - int(b.message) })
	q.target = max(q.target, q.next)
	for _, d := range f.Messages.Deliveries {
		if int(d.Position) < len(q.progress) {
			q.progress[d.Position].delivered = true
		}
	}
	if q.rcv != nil && q.receiver != nil {
		q.receiver.receive(q)
	}
}
