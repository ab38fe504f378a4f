package shard

import (
	"slices"
	"time"

	"switchyard/box"
	"switchyard/shard/tally"
	"switchyard/smp"
)

// A message that was sent with the flag for it makes a notification of a queue with notification credentials. They
// gather in memory for a moment, so that those for one connection share blocks, and then go to the subscribed notifier,
// or, when there is none, to the store, where NSUB finds them:
//
//	SEND ──▶ notifier.pending ──batchNotify──▶ NMSG to the subscriber
//	                                      └──▶ store ──NSUB──▶ notifier.pending
//
// A notification is not a message: it is not acknowledged, and one that has not left memory when the router is killed
// is lost, as a whole day of them is in the reference. Its body says only which message came when, so it is sealed at
// delivery.

// Notification is a message's mark for the notifier.
type Notification struct {
	MessageID smp.ID
	Time      int64 // of the message, seconds since 1970
}

// NotificationLimit is how many notifications are kept for one queue; the oldest go first. A notifier that comes back
// learns from any of them that there are messages.
const NotificationLimit = 128

// notifyStep is how many notifications, and queues with some, a drain takes care of: a millisecond of work. What the loops
// have not taken has shards wait.
const notifyStep = 1 << 8

// notify notes that a message has come which its sender wants the recipient to be notified of.
func (c *core) notify(q *queue, h *MessageHeader) {
	n := q.notifier()
	if n == nil || !h.Notify {
		return
	}
	c.out.tally.Add(tally.Notifications, 1)
	c.addPending(q, Notification{MessageID: h.ID, Time: h.Time})
}

// addPending adds to what waits for the next batchNotify. The queue stays in memory until then.
func (c *core) addPending(q *queue, all ...Notification) {
	n := q.notifier()
	if n.pending == nil {
		c.noted = append(c.noted, q)
		c.cache.busy(q)
	}
	n.pending = append(n.pending, all...)
	if over := len(n.pending) - NotificationLimit; over > 0 {
		n.pending = append(n.pending[:0], n.pending[over:]...)
		c.countGone(tally.NotifyLost, over)
	}
	if !c.notifySoon {
		c.notifySoon = true
		c.notifyLater()
	}
}

// countGone counts notifications that nobody gets, and why.
func (c *core) countGone(why tally.Counter, n int) {
	c.out.tally.Add(why, n)
	c.out.tally.Add(tally.Notifications, -n)
}

// notifySome empties what has gathered for some queues: to subscribers, or to the store. What a connection has no room for
// waits for the next time.
func (c *core) notifySome() {
	for n := 0; len(c.notifying) > 0 && n < notifyStep; n++ {
		q := c.notifying[0]
		c.notifying[0] = nil
		c.notifying = c.notifying[1:]
		if c.cache.stale(q) || c.cache.byRecipient[q.recipientID] != q { // it may not exist; deleted, or read again
			continue
		}
		if ntf := q.notifier(); ntf != nil && ntf.pending != nil {
			n += c.notifyOf(q, ntf)
		}
		if !q.inUse() {
			c.cache.idle(q)
		}
	}
	if len(c.notifying) == 0 {
		c.notifying = nil
	}
}

// notifyOf empties what has gathered for one queue. It returns how much of it goes to a connection.
func (c *core) notifyOf(q *queue, n *notifier) (pushed int) {
	pending := n.pending
	n.pending = nil
	client := n.connection()
	switch {
	case client == nil || c.hasLeft(client):
		c.storeNotifications(q, pending)
	case client.Window.Clogged():
		c.addPending(q, pending...)
	default:
		for i := range pending {
			c.pushNotification(n, client, &pending[i])
		}
		return len(pending)
	}
	return 0
}

// notificationsInBatch is how many NMSG a block has room for.
const notificationsInBatch = 80

