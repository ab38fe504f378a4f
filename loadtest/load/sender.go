package load

import (
	"errors"
	"slices"
	"strings"
	"time"

	"switchyard/loadtest/history"
	"switchyard/loadtest/journal"
	"switchyard/smp"
)

// sending is the sender's half of a queue, under its lock.
type sending struct {
	next         uint32     // message that was not sent yet
	retries      []retry    // messages whose attempts were refused or not answered, ascending
	progress     []progress // of each attempt
	lastAccepted int        // highest position that was answered OK, -1 before
	accepted     uint32     // messages that were answered OK
	outstanding  int        // attempts that are on their way
	unanswered   int        // attempts of this session that have no answer yet
	markers      int        // quota marks that the recipient has acknowledged
	complete     bool       // all messages are answered, and the last of them has arrived
	paused       bool       // the queue is full or the router in trouble: wait for the recipient, the link or the tick
}

// retry is a message that must be sent again.
type retry struct {
	message  uint32
	intended time.Time
}

// progress is what the load wants to know of an attempt beside its history.
type progress struct {
	intended  time.Time // latency counts from here
	onItsWay  bool      // counts as outstanding
	delivered bool
}

// pipeline is how many attempts of a queue may be without an answer, however large its window: what a full queue
// refuses is sent in vain, and what a killed router has not read is uncertain.
const pipeline = 16

// pump sends while the window has room.
func (q *queue) pump() {
	for q.state == history.QueueOpen && !q.paused && q.load.sending.Load() &&
		q.outstanding < q.window && q.unanswered < pipeline {
		c := q.sender.now.Load()
		m, ok := q.pick()
		if c == nil || !ok || !q.attempt(c, m) {
			return
		}
		if len(q.retries) > 0 && q.retries[0].message == m.message {
			q.retries = q.retries[1:]
		} else {
			q.next++
		}
	}
}

// pick chooses the message to send next without taking it.
func (q *queue) pick() (retry, bool) {
	if len(q.retries) > 0 {
		return q.retries[0], true
	}
	if q.next >= q.target {
		return retry{}, false
	}
	intended, due := q.load.due(q.slot, q.next)
	return retry{q.next, intended}, due
}

// attempt sends a message at the next position.
func (q *queue) attempt(c *connected, m retry) bool {
	position := uint32(len(q.history.Attempts))
	stamp := history.Stamp{Run: q.load.Run, Queue: q.number, Position: position, Message: m.message}
	buf := bodyBuffers.Get().(*[]byte)
	defer bodyBuffers.Put(buf)
	*buf = stamp.Append((*buf)[:0], q.load.Size)
	markers, secured := q.markers, q.secured
	if !q.note(journal.Entry{Kind: journal.EntrySend, Message: m.message, Session: c.number, Epoch: c.epoch}) {
		return false
	}
	err := c.Send(q.snd, *buf, func(err error) { q.answered(position, markers, secured, err) })
	if err != nil {
		q.note(journal.Entry{Kind: journal.EntryUnsent})
		return false
	}
	q.history.Attempts = append(q.history.Attempts, history.Attempt{Message: m.message, Session: c.number, Epoch: c.epoch})
	q.progress = append(q.progress, progress{intended: m.intended, onItsWay: true})
	q.outstanding++
	q.unanswered++
	q.load.Count.sent.Add(1)
	return true
}

// answered takes the answer to an attempt. markers is how many quota marks had been acknowledged when it was sent,
// secured when the queue had been secured last.
func (q *queue) answered(position uint32, markers int, secured history.Answer, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.unanswered--
	a := &q.history.Attempts[position]
	switch {
	case err == nil:
		a.Outcome, a.Answered = history.Accepted, history.Clock()
		q.lastAccepted = max(q.lastAccepted, int(position))
		q.accepted++
		q.load.acceptedOne(q.progress[position].intended)
	case errors.Is(err, smp.ErrQuota):
		a.Outcome = history.Refused
		q.load.Count.refused.Add(1)
		q.paused = q.paused || q.markers == markers
		q.again(position)
	case errors.Is(err, smp.ErrAuth):
		a.Outcome = history.Refused
		q.again(position)
		q.refuseSender(err, secured)
	case IsProtocolError(err) && !passing(err):
		a.Outcome = history.Refused
		q.again(position)
		q.load.Fail("sending a message: %w", err)
	case IsProtocolError(err):
		q.load.fault(err)
		q.paused = true
		q.again(position)
	default: // the session is over
		q.load.Count.unanswered.Add(1)
		q.again(position)
	}
	if a.Outcome != history.Uncertain {
		q.note(journal.Entry{Kind: journal.EntryAnswer, Position: position, Outcome: a.Outcome})
	}
	q.step()
}

// passing tells errors of a router in trouble, after which the message may be stored or not, from those that will
// not change.
func passing(err error) bool {
	var e smp.Error
	return errors.As(err, &e) && (e == smp.ErrInternal || strings.HasPrefix(e.Error(), "STORE"))
}

// again puts the message of an attempt among those to send.
func (q *queue) again(position uint32) {
	q.settle(int(position))
	m := retry{q.history.Attempts[position].Message, q.progress[position].intended}
	at, _ := slices.BinarySearchFunc(q.retries, m, func(a, b retry) int { return int(a.message) - int(b.message) })
	q.retries = slices.Insert(q.retries, at, m)
}

// settle makes room in the window: the attempt at position is no longer on its way.
func (q *queue) settle(position int) {
	if position >= 0 && q.progress[position].onItsWay {
		q.progress[position].onItsWay = false
		q.outstanding--
	}
}

// expectLess makes room in the window for what was accepted and is not to be expected any more.
func (q *queue) expectLess(gone func(*history.Attempt) bool) {
	if q.outstanding == 0 {
		return
	}
	for i := range q.history.Attempts {
		if a := &q.history.Attempts[i]; a.Outcome == history.Accepted && gone(a) {
			q.settle(i)
		}
	}
}

// probe sends one message more when the last one may have been lost with a router that was killed: only what arrives
// behind it tells that it will not come any more.
func (q *queue) probe() {
	if q.lastAccepted < 0 || q.accepted < q.target || q.next < q.target || q.progress[q.lastAccepted].delivered {
		return
	}
	if q.load.LossWindow.MayForget(q.history.Attempts[q.lastAccepted].Answer()) {
		q.target++
	}
}

// behind reports that a message which was due before a time has not arrived.
func (q *queue) behind(t time.Time) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if m, due := q.pick(); due && m.intended.Before(t) {
		return true
	}
	return slices.ContainsFunc(q.progress, func(p progress) bool { return p.onItsWay && !p.delivered && p.intended.Before(t) })
}

// stop lets the queue send no new messages; those without an answer are still repeated.
func (q *queue) stop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.target = min(q.target, q.next)
	q.step()
}

// conclude notices that there is nothing more to send.
func (q *queue) conclude() {
	if !q.complete && q.accepted >= q.target && q.next >= q.target && len(q.retries) == 0 &&
		(q.lastAccepted < 0 || q.progress[q.lastAccepted].delivered) {
		q.complete = q.note(journal.Entry{Kind: journal.EntryComplete})
	}
}
