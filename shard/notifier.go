package shard

import (
	"switchyard/box"
	"switchyard/smp"
)

// newNotifier gives the queue notification credentials with a new ID, in the partition of its other IDs, and a new
// secret. It returns what the client is told; ok is false when a key does not parse.
func (c *core) newNotifier(q *queue, p smp.NKeyParams) (nid smp.NID, ok bool) {
	key, err := box.ParseAuthKey(p.Key)
	if err != nil {
		return nid, false
	}
	n := &notifier{key: key, Notifier: Notifier{Key: key.AppendSPKI(nil)}}
	if nid.DHKey, ok = c.agree(&n.Secret, p.DHKey); !ok {
		return nid, false
	}
	c.drawIn(&n.ID, c.partitions.Of(q.recipientID[:]))
	nid.NotifierID = n.ID[:]
	q.keyGen++
	q.needRare().notifier = n
	return nid, true
}

// setNotifier answers NKEY. Credentials that the queue had before are replaced.
func (c *core) setNotifier(it *item) {
	q := it.queue
	p, _ := smp.ParseNKey(it.command.Params)
	if _, err := c.removeNotifier(it); err != nil {
		c.fail(it, storeError(err))
		return
	}
	nid, ok := c.newNotifier(q, p)
	if !ok {
		c.fail(it, smp.ErrCmdSyntax)
		return
	}
	c.cache.byNotifier[smp.ID(nid.NotifierID)] = q
	c.putQueue(q)
	w := c.respond(it)
	w.head = smp.AppendNID(w.head, nid)
	w.end()
}

// deleteNotifier answers NDEL.
func (c *core) deleteNotifier(it *item) {
	removed, err := c.removeNotifier(it)
	if err != nil {
		c.fail(it, storeError(err))
		return
	}
	if removed {
		c.putQueue(it.queue)
	} else {
		c.confirm(it.queue)
	}
	c.answer(it, smp.AppendOK)
}

// removeNotifier takes the notification credentials of the queue away, if there are any, and tells another connection
// that was subscribed. The caller stores the queue.
func (c *core) removeNotifier(it *item) (removed bool, err error) {
	q := it.queue
	n := q.notifier()
	if n == nil {
		return false, nil
	}
	if err := c.dissociateNotifier(q, it.client, replyDeleted); err != nil {
		return false, err
	}
	switch {
	case n.sub == nil:
	case n.sub.client == it.client:
		c.unlink(n.sub)
	default:
		c.end(n.sub, replyDeleted, n.ID[:])
	}
	delete(c.cache.byNotifier, n.ID)
	c.write().DeleteNotifier(&n.ID)
	c.putNotifications(q, nil)
	c.forgetNotifier(n)
	q.rare.notifier = nil
	q.keyGen++
	return true, nil
}

// subscribeNotifier answers NSUB.
func (c *core) subscribeNotifier(it *item) {
	q := it.queue
	n := q.notifier()
	if err := c.takeNotifications(q); err != nil {
		c.fail(it, storeError(err))
		return
	}
	if it.client.Service != nil {
		c.subscribeNotifierAs(it)
		return
	}
	if n.service != nil {
		if err := c.dissociateNotifier(q, it.client, replyEnd); err != nil {
			c.fail(it, storeError(err))
			return
		}
		c.putQueue(q)
	}
	if n.sub == nil || n.sub.client != it.client {
		if n.sub != nil {
			c.end(n.sub, replyEnd, n.ID[:])
		}
		c.link(&subscription{queue: q, client: it.client, kind: subNotifier})
	}
	w := c.respond(it)
	w.head = smp.AppendSOK(w.head, it.client.Version, nil)
	w.end()
}
