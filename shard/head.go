package shard

import (
	"errors"
	"math"
	"time"

	"switchyard/box"
	"switchyard/shard/tally"
	"switchyard/smp"
)

// This file is what is done with the first message of a queue: it is read, deleted, and found too old.

// messages is what is in memory of a queue's messages: how many there are, and the first of them. Bodies are in the store.
//
//	            count   head                      headKnown   full
//	empty       0       Seq of the next to come   false       false
//	known       1…      of the first message      true        the last message is the quota marker
//	advanced    1…      Seq of the first alone    false       the same; peek reads the rest of the head
type messages struct {
	head      MessageHeader
	count     int32 // quota marker included
	headKnown bool
	full      bool // nothing is accepted until the queue is empty
}

// empty tells that there are no messages.
func (m *messages) empty() bool { return m.count == 0 }

// firstSeq is the position of the first message, or of the next one to come when there is none.
func (m *messages) firstSeq() uint64 { return m.head.Seq }

// nextSeq is the position of the message that comes next.
func (m *messages) nextSeq() uint64 { return m.firstSeq() + uint64(m.count) }

// stored is how many messages there are, without the quota marker.
func (m *messages) stored() int {
	if m.full {
		return int(m.count) - 1
	}
	return int(m.count)
}

// begin sets the position of the first message of a queue that is new or was found empty. It grows by a million a
// second, so that positions that the queue has used before do not come again; now is of a clock that nobody sets.
func (m *messages) begin(now int64) { *m = messages{head: MessageHeader{Seq: uint64(now) * 1e6}} }

// fill sets what was found in the store.
func (m *messages) fill(l *Loaded, now int64) {
	if l.Messages == 0 {
		m.begin(now)
		return
	}
	*m = messages{head: l.First, headKnown: true, count: int32(l.Messages), full: l.Last.Kind == KindQuota}
}

// learn completes the head by what was read of the first message.
func (m *messages) learn(h *MessageHeader) {
	seq := m.head.Seq
	m.head, m.headKnown = *h, true
	m.head.Seq = seq
}

// append enters a stored message behind the others.
func (m *messages) append(h *MessageHeader) {
	if m.empty() {
		m.head, m.headKnown = *h, true
	}
	m.count++
	m.full = h.Kind == KindQuota
}

// advance removes the first message.
func (m *messages) advance() {
	m.head.Seq++
	m.count--
	m.headKnown = false
	m.full = m.full && !m.empty()
}

// peek makes the header of the first message known; the queue is not empty.
func (c *core) peek(q *queue) error {
	if q.headKnown {
		return nil
	}
	if c.spoiled(q) {
		return errSpoiled
	}
	h, err := c.header(q, q.firstSeq())
	if err != nil {
		c.judgeRead(q, err)
		return err
	}
	q.learn(&h)
	return nil
}

// readHead returns the sealed body of the first message in a buffer with one reference for the caller.
func (c *core) readHead(q *queue) (*Buffer, error) {
	if err := c.peek(q); err != nil {
		return nil, err
	}
	if q.head.Kind == KindQuota {
		return c.seal(q, &q.head, nil), nil
	}
	if m := c.freshAt(q, q.firstSeq()); m != nil {
		m.body.Retain()
		return m.body, nil
	}
	if c.spoiled(q) {
		return nil, errSpoiled
	}
	b := NewBuffer(smp.DeliveredSize)
	n, err := c.store.Body(&q.recipientID, q.firstSeq(), b.Data)
	if err == nil && n != len(b.Data) {
		err = errBody
	}
	if err != nil {
		b.Release()
		c.judgeRead(q, err)
		return nil, err
	}
	return b, nil
}

// freshAt finds a message that the transaction at hand stores.
func (c *core) freshAt(q *queue, seq uint64) *freshMessage {
	for i := range c.fresh {
		if m := &c.fresh[i]; m.queue == q && m.header.Seq == seq {
			return m
		}
	}
	return nil
}

// errBody reports a stored message whose body has not the one size that all have.
const errBody = damaged("shard: stored message is damaged")

// seal makes the body of a message as it is stored and delivered, or that of a quota marker, which is stored without
// one and comes out the same each time.
func (c *core) seal(q *queue, h *MessageHeader, body []byte) *Buffer {
	b := NewBuffer(smp.DeliveredSize)
	padded := b.Data[box.TagSize:]
	var plain []byte
	if h.Kind == KindQuota {
		plain = smp.AppendQuotaBody(padded[2:2], h.Time)
	} else {
		plain = smp.AppendMessageBody(padded[2:2], h.Time, h.Notify, body)
	}
	if err := box.PadInPlace(padded, len(plain)); err != nil {
		panic("shard: message over the limit was let through")
	}
	var subkey [box.KeySize]byte
	box.Precompute(&subkey, &q.secret)
	box.Seal(b.Data, (*[box.NonceSize]byte)(&h.ID), &subkey)
	return b
}

// errSpoiled answers reads of a message that was found damaged a moment ago.
const errSpoiled = damaged("shard: message is damaged")

// spoiled tells whether the first message of a queue is damaged, as far as that is known.
func (c *core) spoiled(q *queue) bool { return q.rare != nil && c.now < q.rare.spoiledUntil }

// judgeRead notes that the first message of a queue is damaged, if the error says so.
func (c *core) judgeRead(q *queue, err error) {
	if errors.Is(err, ErrDamaged) && !c.doubt {
		q.needRare().spoiledUntil = c.now + spoiledFor
	}
}

