package loadtest

import (
	"cmp"
	"slices"
	"time"

	"switchyard/smp/client"
)

// fate is what the journals of both ends tell of a queue.
type fate struct {
	state    queueState // new, created, open, gone or missing
	rcv      *client.RcvQueue
	snd      *client.SndQueue
	created  answer
	secured  answer
	deleted  answer
	asked    int      // NEW that were sent
	deletes  int      // DEL likewise
	complete bool     // by the sender
	unkeyed  []answer // KEY that were answered OK and that the router did not know any more
	why      string   // it is missing
	back     bool     // it was deleted, and the router knew it in the end
	history  History
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
		f.state, f.rcv, f.snd, f.created = queueCreated, e.Rcv, e.Snd, answer{e.Epoch, e.At}
	case entrySecured:
		f.state, f.secured = queueOpen, answer{e.Epoch, e.At}
	case entryUnsecured:
		f.state, f.unkeyed = queueCreated, append(f.unkeyed, f.secured)
	case entrySend:
		h.Attempts = append(h.Attempts, Attempt{Message: e.Message, Session: e.Session, Epoch: e.Epoch})
		f.sent, f.answered = append(f.sent, e.At), append(f.answered, 0)
	case entryUnsent:
		n := len(h.Attempts) - 1
		h.Attempts, f.sent, f.answered = h.Attempts[:n], f.sent[:n], f.answered[:n]
	case entryAnswer:
		if a := &h.Attempts[e.Position]; e.Outcome == Accepted {
			a.Outcome, a.Answered, f.answered[e.Position] = Accepted, e.At, e.At
		} else {
			a.Outcome = e.Outcome
		}
	case entryMessage:
		h.Deliveries = append(h.Deliveries, Delivery{ID: string(e.ID), Position: e.Position})
		f.arrived = append(f.arrived, e.At)
	case entryCorrupt:
		h.Corrupt++
	case entryACK:
		d := &h.Deliveries[e.Delivery]
		d.Acked, d.AckedIn = true, answer{e.Epoch, e.At}
	case entryComplete:
		f.complete = true
	case entryDEL:
		f.deletes++
	case entryGone:
		f.state, f.deleted = queueGone, answer{e.Epoch, e.At}
	case entryMissing:
		f.state, f.why = queueMissing, e.Err
	case entryBack:
		f.back = true
	}
}

// finished reports that nothing more is done with the queue.
func (f *fate) finished() bool { return f.state == queueGone || f.state == queueMissing }

// time adds the latencies of the queue's messages, counted from their first attempt.
func (f *fate) time(l latencies) {
	first := make(map[uint32]time.Duration)
	for i, a := range f.history.Attempts {
		if _, again := first[a.Message]; !again {
			first[a.Message] = f.sent[i]
		}
		if at := f.answered[i]; at > 0 {
			l.answer.record(at - first[a.Message])
		}
	}
	seen := make(map[uint32]bool)
	for i, d := range f.history.Deliveries {
		if int(d.Position) >= len(f.history.Attempts) { // for the checker to find
			continue
		}
		if m := f.history.Attempts[d.Position].Message; !seen[m] {
			seen[m] = true
			l.delivery.record(f.arrived[i] - first[m])
		}
	}
}

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
		if open[a.Message] = a.Outcome != Accepted; a.Outcome == Accepted {
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
