package load

import (
	"errors"

	"switchyard/loadtest/history"
	"switchyard/loadtest/journal"
)

// A queue whose other end lives in another process learns from the journal of that end what it would else have done itself.

// followRemote takes what the other end has written since. It is called under mu.
func (q *queue) followRemote() {
	if q.remote == nil {
		return
	}
	news, err := q.remote.Poll()
	if err != nil {
		q.load.Fail("journal of queue %d: %w", q.number, err)
		return
	}
	for _, e := range news {
		if q.remote == nil { // that was the end of the queue
			return
		}
		q.apply(e)
	}
}

// apply takes what the other end has done.
func (q *queue) apply(e journal.Entry) {
	switch e.Kind {
	case journal.EntryIDs:
		q.rcv, q.snd, q.created = e.Rcv, e.Snd, history.Answer{Epoch: e.Epoch, At: e.At}
		q.state = history.QueueCreated
	case journal.EntrySecured:
		q.secured = history.Answer{Epoch: e.Epoch, At: e.At}
		q.state = history.QueueOpen
		q.load.opened()
	case journal.EntryUnsecured:
		q.state = history.QueueCreated
	case journal.EntrySend:
		q.history.Attempts = append(q.history.Attempts, history.Attempt{Message: e.Message})
		q.progress = append(q.progress, progress{})
	case journal.EntryUnsent:
		n := len(q.progress) - 1
		q.history.Attempts, q.progress = q.history.Attempts[:n], q.progress[:n]
	case journal.EntryComplete:
		q.complete = true
	case journal.EntryMessage:
		// That makes room in the window, not the ACK: when the answer to that is lost the recipient never learns of it.
		if p := int(e.Position); p < len(q.progress) {
			q.progress[p].delivered = true
			q.settle(p)
		}
	case journal.EntryMark:
		q.markers++
		q.paused = false
	case journal.EntryGone:
		q.state = history.QueueGone
		q.close()
		q.leave()
		q.load.removed(q)
	case journal.EntryMissing:
		q.missing(errors.New(e.Err))
	}
}

// followRemotes has all queues follow their other ends, and take the steps that this makes possible.
func (l *Load) followRemotes() {
	if l.Journals == nil {
		return
	}
	for _, q := range l.all() {
		q.mu.Lock()
		if q.remote != nil {
			q.followRemote()
			q.step()
		}
		q.mu.Unlock()
	}
}
