package load

import (
	"bytes"
	"errors"
	"time"

	"switchyard/loadtest/history"
	"switchyard/loadtest/journal"
	"switchyard/smp"
)

// receiving is the recipient's half of a queue, under its lock.
type receiving struct {
	pending *unacked // the message that the router waits to have acknowledged
}

// unacked is a message that has arrived and whose ACK has not been answered.
type unacked struct {
	session  Session
	msgID    []byte
	delivery int    // its place in the history, -1 for quota marks and unreadable ones
	position int    // its position, -1 likewise
	marker   bool   // a quota mark
	held     bool   // its ACK waits for release
	epoch    uint32 // of the router process that it came from
}

// arrive takes a message that was pushed.
func (q *queue) arrive(s Session, e Message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.state == history.QueueMissing || q.state == history.QueueGone {
		return
	}
	if q.pending != nil && !bytes.Equal(q.pending.msgID, e.ID) {
		q.load.fault(errSecondUnacked)
	}
	q.take(s, e)
	q.step()
}

// take records a message and acknowledges it, unless the load wants this queue to fill up. What was sent is known to this end
// before it arrives, as the other writes it before it sends it.
func (q *queue) take(s Session, e Message) {
	if q.followRemote(); q.state == history.QueueMissing {
		return
	}
	p := &unacked{session: s, msgID: bytes.Clone(e.ID), delivery: -1, position: -1, epoch: q.load.Epoch()}
	q.pending = p
	m, err := q.rcv.Open(p.msgID, e.Sealed)
	stamp, ok := history.ParseStamp(m.Body)
	switch {
	case err != nil:
		q.corrupt()
	case m.Quota:
		p.marker = true
	case !ok, stamp.Run != q.load.Run, stamp.Queue != q.number, int(stamp.Position) >= len(q.history.Attempts),
		q.history.Attempts[stamp.Position].Message != stamp.Message:
		q.corrupt()
	default:
		p.delivery, p.position = len(q.history.Deliveries), int(stamp.Position)
		q.history.Deliveries = append(q.history.Deliveries, history.Delivery{ID: string(p.msgID), Position: stamp.Position})
		q.note(journal.Entry{Kind: journal.EntryMessage, ID: p.msgID, Position: stamp.Position})
		if g := &q.progress[p.position]; !g.delivered {
			g.delivered = true
			q.load.deliveredOne(g.intended, time.Now())
		}
	}
	if p.held = !q.load.stopped.Load() && q.load.Holds(q.slot); !p.held {
		q.acknowledge()
	}
}

// corrupt counts a message that cannot be what it should.
func (q *queue) corrupt() {
	q.history.Corrupt++
	q.note(journal.Entry{Kind: journal.EntryCorrupt})
}

// acknowledge sends the ACK of the pending message. When the session is over nothing happens: the message comes again.
func (q *queue) acknowledge() {
	p := q.pending
	p.held = false
	_ = p.session.Ack(q.rcv, p.msgID, func(next Message, err error) { q.acknowledged(p, next, err) })
}

// release acknowledges what was held back.
func (q *queue) release() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.pending != nil && q.pending.held {
		q.acknowledge()
	}
}

func (q *queue) acknowledged(p *unacked, next Message, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if p != q.pending {
		return
	}
	switch {
	case errors.Is(err, smp.ErrAuth) && q.deletes > 0: // a DEL was obeyed before the ACK
	case IsProtocolError(err):
		q.load.fault(err)
	case err != nil:
		return // the session is over, linkDown clears up
	case p.delivery >= 0:
		d := &q.history.Deliveries[p.delivery]
		d.Acked, d.AckedIn = true, history.Answer{Epoch: p.epoch, At: history.Clock()}
		q.note(journal.Entry{Kind: journal.EntryACK, Delivery: p.delivery, Epoch: p.epoch})
	case p.marker:
		q.note(journal.Entry{Kind: journal.EntryMark})
		q.markers++
		q.paused = false
	}
	q.pending = nil
	q.settle(p.position)
	q.load.Count.Acked.Add(1)
	if next.ID != nil {
		q.take(p.session, next)
	}
	q.step()
}

// empty reports that the sender has nothing more to send and that the recipient's last ACK brought nothing more. As queues keep
// their order, what has not arrived then never will.
func (q *queue) empty() bool { return q.complete && q.pending == nil }
