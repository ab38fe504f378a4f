package shard

import (
	"time"

	"switchyard/smp"
)

// turnOff answers OFF: from now on the queue takes no messages. What it holds can still be received.
func (c *core) turnOff(it *item) {
	q := it.queue
	if q.status == StatusOff {
		c.confirm(q)
	} else {
		q.status = StatusOff
		c.putQueue(q)
	}
	c.answer(it, smp.AppendOK)
}

// deleteQueue answers DEL: the queue, its IDs and its messages are gone. Another connection that was subscribed, to
// messages or to notifications, is told.
func (c *core) deleteQueue(it *item) {
	q := it.queue
	err := c.dissociate(q, it.client, replyDeleted)
	if err == nil {
		err = c.dissociateNotifier(q, it.client, replyDeleted)
	}
	if err != nil {
		c.fail(it, storeError(err))
		return
	}
	c.beginRemoval(q)
	c.write().DeleteQueue(c.record.of(q))
	c.answer(it, smp.AppendOK)
	if q.sub != nil && q.sub.client != it.client {
		c.end(q.sub, replyDeleted, q.recipientID[:])
	}
	if n := q.notifier(); n != nil && n.sub != nil && n.sub.client != it.client {
		c.end(n.sub, replyDeleted, n.ID[:])
	}
	c.endGot(it.client, &q.recipientID)
	c.drop(q)
}

// info answers QUE.
func (c *core) info(it *item) {
	q := it.queue
	_, secured := q.secured()
	info := smp.Info{Secured: secured, Notifier: q.notifier() != nil, Size: int(q.count)}
	if s := q.subscriptionOf(it.client); s != nil {
		info.Sub = s.info()
	} else if r := c.gotOf(it.client, &q.recipientID); r != nil {
		info.Sub = r.info(smp.SubThreadProhibit)
	}
	if q.count > 0 {
		if err := c.peek(q); err != nil {
			c.fail(it, storeError(err))
			return
		}
		info.Msg = &smp.InfoMsg{ID: q.head.ID[:], Time: time.Unix(q.head.Time, 0), Type: smp.InfoMessage}
		if q.head.Kind == KindQuota {
			info.Msg.Type = smp.InfoQuota
		}
	}
	w := c.respond(it)
	w.head = smp.AppendInfo(w.head, &info)
	w.end()
}

func (s *subscription) info() *smp.InfoSub {
	if (s.ready || s.aside) && s.queue.count > 0 { // it may be empty again: the expiry came first
		return s.receipt.info(smp.SubThreadPending)
	}
	return s.receipt.info(smp.SubThreadNone)
}

func (r *receipt) info(thread smp.SubThread) *smp.InfoSub {
	info := &smp.InfoSub{Thread: thread}
	if r.waiting {
		info.Delivered = r.delivered[:]
	}
	return info
}
