package journal

import (
	"cmp"
	"slices"
	"time"

	"switchyard/loadtest/history"
	"switchyard/smp/client"
)

// QueueHistory is what the journals of both ends tell of a queue.
type QueueHistory struct {
	State      history.QueueState // new, created, open, gone or missing
	Rcv        *client.RcvQueue
	Snd        *client.SndQueue
	Created    history.Answer
	Secured    history.Answer
	Deleted    history.Answer
	Creates    int              // NEW that were sent
	Deletes    int              // DEL likewise
	Complete   bool             // by the sender
	LostKeys   []history.Answer // KEY that were answered OK and that the router did not know any more
	Reason     string           // it is missing
	KnownAgain bool             // it was deleted, and the router knew it in the end
	Messages   history.History
	Sent       []time.Duration // when each attempt was
	Answered   []time.Duration // those that were accepted: when, else 0
	Arrived    []time.Duration // when each delivery was
}

// Merge puts the journals together. What an end has done because the other did something is behind it, as both have one clock.
func Merge(recipient, sender []Entry) *QueueHistory {
	all := slices.Concat(recipient, sender)
	slices.SortStableFunc(all, func(a, b Entry) int { return cmp.Compare(a.At, b.At) })
	f := &QueueHistory{}
	for _, e := range all {
		f.take(e)
	}
	return f
}

// take adds the next entry. What comes after the end of the queue was written before its other end had heard of that.
func (f *QueueHistory) take(e Entry) {
	h := &f.Messages
	switch e.Kind {
	case EntryIDs, EntrySecured, EntryUnsecured, EntryGone, EntryMissing:
		if f.finished() {
			return
		}
	}
	switch e.Kind {
	case EntryNew:
		f.Creates++
	case EntryIDs:
		f.State, f.Rcv, f.Snd, f.Created = history.QueueCreated, e.Rcv, e.Snd, history.Answer{Epoch: e.Epoch, At: e.At}
	case EntrySecured:
		f.State, f.Secured = history.QueueOpen, history.Answer{Epoch: e.Epoch, At: e.At}
	case EntryUnsecured:
		f.State, f.LostKeys = history.QueueCreated, append(f.LostKeys, f.Secured)
	case EntrySend:
		h.Attempts = append(h.Attempts, history.Attempt{Message: e.Message, Session: e.Session, Epoch: e.Epoch})
		f.Sent, f.Answered = append(f.Sent, e.At), append(f.Answered, 0)
	case EntryUnsent:
		n := len(h.Attempts) - 1
		h.Attempts, f.Sent, f.Answered = h.Attempts[:n], f.Sent[:n], f.Answered[:n]
	case EntryAnswer:
		if a := &h.Attempts[e.Position]; e.Outcome == history.Accepted {
			a.Outcome, a.Answered, f.Answered[e.Position] = history.Accepted, e.At, e.At
		} else {
			a.Outcome = e.Outcome
		}
	case EntryMessage:
		h.Deliveries = append(h.Deliveries, history.Delivery{ID: string(e.ID), Position: e.Position})
		f.Arrived = append(f.Arrived, e.At)
	case EntryCorrupt:
		h.Corrupt++
	case EntryACK:
		d := &h.Deliveries[e.Delivery]
		d.Acked, d.AckedIn = true, history.Answer{Epoch: e.Epoch, At: e.At}
	case EntryComplete:
		f.Complete = true
	case EntryDEL:
		f.Deletes++
	case EntryGone:
		f.State, f.Deleted = history.QueueGone, history.Answer{Epoch: e.Epoch, At: e.At}
	case EntryMissing:
		f.State, f.Reason = history.QueueMissing, e.Err
	case EntryKnownAgain:
		f.KnownAgain = true
	}
}

// finished reports that nothing more is done with the queue.
func (f *QueueHistory) finished() bool {
	return f.State == history.QueueGone || f.State == history.QueueMissing
}
