package shard

import "switchyard/box"

// What must not outlive its use in memory that is free, or of a crash, is overwritten: the secrets that seal bodies and
// notifications and the keys of a queue when it is deleted or leaves memory, those that are replaced at once, copies of them
// on the way from and to the store with the drain, and the secrets of a session when it ends. RELIABILITY.md says what that
// leaves.

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
