package shard

import (
	"slices"

	"switchyard/box"
	"switchyard/smp"
)

// queue is a queue in memory: 240 bytes for one with keys of 32 bytes and nothing else set, which is nearly all of
// them. It belongs to its shard.
type queue struct {
	recipientID  smp.ID
	senderID     smp.ID
	secret       [32]byte // seals message bodies
	recipientKey shortKey // the only one, else rare.recipientKeys
	senderKey    shortKey // else rare.senderKey

	mode   Mode
	status Status
	keyGen keyGen
	slot   int32 // place in the list of idle queues, -1 when in use
	messages
	sub  *subscription // the connection that messages are pushed to
	rare *rare         // what most queues do not have

	day     uint16 // Record.Updated
	age     uint16 // cache.age when it was read; another one says that it is stale
	dayLate bool   // day is newer than what is stored
	recent  bool   // looked up since the eviction came by
	gone    bool   // deleted
}

// keyGen is the generation of a queue's keys. It changes with every change of a key, and when a link is removed: what was
// verified before is verified again.
type keyGen uint16

// other is a generation that this one is not.
func (g keyGen) other() keyGen { return g - 1 }

// rare is what few queues have.
type rare struct {
	recipientKeys []box.PublicKey // several, or a long one
	senderKey     box.PublicKey   // a long one
	blocked       smp.Error       // ERR BLOCKED when status says so
	blockedText   []byte          // as stored
	notifier      *notifier
	linkID        []byte
	service       *service // receives the messages
	spoiledUntil  int64    // seconds since 1970 until which the first message is not read again, as it is damaged
}

// notifier is a queue's notification credentials.
type notifier struct {
	Notifier
	key     box.PublicKey
	sub     *subscription
	service *service       // receives the notifications; as in Notifier.Service
	pending []Notification // that have gathered since the last batchNotify; then the queue stays in memory
}

// shortKey is a key of 32 bytes; alg is zero when there is none.
type shortKey struct {
	alg box.Alg
	raw [32]byte
}

// set takes the key if it is short, and says whether it did.
func (s *shortKey) set(k *box.PublicKey) bool {
	*s = shortKey{}
	b := k.Bytes()
	if len(b) != len(s.raw) {
		return false
	}
	s.alg = k.Alg()
	copy(s.raw[:], b)
	return true
}

func (s *shortKey) key() box.PublicKey {
	k, err := box.NewPublicKey(s.alg, s.raw[:])
	if err != nil {
		panic("shard: no short key where one is said to be")
	}
	return k
}

// inUse says that the queue has to stay in memory, for its notifications.
func (q *queue) inUse() bool {
	n := q.notifier()
	return n != nil && n.pending != nil
}

// needRare returns rare, made if need be.
func (q *queue) needRare() *rare {
	if q.rare == nil {
		q.rare = new(rare)
	}
	return q.rare
}

// notifier returns the notification credentials, nil without.
func (q *queue) notifier() *notifier {
	if q.rare == nil {
		return nil
	}
	return q.rare.notifier
}

// setRecipientKeys replaces the keys that authorize the recipient; there is at least one.
func (q *queue) setRecipientKeys(keys []box.PublicKey) {
	q.keyGen++
	short := q.recipientKey.set(&keys[0])
	switch {
	case len(keys) > 1 || !short:
		q.recipientKey = shortKey{}
		q.needRare().recipientKeys = slices.Clone(keys)
	case q.rare != nil:
		q.rare.recipientKeys = nil
	}
}

// setSenderKey secures the queue.
func (q *queue) setSenderKey(k *box.PublicKey) {
	q.keyGen++
	if !q.senderKey.set(k) {
		q.needRare().senderKey = *k
	}
}

// secured returns the sender's key; ok is false when there is none.
func (q *queue) secured() (k box.PublicKey, ok bool) {
	switch {
	case q.senderKey.alg != 0:
		return q.senderKey.key(), true
	case q.rare != nil && !q.rare.senderKey.IsZero():
		return q.rare.senderKey, true
	}
	return k, false
}

// blockedError is the answer to commands while the queue is blocked.
func (q *queue) blockedError() smp.Error {
	if q.rare == nil || q.rare.blocked.IsZero() {
		return smp.ErrAuth // unreadable text: what clients of old versions are told
	}
	return q.rare.blocked
}

// Secrets are overwritten when they have served, so that they are neither in free memory nor in the memory of a crash:
//   - the keys of a queue, and the secrets that seal bodies and notifications, when it is deleted or leaves memory;
//   - those that a command replaces, at once;
//   - copies of them on the way from and to the store, with the drain;
//   - the secrets of a session, when it ends.
//
// RELIABILITY.md says what that leaves.

// forget overwrites the keys and secrets of a queue. Commands of the same drain may still look at it.
func (c *core) forget(q *queue) {
	q.secret = [32]byte{}
	c.forgetRecipientKeys(q)
	c.forgetShort(&q.senderKey)
	if q.rare == nil {
		return
	}
	c.forgetKey(&q.rare.senderKey)
	c.forgetNotifier(q.rare.notifier)
}

// forgetRecipientKeys overwrites the keys of the recipient.
func (c *core) forgetRecipientKeys(q *queue) {
	c.forgetShort(&q.recipientKey)
	if q.rare == nil {
		return
	}
	for i := range q.rare.recipientKeys {
		c.forgetKey(&q.rare.recipientKeys[i])
	}
}

// forgetShort leaves the algorithm: that there was a key may still be asked.
func (c *core) forgetShort(s *shortKey) {
	if s.alg == box.X25519 {
		k := s.key()
		c.verifier.Secrets.ForgetKey(&k)
	}
	s.raw = [32]byte{}
}

func (c *core) forgetKey(k *box.PublicKey) {
	c.verifier.Secrets.ForgetKey(k)
	clear(k.Bytes())
}

// forgetNotifier overwrites notification credentials, if there are any.
func (c *core) forgetNotifier(n *notifier) {
	if n == nil {
		return
	}
	n.Secret = [32]byte{}
	c.forgetKey(&n.key)
	clear(n.Key)
}

// forget overwrites what a lookup has found, when the queue is in memory as such or not needed. The notifier's key is the
// queue's.
func (l *Lookup) forget() {
	if l.Found == nil {
		return
	}
	r := &l.Found.Record
	r.Secret = [32]byte{}
	clear(r.SenderKey)
	for _, der := range r.RecipientKeys {
		clear(der)
	}
	if r.Notifier != nil {
		r.Notifier.Secret = [32]byte{}
	}
}

// forget overwrites the records that were on their way to the store.
func (s *recordScratch) forget() {
	for i, der := range s.keys {
		clear(der)
		s.keys[i] = nil
	}
	clear(s.record.SenderKey)
	clear(s.der[:cap(s.der)])
	s.record, s.keys = Record{}, s.keys[:0]
}