// remove deletes the first message, whose header is known. What is in front of another one is no quota marker.
func (c *core) remove(q *queue) {
	c.write().DeleteMessage(&q.recipientID, q.firstSeq())
	if q.head.Kind == KindMessage {
		c.out.tally.Add(tally.Messages, -1)
	}
	q.advance()
	if q.rare != nil {
		q.rare.spoiledUntil = 0
	}
	if q.dayLate {
		c.putQueue(q)
	}
}

// makeFirst tells whether the message with an ID, which was delivered, is there, and makes it the first. It was the first when
// it was delivered, so it is the first now or gone, unless the store has failed since: then those in front of it may have come
// back. They had been acknowledged or were too old, so they are deleted.
func (c *core) makeFirst(q *queue, id []byte) (bool, error) {
	if q.empty() {
		return false, nil
	}
	if err := c.peek(q); err != nil {
		return false, err
	}
	if string(id) == string(q.head.ID[:]) {
		return true, nil
	}
	if !c.wentBack || len(id) == 0 {
		return false, nil
	}
	for seq := q.firstSeq() + 1; seq < q.nextSeq(); seq++ {
		h, err := c.header(q, seq)
		if err != nil {
			return false, err
		}
		if string(id) != string(h.ID[:]) {
			continue
		}
		for q.firstSeq() < seq {
			c.remove(q)
		}
		q.learn(&h)
		return true, nil
	}
	return false, nil
}

// header reads the header of a message.
func (c *core) header(q *queue, seq uint64) (MessageHeader, error) {
	if m := c.freshAt(q, seq); m != nil {
		return m.header, nil
	}
	return c.store.Header(&q.recipientID, seq)
}

// expireBatch is how many queues a batchExpire names: few, as each may have to be loaded and read message by message.
const expireBatch = 32

// expireStep is how many messages are deleted in a drain for their age: a millisecond of work or two.
const expireStep = 1 << 9

// expireAll deletes what is too old of some queues. When there is much, the rest is left to another batchExpire.
func (c *core) expireAll(items []item) {
	for i, left := 0, expireStep; i < len(items); i++ {
		q := items[i].queue
		if q == nil || q.gone {
			continue
		}
		n, _ := c.expireSome(q, left) // a failed read leaves the rest to the next time
		if left -= n; left == 0 {
			c.expireLater(items[i:])
			return
		}
		if q.notifier() != nil {
			c.expireNotifications(q)
		}
	}
}

// expireLater has another drain go on with the queues of some items.
func (c *core) expireLater(items []item) {
	b := NewBatch(batchExpire, nil)
	b.Block = NewBuffer(0)
	for i := range items {
		if q := items[i].queue; q != nil {
			b.Block.Data = append(b.Block.Data, q.recipientID[:]...)
		}
	}
	c.hop(c.index, b)
}

// expire deletes all messages that are older than the limit from the head of the queue.
func (c *core) expire(q *queue) error {
	_, err := c.expireSome(q, math.MaxInt)
	return err
}

// expireSome deletes messages older than the limit, as many as it may, from the head of the queue, and returns how many. A
// quota marker there ends it.
func (c *core) expireSome(q *queue, most int) (n int, err error) {
	if c.cfg.MessageTTL <= 0 {
		return 0, nil
	}
	before := c.judgedAt - int64(c.cfg.MessageTTL.Seconds())
	for ; n < most && !q.empty(); n++ {
		if err := c.peek(q); err != nil {
			return n, err
		}
		if q.head.Kind == KindQuota || q.head.Time >= before {
			return n, nil
		}
		c.remove(q)
		c.out.tally.Add(tally.Expired, 1)
	}
	return n, nil
}

// expireOften has old messages deleted at each interval.
func (s *Set) expireOften() {
	defer s.expiry.Done()
	s.clock.Now(s.cfg.Clock()) // from here on a jump is noticed
	if s.cfg.ExpireAtStart {
		s.expire()
	}
	ticker := time.NewTicker(s.cfg.ExpireEvery)
	defer ticker.Stop()
	for {
		select {
		case <-s.closing:
			return
		case <-ticker.C:
			s.expire()
		}
	}
}

// expire asks the shards to delete the messages and notifications that are too old now. What the store fails to tell is
// left to the next time.
func (s *Set) expire() {
	now := s.clock.Now(s.cfg.Clock())
	if s.cfg.MessageTTL > 0 {
		s.expireWhere(now.Add(-s.cfg.MessageTTL).Unix(), s.store.Expired)
	}
	s.expireWhere(now.Add(-s.cfg.NotifyTTL).Unix(), s.store.ExpiredNotifications)
}

// expireWhere tells the shards of the queues that walk visits.
func (s *Set) expireWhere(before int64, walk func(int64, func(smp.ID) bool) error) {
	parts := make([]*Batch, len(s.workers))
	_ = walk(before, func(id smp.ID) bool {
		i := s.partitions.Shard(id[:])
		b := parts[i]
		if b == nil {
			b = NewBatch(batchExpire, nil)
			b.Block = NewBuffer(0)
			parts[i] = b
		}
		b.Block.Data = append(b.Block.Data, id[:]...)
		if len(b.Block.Data) < expireBatch*len(id) {
			return true
		}
		parts[i] = nil
		return s.putPatiently(i, b)
	})
	for i, b := range parts {
		if b != nil {
			s.putPatiently(i, b)
		}
	}
}