// pushNotification sends NMSG to the notifier's connection.
func (c *core) pushNotification(n *notifier, client *Client, m *Notification) {
	var nmsg smp.NMsg
	c.random(nmsg.Nonce[:])
	var sealed [smp.NtfMetaSize]byte
	padded := sealed[box.TagSize:]
	plain := smp.AppendNtfMeta(padded[2:2], m.MessageID[:], m.Time)
	if err := box.PadInPlace(padded, len(plain)); err != nil {
		panic("shard: notification larger than its padding")
	}
	var subkey [box.KeySize]byte
	box.Precompute(&subkey, &n.Secret)
	box.Seal(sealed[:], &nmsg.Nonce, &subkey)
	nmsg.Encrypted = sealed[:]
	c.out.tally.Event(tally.Notified, tally.NotifiedBatch, client, notificationsInBatch)
	c.out.tally.Add(tally.Notifications, -1)
	w := c.begin(client, nil, n.ID[:])
	w.note.kind = replyEnd // stays, should a commit of the same drain fail: it told of what was stored before
	w.head = smp.AppendNMsg(w.head, &nmsg)
	w.end()
}

// freshNotifications is what the transaction at hand stores for a queue: until the commit it cannot be read from the store.
type freshNotifications struct {
	queue *queue
	all   []Notification
}

func (c *core) storedNotifications(q *queue) ([]Notification, error) {
	for i := len(c.freshNotifications) - 1; i >= 0; i-- {
		if f := &c.freshNotifications[i]; f.queue == q {
			return f.all, nil
		}
	}
	return c.store.Notifications(&q.recipientID)
}

func (c *core) putNotifications(q *queue, all []Notification) {
	c.write().PutNotifications(&q.recipientID, all)
	c.freshNotifications = append(c.freshNotifications, freshNotifications{q, all})
}

// storeNotifications keeps notifications until a notifier subscribes. Those that cannot be read are given up.
func (c *core) storeNotifications(q *queue, pending []Notification) {
	stored, err := c.storedNotifications(q)
	if err != nil {
		stored = nil
	}
	all := slices.Concat(c.fresher(stored), pending)
	if over := len(all) - NotificationLimit; over > 0 {
		all = all[over:]
		c.countGone(tally.NotifyLost, over)
	}
	c.putNotifications(q, all)
}

// takeNotifications brings what the store has for a notifier that has subscribed back to memory, from where it goes out
// next.
func (c *core) takeNotifications(q *queue) error {
	stored, err := c.storedNotifications(q)
	if err != nil || len(stored) == 0 {
		return err
	}
	c.putNotifications(q, nil)
	n := q.notifier()
	fresh := c.fresher(stored)
	if len(fresh) == 0 {
		return nil
	}
	later := n.pending
	if later != nil {
		n.pending = n.pending[:0:0]
		fresh = append(fresh, later...)
	}
	c.addPending(q, fresh...)
	return nil
}

// fresher drops the notifications that are too old, which come first. The caller stores, or takes, what is left.
func (c *core) fresher(all []Notification) []Notification {
	before := c.judgedAt - int64(c.cfg.NotifyTTL/time.Second)
	n := 0
	for n < len(all) && all[n].Time < before {
		n++
	}
	if n > 0 {
		c.countGone(tally.NotifyExpired, n)
	}
	return all[n:]
}

// expireNotifications deletes stored notifications of a queue that are too old.
func (c *core) expireNotifications(q *queue) {
	stored, err := c.storedNotifications(q)
	if err != nil {
		return // the next time
	}
	if fresh := c.fresher(stored); len(fresh) < len(stored) {
		c.putNotifications(q, fresh)
	}
}

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
	c.drawBeside(&n.ID, c.partitions.Of(q.recipientID[:]))
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
	c.out.tally.Add(tally.NotifiersCreated, 1)
	c.out.tally.Add(tally.Notifiers, 1)
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
		c.out.tally.Add(tally.NotifiersDeleted, 1)
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
	c.countNotifierDeleted(q)
	c.beginRemoval(ByNotifier, n.ID[:])
	delete(c.cache.byNotifier, n.ID)
	c.write().DeleteNotifier(&n.ID)
	c.putNotifications(q, nil)
	c.forgetNotifier(n)
	q.rare.notifier = nil
	q.keyGen++
	return true, nil
}
