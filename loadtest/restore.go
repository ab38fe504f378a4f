package loadtest

import (
	"slices"
	"time"

	"switchyard/loadtest/history"
)

// restore goes on with this process's end of the next queue of a slot.
func (l *load) restore(slot int, receiver, sender *link) *queue {
	if l.keep.ends[slot].receives {
		sender = nil
	} else {
		receiver = nil
	}
	f, err := l.keep.begin(slot)
	q := newQueue(l, slot, f.queue, receiver, sender)
	if err != nil {
		l.fail("journal of queue %d: %w", f.queue, err)
		return q
	}
	q.journal, q.other = f.journal, f.other
	q.adopt(f.fate)
	return q
}

// adopt goes on from where a client that was killed had come to, and the other end. What it had not written is as if it had
// never been: what was on its way, the window.
func (q *queue) adopt(f *fate) {
	q.state, q.rcv, q.snd = f.state, f.rcv, f.snd
	q.created, q.secured, q.deletes, q.history = f.created, f.secured, f.deletes, f.history
	q.complete, q.progress = f.complete, make([]progress, len(f.history.Attempts))
	now, open := time.Now(), make(map[uint32]bool)
	for i, a := range f.history.Attempts {
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
	for _, d := range f.history.Deliveries {
		if int(d.Position) < len(q.progress) {
			q.progress[d.Position].delivered = true
		}
	}
	if q.rcv != nil && q.receiver != nil {
		q.receiver.receive(q)
	}
}
