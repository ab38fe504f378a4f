package shard

import (
	"switchyard/smp"
)

// The store has a row for each queue that is associated with a service, and for each service and partition the count
// and hash of these rows, so that SUBS is answered without a walk. A partition belongs to one shard, which reads such a
// count when a drain changes it and writes it back with the drain's commit. Nothing of it stays in memory: when the commit
// fails, the next drain finds what the store has kept.

// countKey names a count.
type countKey struct {
	service   smp.ID
	partition uint8
}

// count is a count that the drain at hand has changed or is about to.
type count struct {
	ServiceCount
	changed bool
}

// countOf reads the count of a service in a partition, for a change.
func (c *core) countOf(s *service, partition uint8) (*count, error) {
	if s == nil {
		return nil, nil
	}
	k := countKey{s.id, partition}
	if n := c.counts[k]; n != nil {
		return n, nil
	}
	stored, err := c.store.ServiceCount(&s.id, partition)
	if err != nil {
		return nil, err
	}
	n := &count{ServiceCount: stored}
	if c.counts == nil {
		c.counts = make(map[countKey]*count)
	}
	c.counts[k] = n
	return n, nil
}

// putCounts stores the counts that the drain has changed.
func (c *core) putCounts() {
	for k, n := range c.counts {
		if n.changed {
			c.write().PutServiceCount(&k.service, k.partition, n.ServiceCount)
		}
	}
	clear(c.counts)
}

// sum adds up the counts of a service in the partitions of this shard, as the drain has changed them.
func (c *core) sum(s *service) (total ServiceCount, err error) {
	first, last := c.partitions.Owned(c.index)
	err = c.store.ServiceCounts(&s.id, first, last, func(partition uint8, stored ServiceCount) {
		if c.counts[countKey{s.id, partition}] == nil {
			total.join(&stored)
		}
	})
	for k, n := range c.counts {
		if k.service == s.id {
			total.join(&n.ServiceCount)
		}
	}
	return total, err
}

// move changes what is stored of a queue's association: from one service, nil without, to another. id is what is
// hashed. When it fails nothing is changed.
func (c *core) move(q *queue, id *smp.ID, from, to *service) error {
	partition := c.partitions.Of(q.recipientID[:])
	left, err := c.countOf(from, partition)
	if err != nil {
		return err
	}
	joined, err := c.countOf(to, partition)
	if err != nil {
		return err
	}
	if left != nil {
		left.remove(id[:])
		left.changed = true
		c.write().DeleteAssociation(&from.id, partition, &q.recipientID)
	}
	if joined != nil {
		joined.add(id[:])
		joined.changed = true
		c.write().PutAssociation(&to.id, partition, &q.recipientID)
	}
	return nil
}

// associate has a service receive the messages of a queue; the one that did so before is told. The caller stores the
// queue. When it fails nothing is changed.
func (c *core) associate(q *queue, s *service) error {
	old := q.service()
	if err := c.move(q, &q.recipientID, old, s); err != nil {
		return err
	}
	switch {
	case q.sub == nil:
	case q.sub.kind == subService:
		c.unlink(q.sub)
	default:
		c.end(q.sub, replyEnd, q.recipientID[:])
	}
	if old != nil {
		c.tellService(old, nil, replyEnd, q.recipientID[:])
	}
	q.needRare().service = s
	return nil
}

// dissociate takes a queue from the service that receives its messages, if there is one. The service's connection is
// told, unless it is by. The caller stores the queue.
func (c *core) dissociate(q *queue, by *Client, kind replyKind) error {
	s := q.service()
	if s == nil {
		return nil
	}
	if err := c.move(q, &q.recipientID, s, nil); err != nil {
		return err
	}
	if q.sub != nil && q.sub.kind == subService {
		c.unlink(q.sub)
	}
	c.tellService(s, by, kind, q.recipientID[:])
	q.rare.service = nil
	return nil
}

// associateNotifier is associate for the notifications of a queue.
func (c *core) associateNotifier(q *queue, s *service) error {
	n := q.notifier()
	old := n.service
	if err := c.move(q, &n.ID, old, s); err != nil {
		return err
	}
	if n.sub != nil {
		c.end(n.sub, replyEnd, n.ID[:])
	}
	if old != nil {
		c.tellService(old, nil, replyEnd, n.ID[:])
	}
	n.service, n.Service = s, s.id[:]
	return nil
}

// dissociateNotifier is dissociate for the notifications of a queue.
func (c *core) dissociateNotifier(q *queue, by *Client, kind replyKind) error {
	n := q.notifier()
	if n == nil || n.service == nil {
		return nil
	}
	if err := c.move(q, &n.ID, n.service, nil); err != nil {
		return err
	}
	c.tellService(n.service, by, kind, n.ID[:])
	n.service, n.Service = nil, nil
	return nil
}

// tellService tells the connection that has a service of a queue that is its no more, unless that connection is by.
func (c *core) tellService(s *service, by *Client, kind replyKind, entityID []byte) {
	if client := s.current.Load(); client != nil && client != by {
		c.tell(client, kind, entityID)
	}
}
