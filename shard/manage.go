package shard

import (
	"crypto/subtle"
	"time"

	"switchyard/box"
	"switchyard/shard/tally"
	"switchyard/smp"
)

// create answers NEW.
func (c *core) create(it *item) {
	p, _ := smp.ParseNew(it.client.Version, it.command.Params)
	if !c.mayCreate(p.BasicAuth) {
		c.fail(it, smp.ErrAuth)
		return
	}
	if it.client.Service != nil && !p.Subscribe {
		c.fail(it, smp.ErrCmdProhibited)
		return
	}
	q := &queue{mode: modeOf(p.Mode), day: uint16(c.now / secondsPerDay)}
	q.begin(c.steady)
	if p.HasLink {
		if err := c.newLink(it, q, &p); !err.IsZero() {
			c.fail(it, err)
			return
		}
	} else if !c.drawIDs(q) {
		c.fail(it, smp.ErrInternal)
		return
	}
	key, err := box.ParseAuthKey(p.AuthKey)
	if err != nil {
		c.fail(it, smp.ErrCmdSyntax)
		return
	}
	q.setRecipientKeys([]box.PublicKey{key})
	ids := smp.IDs{
		RecipientID: q.recipientID[:],
		SenderID:    q.senderID[:],
		Mode:        p.Mode,
		LinkID:      q.linkID(),
		ServiceID:   it.client.serviceID(),
	}
	ok := false
	if ids.DHKey, ok = c.agree(&q.secret, p.DHKey); ok && p.HasNtf {
		ids.HasNtf = true
		ids.Ntf, ok = c.newNotifier(q, p.Ntf)
	}
	if !ok {
		c.fail(it, smp.ErrCmdSyntax)
		return
	}
	if p.HasLink && !c.grantLink(it, q.linkID()) {
		return
	}
	if s := it.client.Service; s != nil {
		c.serve(it.client)
		if err := c.associate(q, s.shared); err != nil {
			c.fail(it, storeError(err))
			return
		}
	}
	if p.HasLink {
		c.putLink(q, LinkData{Fixed: p.Fixed, User: p.User})
	}
	c.foreign.Forget(c.partitions.Sum(q.senderID[:]), &q.senderID)
	c.cache.add(q)
	c.putQueue(q)
	c.countCreated(q)
	it.queue = q // so that it is touched by the drain
	if p.Subscribe && it.client.Service == nil {
		c.link(&subscription{queue: q, client: it.client, kind: subNormal})
	}
	w := c.respond(it)
	w.head = smp.AppendIDs(w.head, it.client.Version, &ids)
	w.end()
}

// countCreated counts a new queue.
func (c *core) countCreated(q *queue) {
	t := &c.out.tally
	t.Add(tally.QueuesCreated, 1)
	t.Add(tally.Queues, 1)
	if q.notifier() != nil {
		t.Add(tally.NotifiersCreatedNew, 1)
		t.Add(tally.Notifiers, 1)
	}
}

// countDeleted counts a queue that is about to be deleted, and what goes with it.
func (c *core) countDeleted(q *queue) {
	t := &c.out.tally
	t.Add(tally.QueuesDeleted, 1)
	if _, secured := q.secured(); secured {
		t.Add(tally.QueuesDeletedSecured, 1)
	} else {
		t.Add(tally.QueuesDeletedNew, 1)
	}
	t.Add(tally.Queues, -1)
	t.Add(tally.Messages, -q.stored())
	c.countNotifierDeleted(q)
}

// countNotifierDeleted counts notification credentials that are about to be deleted, if there are any, with the notifications
// that nobody has taken.
func (c *core) countNotifierDeleted(q *queue) {
	n := q.notifier()
	if n == nil {
		return
	}
	stored, _ := c.storedNotifications(q) // those that cannot be read are counted until the next count
	c.out.tally.Add(tally.Notifiers, -1)
	c.out.tally.Add(tally.Notifications, -len(stored)-len(n.pending))
}

// mayCreate says whether the router takes new queues from whoever knows this password.
func (c *core) mayCreate(password []byte) bool {
	a := c.admission.Load()
	return a.NewQueues && (a.BasicAuth == "" || subtle.ConstantTimeCompare(password, []byte(a.BasicAuth)) == 1)
}

func modeOf(m smp.QueueMode) Mode {
	switch m {
	case smp.ModeMessaging:
		return ModeMessaging
	case smp.ModeContact:
		return ModeContact
	}
	return ModeUnset
}

// drawAttempts is how often IDs are drawn that are taken. With 24 random bytes the first attempt succeeds.
const drawAttempts = 3

// drawIDs gives a new queue its recipient and sender ID, both in one partition of this shard. It looks for collisions
// in memory only, as it is the randomness that excludes them.
func (c *core) drawIDs(q *queue) bool {
	for range drawAttempts {
		partition := c.partitions.DrawOwned(&q.recipientID, c.random, c.index)
		c.drawBeside(&q.senderID, partition)
		if c.cache.byRecipient[q.recipientID] == nil && c.cache.bySender[q.senderID] == nil {
			return true
		}
	}
	return false
}

// drawIn sets id to a random ID of the partition.
func (c *core) drawIn(id *smp.ID, partition uint8) {
	c.ids.Draw(id, &c.partitions, c.random, partition)
}

// drawBeside sets id to a random ID for a queue whose recipient ID is of the partition. Tests have some stray, as those of
// imported queues do.
func (c *core) drawBeside(id *smp.ID, partition uint8) {
	if c.cfg.stray != nil && c.cfg.stray() {
		c.random(id[:])
		return
	}
	c.drawIn(id, partition)
}

// agree makes a key pair, sets secret to what it has in common with the client's X25519 key (DER), and returns the
// public key as DER. A key of low order gives the zero secret, as in the reference: whoever sends it has chosen to
// have no encryption.
func (c *core) agree(secret *[32]byte, clientKey []byte) (public []byte, ok bool) {
	theirs, err := box.ParseX25519(clientKey)
	if err != nil {
		return nil, false
	}
	var private, ours [box.KeySize]byte
	c.random(private[:])
	box.PublicX25519(&ours, &private)
	_ = box.DH(secret, &private, &theirs)
	return box.AppendX25519(nil, &ours), true
}

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
	c.countDeleted(q)
	c.beginRemoval(ByLink, q.linkID())
	c.beginRemoval(BySender, q.senderID[:])
	if n := q.notifier(); n != nil {
		c.beginRemoval(ByNotifier, n.ID[:])
	}
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
	if !q.empty() {
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
	if s.state != subIdle && !s.queue.empty() { // it may be empty again: the expiry came first
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
