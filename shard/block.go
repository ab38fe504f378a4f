package shard

import (
	"errors"
	"time"

	"switchyard/shard/tally"
	"switchyard/smp"
)

// The operator may block a queue: its senders and its recipient are told why, and nobody uses it until it is unblocked.
// It is named by its sender ID or its link ID, which is what complaints name.

// ErrNoQueue says that no queue has the ID.
var ErrNoQueue = errors.New("no queue has this sender ID or link ID")

// errClosing says that the router stops.
var errClosing = errors.New("shard: the router stops")

// blockRequest is what the operator wants of a queue.
type blockRequest struct {
	id      []byte    // sender ID or link ID
	blocked smp.Error // ERR BLOCKED with reason and notice; zero unblocks
	done    chan error
}

// Block blocks the queue with this sender or link ID: blocked is what ErrBlocked of smp makes, and a subscribed recipient
// is told at once. It returns when this is stored. The error is ErrNoQueue or a failure of the store.
func (s *Set) Block(id []byte, blocked smp.Error) error { return s.give(id, blocked) }

// Unblock lets the queue with this sender or link ID be used again, if it is blocked.
func (s *Set) Unblock(id []byte) error { return s.give(id, smp.Error{}) }

func (s *Set) give(id []byte, blocked smp.Error) error {
	o := &blockRequest{id: id, blocked: blocked, done: make(chan error, 1)}
	b := NewBatch(batchBlock, nil)
	b.request = o
	if !s.putPatiently(s.partitions.Shard(id), b) {
		return errClosing
	}
	select {
	case err := <-o.done:
		return err
	case <-s.closing:
		return errClosing
	}
}

// blockQueue carries out a request, or hands it to the shard of the queue.
func (c *core) blockQueue(o *blockRequest) {
	q, elsewhere, err := c.named(o.id)
	switch {
	case elsewhere != none:
		b := NewBatch(batchBlock, nil)
		b.request = o
		c.hop(elsewhere.place(), b)
		return
	case err == nil && q == nil:
		err = ErrNoQueue
	}
	if err != nil {
		o.done <- err
		return
	}
	c.setBlocked(q, o.blocked)
	c.out.requests = append(c.out.requests, o)
	c.out.touched = append(c.out.touched, q.recipientID)
}

// named finds a queue by sender or link ID, or the shard that it belongs to; elsewhere is that.
func (c *core) named(id []byte) (q *queue, elsewhere ref, err error) {
	for _, kind := range []IDKind{BySender, ByLink} {
		if kind == BySender && len(id) != len(smp.ID{}) {
			continue
		}
		if q = c.cache.find(kind, id); q != nil {
			return q, none, nil
		}
		l := []Lookup{{Kind: kind, ID: id}}
		c.store.Load(l)
		if l[0].Err != nil {
			return nil, none, l[0].Err
		}
		if owner, ok := c.misplaced(&l[0]); ok {
			l[0].forget()
			return nil, refTo(owner), nil
		}
		if l[0].Found != nil {
			q, err = c.admit(&l[0])
			return q, none, err
		}
	}
	return nil, none, nil
}

// setBlocked blocks a queue or unblocks it.
func (c *core) setBlocked(q *queue, blocked smp.Error) {
	if blocked.IsZero() {
		if q.status == StatusBlocked {
			q.status = StatusActive
			q.rare.blocked, q.rare.blockedText = smp.Error{}, nil
			c.putQueue(q)
		}
		return
	}
	if q.status == StatusActive {
		c.out.tally.Add(tally.QueuesBlocked, 1)
	}
	rare := q.needRare()
	rare.blocked = blocked
	rare.blockedText = smp.AppendError(nil, smp.CurrentVersion, blocked)[len("BLOCKED "):]
	q.status = StatusBlocked
	c.putQueue(q)
	if s := q.sub; s != nil {
		w := c.begin(s.client, nil, q.recipientID[:])
		w.note.kind = replyEnd // stays, as what it says is what the operator wants
		w.head = smp.AppendErr(w.head, s.client.Version, blocked)
		w.end()
	}
}

// answerRequests tells the operator how the requests of a drain ended.
func (d *drain) answerRequests(err error) {
	for i, o := range d.requests {
		o.done <- err
		d.requests[i] = nil
	}
	d.requests = d.requests[:0]
}

// putPause is how long the set waits for room in a ring that is full.
const putPause = 10 * time.Millisecond

// putPatiently puts a batch of the set's own into a ring, however long it takes. False means that the set closes.
func (s *Set) putPatiently(shard int, b *Batch) bool {
	for {
		select {
		case <-s.closing:
			b.release()
			return false
		default:
		}
		if s.Put(shard, b) {
			return true
		}
		select {
		case <-s.closing:
		case <-time.After(putPause):
		}
	}
}
