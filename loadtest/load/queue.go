package load

import (
	"errors"
	"slices"
	"sync"

	"switchyard/loadtest/history"
	"switchyard/loadtest/journal"
	"switchyard/smp"
	"switchyard/smp/client"
)

// queue is one queue of a load with both its ends, or the one that lives in this process.
type queue struct {
	load     *Load
	slot     int    // which of the queues that live at a time
	number   uint32 // among all queues of the run
	receiver *link  // nil: the recipient lives elsewhere
	sender   *link  // nil: the sender lives elsewhere
	window   int    // messages on their way: sent and neither refused nor acknowledged by the recipient

	mu      sync.Mutex
	journal *journal.Writer   // nil: nobody kills this process, or the queue is finished
	remote  *journal.Follower // the journal of the end that lives elsewhere; nil likewise
	state   history.QueueState
	busy    bool           // a step waits for its answer
	created history.Answer // IDS
	secured history.Answer // KEY or SKEY
	deletes int            // DEL that were sent
	target  uint32         // how many messages it carries
	rcv     *client.RcvQueue
	snd     *client.SndQueue
	history history.History

	sending   // sender.go
	receiving // receiver.go
}

func newQueue(l *Load, slot int, number uint32, receiver, sender *link) *queue {
	return &queue{
		load: l, slot: slot, number: number, receiver: receiver, sender: sender,
		window: l.Window(slot), target: l.Messages(number),
		sending: sending{lastAccepted: -1},
	}
}

// start attaches the queue to its links and takes the first step, now or when they are connected.
func (q *queue) start() {
	for _, k := range q.links() {
		k.attach(q)
	}
	q.wake()
}

// links are those of the ends that live here.
func (q *queue) links() []*link {
	return slices.DeleteFunc([]*link{q.receiver, q.sender}, func(k *link) bool { return k == nil })
}

// wake takes the next step if it can be taken.
func (q *queue) wake() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.step()
}

// step does what the state asks of the ends that live here; every event of the queue ends with it. It is called under mu.
func (q *queue) step() {
	switch q.state {
	case history.QueueNew:
		if q.receiver != nil {
			q.create()
		}
	case history.QueueCreated:
		q.secure()
	case history.QueueOpen:
		if q.sender != nil {
			q.probe()
			q.pump()
			q.conclude()
		}
		if q.receiver != nil && q.empty() {
			q.state = history.QueueDrained
			q.load.drained(q)
			q.step()
		}
	case history.QueueDrained:
		if q.load.deleting.Load() {
			q.remove()
		}
	}
}

func (q *queue) create() {
	c := q.receiver.now.Load()
	if q.busy || c == nil {
		return
	}
	if !q.note(journal.Entry{Kind: journal.EntryNew}) {
		return
	}
	err := c.Create(q.load.queueParams(), func(rcv *client.RcvQueue, err error) {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.busy = false
		switch {
		case err == nil:
			q.rcv, q.created = rcv, history.Answer{Epoch: c.epoch, At: history.Clock()}
			q.snd = rcv.Sender(q.load.key(q.slot))
			q.note(journal.Entry{Kind: journal.EntryIDs, Epoch: c.epoch, Rcv: q.rcv, Snd: q.snd})
			q.receiver.receive(q)
			q.state = history.QueueCreated
			q.load.Count.Created.Add(1)
		case IsProtocolError(err):
			q.load.Fail("creating a queue: %w", err)
		default:
			q.load.Count.Orphans.Add(1) // the router may have made one whose IDs nobody knows
		}
		q.step()
	})
	q.busy = err == nil
}

// takeOver has the queue be one that the router has.
func (q *queue) takeOver(rcv *client.RcvQueue) {
	q.rcv, q.snd = rcv, rcv.Sender(q.load.key(q.slot))
	q.state = history.QueueCreated
	q.load.Count.Created.Add(1)
	q.receiver.receive(q)
}

// secure sets the sender's key, if the end that is to do that lives here. Repeating it is harmless: the key is the same.
func (q *queue) secure() {
	byRecipient := q.load.securedByRecipient(q.number)
	k := q.sender
	if byRecipient {
		k = q.receiver
	}
	if k == nil {
		return
	}
	if q.snd.Key == nil {
		q.note(journal.Entry{Kind: journal.EntrySecured})
		q.open()
		return
	}
	c := k.now.Load()
	if q.busy || c == nil {
		return
	}
	err := c.Secure(q.rcv, q.snd, byRecipient, func(err error) {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.busy = false
		switch {
		case err == nil:
			q.secured = history.Answer{Epoch: c.epoch, At: history.Clock()}
			q.note(journal.Entry{Kind: journal.EntrySecured, Epoch: c.epoch})
			q.open()
			return
		case IsProtocolError(err):
			q.missing(err)
		}
		q.step()
	})
	q.busy = err == nil
}

