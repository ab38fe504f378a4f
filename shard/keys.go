package shard

import (
	"switchyard/box"
	"switchyard/smp"
)

// secure answers KEY, SKEY and LKEY: it sets the sender's key, once. Setting the same key again does nothing. For SKEY
// and LKEY the mode of the queue has been checked with the authorization.
func (c *core) secure(it *item) {
	q := it.queue
	der, _ := smp.ParseKey(it.command.Params)
	key, err := box.ParseAuthKey(der)
	if err != nil {
		c.fail(it, smp.ErrCmdSyntax)
		return
	}
	old, secured := q.secured()
	switch {
	case !secured:
		q.setSenderKey(&key)
		c.putQueue(q)
	case old != key:
		c.fail(it, smp.ErrAuth)
		return
	default:
		c.confirm(q)
	}
	if it.command.Tag == smp.CmdLKey {
		c.readLink(it)
		return
	}
	c.answer(it, smp.AppendOK)
}

// maxRecipientKeys is how many keys a queue may have. Each command of its recipient costs a verification for every one,
// so that a block of commands with the 255 keys that RKEY can carry would keep a shard busy for seconds. No client of
// the reference gives a queue more than one.
const maxRecipientKeys = 8

// replaceKeys answers RKEY: it replaces all keys of the recipient, for contact queues only.
func (c *core) replaceKeys(it *item) {
	q := it.queue
	if q.mode != ModeContact {
		c.fail(it, smp.ErrAuth)
		return
	}
	list, _ := smp.ParseRKey(it.command.Params)
	c.keys = c.keys[:0]
	for der := list.Next(); der != nil; der = list.Next() {
		k, err := box.ParseAuthKey(der)
		if err != nil {
			c.fail(it, smp.ErrCmdSyntax)
			return
		}
		c.keys = append(c.keys, k)
	}
	if len(c.keys) > maxRecipientKeys {
		c.fail(it, smp.ErrCmdProhibited)
		return
	}
	c.forgetRecipientKeys(q)
	q.setRecipientKeys(c.keys)
	c.putQueue(q)
	c.answer(it, smp.AppendOK)
}
