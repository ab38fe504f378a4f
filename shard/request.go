package shard

import (
	"bytes"
	"errors"
	"time"

	"switchyard/shard/tally"
	"switchyard/smp"
)

// The operator may ask for the state of a queue, block and unblock it, and delete it. It is named by its sender ID or its link
// ID, which is what complaints name. A request goes to the shard of that ID, and on to the one that owns the queue:
//
//	Set.State … ──batchRequest──▶ shard of the ID ──hop──▶ shard of the queue ──▶ request.do ──▶ commit ──▶ the caller
//
// So it is done in the order of the queue's commands, and whoever asked is told when it is stored.

// ErrNoQueue says that no queue has the ID.
var ErrNoQueue = errors.New("no queue has this sender ID or link ID")

// errClosing says that the router stops.
var errClosing = errors.New("shard: the router stops")

// request is what the operator wants of a queue.
type request struct {
	id   []byte // sender ID or link ID
	do   func(*core, *queue) error
	done chan error
}

// QueueState is what the operator is told of a queue.
type QueueState struct {
	Status  Status
	Blocked smp.Error // ERR BLOCKED when Status says so
	Mode    Mode
	Day     uint16 // of its last use, in days since 1970; 0: it is not known
}

// State looks at the queue with this sender or link ID.
func (s *Set) State(id []byte) (state QueueState, err error) {
	return s.ask(id, func(*core, *queue) error { return nil })
}

// Block blocks the queue: its senders and its recipient are told why, and nobody uses it until it is unblocked. blocked is what
// ErrBlocked of smp makes, and a subscribed recipient is told at once. It returns when this is stored, with the state before.
// The error is ErrNoQueue or a failure of the store.
func (s *Set) Block(id []byte, blocked smp.Error) (before QueueState, err error) {
	return s.ask(id, func(c *core, q *queue) error {
		c.setBlocked(q, blocked)
		return nil
	})
}

// Unblock lets the queue be used again, if it is blocked. It returns the state before.
func (s *Set) Unblock(id []byte) (before QueueState, err error) {
	return s.ask(id, func(c *core, q *queue) error {
		c.setUnblocked(q)
		return nil
	})
}

// Delete deletes the queue as its recipient could: whoever is subscribed is told. It returns how many messages went with it.
func (s *Set) Delete(id []byte) (messages int, err error) {
	n := 0
	_, err = s.ask(id, func(c *core, q *queue) error {
		n = int(q.count)
		return c.erase(q, nil)
	})
	if err != nil {
		return 0, err // and n may still be written
	}
	return n, nil
}

// ask has a request carried out. It returns the state of the queue before.
func (s *Set) ask(id []byte, do func(*core, *queue) error) (before QueueState, err error) {
	var seen QueueState
	o := &request{id: id, done: make(chan error, 1), do: func(c *core, q *queue) error {
		seen = q.state()
		return do(c, q)
	}}
	b := NewBatch(batchRequest, nil)
	b.request = o
	if !s.putPatiently(s.partitions.Shard(id), b) {
		return before, errClosing
	}
	select {
	case err = <-o.done:
	case <-s.closing:
		return before, errClosing
	}
	if err != nil {
		return before, err
	}
	return seen, nil
}

func (q *queue) state() QueueState {
	state := QueueState{Status: q.status, Mode: q.mode, Day: q.day}
	if q.status == StatusBlocked {
		state.Blocked = q.rare.blocked
	}
	return state
}

// serveRequest carries out a request, or hands it to the shard of the queue.
func (c *core) serveRequest(o *request) {
	q, elsewhere, err := c.named(o.id)
	switch {
	case elsewhere != none:
		b := NewBatch(batchRequest, nil)
		b.request = o
		c.hop(elsewhere.place(), b)
		return
	case err == nil && q == nil:
		err = ErrNoQueue
	case err == nil:
		c.out.touched = append(c.out.touched, q.recipientID)
		err = o.do(c, q)
	}
	if err != nil {
		o.done <- err
		return
	}
	c.out.requests = append(c.out.requests, o)
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

// setBlocked blocks a queue. The reason of one that is blocked is replaced; when it is the same, nobody is told again.
func (c *core) setBlocked(q *queue, blocked smp.Error) {
	rare, text := q.needRare(), smp.AppendError(nil, smp.CurrentVersion, blocked)[len("BLOCKED "):]
	if q.status == StatusBlocked && bytes.Equal(rare.blockedText, text) {
		c.confirm(q)
		return
	}
	if q.status == StatusActive {
		c.out.tally.Add(tally.QueuesBlocked, 1)
	}
	rare.blocked, rare.blockedText = blocked, text
	q.status = StatusBlocked
	c.putQueue(q)
	if s := q.service(); s != nil {
		c.tellBlocked(s.current.Load(), q, blocked)
	} else if q.sub != nil {
		c.tellBlocked(q.sub.client, q, blocked)
	}
}

// tellBlocked tells the connection that receives the messages of a queue, if there is one.
func (c *core) tellBlocked(client *Client, q *queue, blocked smp.Error) {
	if client == nil || c.hasLeft(client) {
		return
	}
	w := c.begin(client, nil, q.recipientID[:])
	w.note.kind = replyEnd // stays, as what it says is what the operator wants
	w.head = smp.AppendErr(w.head, client.Version, blocked)
	w.end()
}

// setUnblocked lets a blocked queue be used again.
func (c *core) setUnblocked(q *queue) {
	if q.status != StatusBlocked {
		c.confirm(q)
		return
	}
	q.status = StatusActive
	q.rare.blocked, q.rare.blockedText = smp.Error{}, nil
	c.putQueue(q)
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
