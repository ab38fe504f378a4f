package shard

import (
	"time"

	"switchyard/smp"
)

// batchExpire is a batch of the set's own: Block holds recipient IDs, one after the other, of queues whose first
// message or notification is too old.
const batchExpire BatchKind = BatchResume + 1

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
