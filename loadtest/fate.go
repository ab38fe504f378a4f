package loadtest

import (
	"cmp"
	"slices"
	"time"

	"switchyard/loadtest/history"
	"switchyard/smp/client"
)

// fate is what the journals of both ends tell of a queue.
type fate struct {
	state    history.QueueState // new, created, open, gone or missing
	rcv      *client.RcvQueue
	snd      *client.SndQueue
	created  history.Answer
	secured  history.Answer
	deleted  history.Answer
	asked    int              // NEW that were sent
	deletes  int              // DEL likewise
	complete bool             // by the sender
	unkeyed  []history.Answer // KEY that were answered OK and that the router did not know any more
	why      string           // it is missing
	back     bool             // it was deleted, and the router knew it in the end
	history  history.History
	sent     []time.Duration // when each attempt was
	answered []time.Duration // those that were accepted: when, else 0
	arrived  []time.Duration // when each delivery was
}

// fateOf puts the journals together. What an end has done because the other did something is behind it, as both have one clock.
func fateOf(recipient, sender []entry) *fate {
	all := slices.Concat(recipient, sender)
	slices.SortStableFunc(all, func(a, b entry) int { return cmp.Compare(a.At, b.At) })
	f := &fate{}
	for _, e := range all {
		f.take(e)
	}
	return f
}

// take adds the next entry. What comes after the end of the queue was written before its other end had heard of that.
func (f *fate) take(e entry) {
	h := &f.history
	switch e.Kind {
	case entryIDs, entrySecured, entryUnsecured, entryGone, entryMissing:
		if f.finished() {
			return
		}
	}
	switch e.Kind {
	case entryNew:
		f.asked++
	case entryIDs:
		f.state, f.rcv, f.snd, f.created = history.QueueCreated, e.Rcv, e.Snd, history.Answer{Epoch: e.Epoch, At: e.At}
	case entrySecured:
		f.state, f.secured = history.QueueOpen, history.Answer{Epoch: e.Epoch, At: e.At}
	case entryUnsecured:
		f.state, f.unkeyed = history.QueueCreated, append(f.unkeyed, f.secured)
	case entrySend:
		h.Attempts = append(h.Attempts, history.Attempt{Message: e.Message, Session: e.Session, Epoch: e.Epoch})
		f.sent, f.answered = append(f.sent, e.At), append(f.answered, 0)
	case entryUnsent:
		n := len(h.Attempts) - 1
		h.Attempts, f.sent, f.answered = h.Attempts[:n], f.sent[:n], f.answered[:n]
	case entryAnswer:
		if a := &h.Attempts[e.Position]; e.Outcome == history.Accepted {
			a.Outcome, a.Answered, f.answered[e.Position] = history.Accepted, e.At, e.At
		} else {
			a.Outcome = e.Outcome
		}
	case entryMessage:
		h.Deliveries = append(h.Deliveries, history.Delivery{ID: string(e.ID), Position: e.Position})
		f.arrived = append(f.arrived, e.At)
	case entryCorrupt:
		h.Corrupt++
	case entryACK:
		d := &h.Deliveries[e.Delivery]
		d.Acked, d.AckedIn = true, history.Answer{Epoch: e.Epoch, At: e.At}
	case entryComplete:
		f.complete = true
	case entryDEL:
		f.deletes++
	case entryGone:
		f.state, f.deleted = history.QueueGone, history.Answer{Epoch: e.Epoch, At: e.At}
	case entryMissing:
		f.state, f.why = history.QueueMissing, e.Err
	case entryBack:
		f.back = true
	}
}

// finished reports that nothing more is done with the queue.
func (f *fate) finished() bool {
	return f.state == history.QueueGone || f.state == history.QueueMissing
}
