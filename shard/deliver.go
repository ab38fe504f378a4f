package shard

import (
	"errors"
	"slices"
	"time"

	"switchyard/smp"
)

// A message is delivered to the subscribed connection in one of three ways:
//
//	SEND to an empty queue ──▶ push at once
//	SUB, BatchResume ──▶ ready list ──▶ pump: push while the window has room
//	ACK ──▶ the next message is the response
//
// In between, a normal subscription waits for an ACK, or is in the ready list, or aside as its message cannot be read
//, or its queue is empty.

// pump delivers to a connection what is ready, as far as the window has room, and then what its walk finds. What comes from
// other shards between the parts of a block, or by chance, leaves that to the last part.
func (c *core) pump(client *Client) {
	if client.state[c.index].parted {
		return
	}
	for c.pumpReady(client) && c.walkOn(client) {
	}
}

// pumpReady delivers what is ready, and says whether all of it went.
func (c *core) pumpReady(client *Client) bool {
	subs := client.state[c.index].subs
	if c.hasLeft(client) {
		return false
	}
	for subs != nil && subs.ready.First() != nil {
		s := subs.ready.First()
		if s.queue.empty() || c.cache.stale(s.queue) {
			c.setReady(s, false)
			c.settle(s)
			continue
		}
		if client.Window.Await() {
			return false
		}
		body, err := c.readHead(s.queue)
		if err != nil {
			c.setAside(s, err)
			c.goOn(client)
			return false
		}
		if !client.Window.Take() { // another shard was quicker
			body.Release()
			continue
		}
		c.push(s, body)
	}
	return subs != nil
}

// push delivers the first message as an event; the place in the window is taken.
func (c *core) push(s *subscription, body *Buffer) {
	c.setReady(s, false)
	w := c.begin(s.client, nil, s.queue.recipientID[:])
	w.note.kind = replyMessage
	c.endMessage(&w, s.queue, &s.receipt, body)
}

// endMessage completes a reply as the MSG with the first message of the queue, which then waits for its ACK.
func (c *core) endMessage(w *writer, q *queue, r *receipt, body *Buffer) {
	id := &q.head.ID
	w.head = smp.AppendMsgHeader(w.head, id[:])
	w.reply.Body, w.reply.Message = body, true
	w.end()
	c.out.delivered = append(c.out.delivered, delivery{q.recipientID, w.reply.Client})
	c.endWait(w.reply.Client, r)
	r.delivered = *id
	c.beginWait(w.reply.Client, r)
}

// A message that cannot be read keeps its place: it is neither skipped nor deleted, as the disk may read it later, or a backup
// have it. Its subscription is set aside, so that what waits on other queues of the connection goes on, and is tried again
// after a while, which doubles up to retryLimit:
//
//	ready ──read fails──▶ aside ──batchRetry──▶ ready ──▶ MSG
//
// When the store says that it is damage, the connection is told so once, by ERR STORE as an event of the queue. What only
// failed it is not told of: the message comes later than others, as it may anyway. The operator reads how many queues wait
// (package unread). When the store has been opened again, all queues are read again, and what is aside is tried at once. A message
// that stays damaged goes when its recipient deletes the queue or it is too old, and those behind it come.

// ErrDamaged is matched by errors of a Store when what was stored is damaged, or gone, so that reading it again is of use only
// if the disk was at fault for a moment.
var ErrDamaged = errors.New("shard: damaged")

// damaged is a sentinel error that matches ErrDamaged.
type damaged string

func (d damaged) Error() string { return string(d) }

func (d damaged) Is(target error) bool { return target == ErrDamaged }

// storeError is the answer when the store fails. What failed is nothing that a client could use, but that it is for good.
// Clients try again later in both cases.
func storeError(err error) smp.Error {
	if errors.Is(err, ErrDamaged) {
		return errDamaged
	}
	return errStore
}

var (
	errStore   = smp.ErrStore("failed")
	errDamaged = smp.ErrStore("damaged")
)

const (
	// retryLimit is the longest time until messages that could not be read are tried again.
	retryLimit = 64 * resumeDelay
	// spoiledFor is how many seconds a message that is damaged is not read again, whoever asks: Pebble takes a tenth of a
	// second for one, looking which bit it may be.
	spoiledFor = 60
)

// setAside takes a subscription whose first message, or whose queue, cannot be read out of the way.
func (c *core) setAside(s *subscription, err error) {
	subs := s.client.state[c.index].subs
	if !s.unread {
		s.unread = true
		c.unread.Add(err, errors.Is(err, ErrDamaged))
	}
	if errors.Is(err, ErrDamaged) && !c.doubt && !s.told {
		s.told = true
		c.tellDamage(s.client, s.queue.recipientID[:])
	}
	c.retryLater(s.client)
	if s.kind == subService && subs.aside.Len() >= readyLimit {
		subs.beyond = true // a walk will find it
		c.unlink(s)
		return
	}
	subs.move(s, subAside)
}

// wasRead notes that nothing of a subscription waits that cannot be read.
func (c *core) wasRead(s *subscription) {
	if s.unread {
		s.unread, s.told = false, false
		c.unread.Remove()
	}
}

// tellDamage tells a connection that something which it would be sent is damaged.
func (c *core) tellDamage(client *Client, entityID []byte) {
	w := c.begin(client, nil, entityID)
	w.note.kind = replyEnd // stays
	w.head = smp.AppendErr(w.head, client.Version, errDamaged)
	w.end()
}

// retryLater arranges a batchRetry, unless it is.
func (c *core) retryLater(client *Client) {
	subs := client.state[c.index].subs
	if subs.retrying {
		return
	}
	subs.retrying = true
	c.retry(client, subs.delay())
}

// delay is the time until the next retry, which doubles from one to the next.
func (l *clientSubs) delay() time.Duration {
	d := max(l.retryIn, resumeDelay)
	l.retryIn = min(2*d, retryLimit)
	return d
}

// retryAside tries what is aside again, behind what else is ready. Of queues that have to be read first it is the queue.
func (c *core) retryAside(client *Client) {
	if client == nil {
		c.lost = append(c.lost, c.reread...)
		c.reread = nil
		c.hop(c.index, NewBatch(batchProbe, nil))
		return
	}
	subs := client.state[c.index].subs
	if subs == nil {
		return
	}
	subs.retrying = false
	var stale []smp.ID
	for s := subs.aside.First(); s != nil; {
		next := s.Next()
		if c.cache.stale(s.queue) {
			stale = append(stale, s.queue.recipientID)
		} else {
			c.setReady(s, true)
		}
		s = next
	}
	for some := range slices.Chunk(stale, recoverStep) {
		c.reload(some)
		c.out.touched = append(c.out.touched, some...)
	}
	subs.behind = subs.behind || subs.beyond
	subs.beyond = false
	c.pump(client)
	if !subs.retrying {
		subs.retryIn = 0
	}
}

// readLater has a queue that could not be read again, for somebody who is subscribed, be read later. q is nil when its
// subscription is parked.
func (c *core) readLater(q *queue, id *smp.ID, err error) {
	switch {
	case q == nil && c.cache.parked.Find(id) != nil:
		if c.reread = append(c.reread, *id); len(c.reread) == 1 {
			c.retry(nil, retryLimit)
		}
	case q != nil && c.cache.stale(q) && q.sub != nil:
		c.setAside(q.sub, err)
	}
}

// goOn has a connection's ready list pumped again when others had their turn, as a read that fails may have taken long.
func (c *core) goOn(client *Client) {
	c.hop(c.index, NewBatch(BatchResume, client))
}