func (q *queue) open() {
	q.state = history.QueueOpen
	q.load.opened()
	q.step()
}

// remove deletes the queue. When an answer to an earlier DEL was lost, AUTH says that it was obeyed.
func (q *queue) remove() {
	c := q.receiver.now.Load()
	if q.busy || c == nil || !q.note(journal.Entry{Kind: journal.EntryDEL}) {
		return
	}
	err := c.Remove(q.rcv, func(err error) {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.busy = false
		switch {
		case err == nil, errors.Is(err, smp.ErrAuth) && q.deletes > 1:
			q.state = history.QueueGone
			q.finish(journal.Entry{Kind: journal.EntryGone, Epoch: c.epoch})
			q.leave()
			q.load.removed(q)
			return
		case IsProtocolError(err):
			q.missing(err)
		}
		q.step()
	})
	if err == nil {
		q.busy = true
		q.deletes++
	}
}

// refuseSender takes AUTH as the answer to a message. When the router may have forgotten the sender's key, it is given it
// again. secured is when that was done before the message was sent: there may be answers left from before the last time.
func (q *queue) refuseSender(err error, secured history.Answer) {
	switch {
	case q.state == history.QueueCreated || secured != q.secured:
	case q.snd.Key != nil && q.load.LossWindow.Excuse(q.secured):
		q.note(journal.Entry{Kind: journal.EntryUnsecured})
		q.state = history.QueueCreated
	default:
		q.missing(err)
	}
}

// missing ends a queue that the router should have and refuses. If it may have forgotten it, that is no fault.
func (q *queue) missing(err error) {
	if q.state == history.QueueMissing || q.state == history.QueueGone {
		return
	}
	was := q.state
	q.state = history.QueueMissing
	q.finish(journal.Entry{Kind: journal.EntryMissing, Err: faultText(err)})
	q.leave()
	if q.load.LossWindow.Excuse(q.created) {
		q.load.forgotten(q, was)
		return
	}
	q.load.missing(q, was, err)
}

// note writes what the client is about to act on. When that fails it must not, and the run ends.
func (q *queue) note(e journal.Entry) bool {
	if q.journal == nil {
		return true
	}
	if err := q.journal.Write(e); err != nil {
		q.load.Fail("journal of queue %d: %w", q.number, err)
		return false
	}
	return true
}

// finish writes the last that there is to say of the queue. What answers come after it is of no account.
func (q *queue) finish(e journal.Entry) {
	if q.note(e) {
		q.close()
	}
}

// close closes the journals of a queue that is finished.
func (q *queue) close() {
	j, other := q.journal, q.remote
	if j == nil {
		return
	}
	q.journal, q.remote = nil, nil
	if err := q.load.Journals.Finish(q.number, j, other); err != nil {
		q.load.Fail("journal of queue %d: %w", q.number, err)
	}
}

// leave takes the queue off its links.
func (q *queue) leave() {
	if q.receiver != nil {
		q.receiver.forget(q)
	}
	for _, k := range q.links() {
		k.detach(q)
	}
}

// resume goes on with what waited for a link, or ends a pause.
func (q *queue) resume() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.paused = false
	if q.load.LossWindow != nil {
		q.expectLess(func(a *history.Attempt) bool { return q.load.LossWindow.MayForget(a.Answer()) })
	}
	q.step()
}

// linkDown forgets what only lived in the session. The session's callbacks have run.
func (q *queue) linkDown(k *link) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if k == q.receiver && q.pending != nil {
		q.settle(q.pending.position)
		q.pending = nil
		q.step()
	}
}

// unsubscribed takes the news that the queue is not or no longer subscribed.
func (q *queue) unsubscribed(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case errors.Is(err, smp.ErrAuth) && q.deletes > 0: // its DEL was obeyed, the answer lost
		q.step()
	case errors.Is(err, smp.ErrAuth):
		q.missing(err)
	case IsProtocolError(err), errors.Is(err, errSubscriptionEnded):
		q.load.fault(err)
	}
}

// IsProtocolError tells an answer of the router from the end of a session.
func IsProtocolError(err error) bool {
	var e smp.Error
	return errors.As(err, &e)
}
