package shard

import (
	"switchyard/box"
	"switchyard/shard/tally"
	"switchyard/smp"
)

// authorize verifies the authorizations of all items as one batch.
func (c *core) authorize() {
	for i := range c.items {
		if it := &c.items[i]; it.command != nil && it.elsewhere == none && it.err.IsZero() {
			it.claim, it.err = c.claim(&c.verifier, it)
		}
	}
	c.verifier.Run()
}

// verdict is the outcome for an item at the moment of its execution: zero when the command may be executed. When a
// command before it in the drain has changed the keys of its queue, it is verified again, by itself.
func (c *core) verdict(it *item) smp.Error {
	if len(c.freshLinks) > 0 {
		c.findAgain(it)
	}
	q, v := it.queue, &c.verifier
	if q != nil && q.keyGen != it.keyGen {
		v = &c.again
		v.Reset()
		it.claim, it.err = c.claim(v, it)
		v.Run()
	}
	switch {
	case !it.err.IsZero():
		return it.err
	case q != nil && q.gone:
		return smp.ErrAuth
	case it.signed != none && !v.Ok(it.signed.place()):
		return smp.ErrService
	case it.claim != none && !v.Ok(it.claim.place()):
		return smp.ErrAuth
	}
	return c.blocked(it)
}

// findAgain looks again for the queue of an item: the IDs that come with link data are known to clients beforehand, which
// may name them right behind the command that makes them, or that gives them to another queue than at the beginning of the
// drain.
func (c *core) findAgain(it *item) {
	kind, ok := lookupKind(it.command.Tag.Party())
	if !ok || kind != ByLink && len(it.command.EntityID) != len(smp.ID{}) {
		return
	}
	if q := c.cache.find(kind, it.command.EntityID); q != nil && q != it.queue {
		it.moveTo(q)
	}
}

// blocked applies the rule for queues that the operator has blocked, and notes the use of the queue. SEND looks at the
// status itself; OFF, DEL and NSUB work on every queue.
func (c *core) blocked(it *item) smp.Error {
	if it.queue == nil {
		return smp.Error{}
	}
	switch it.command.Tag {
	case smp.CmdOff, smp.CmdDel, smp.CmdNSub:
		return smp.Error{}
	case smp.CmdSend:
	default:
		if it.queue.status == StatusBlocked {
			return it.queue.blockedError()
		}
	}
	c.used(it.queue)
	return smp.Error{}
}

// claim adds what decides about an item to the verifier. It returns the claim's place there, none when no signature
// decides, and an error when the item fails whatever the signature is: then a dummy costs what a signature would.
// A service's signature is a claim of its own, at it.signed.
func (c *core) claim(v *box.Verifier, it *item) (ref, smp.Error) {
	cmd, q := it.command, it.queue
	claim := box.Claim{
		Authorized: box.Authorized{SessionID: it.client.SessionID, Signed: cmd.Signed, CorrID: cmd.CorrID},
		Auth:       cmd.Auth,
		SessionKey: &it.client.SecretKey,
		Secrets:    &it.client.state[c.index].secrets,
	}
	it.signed = none
	s := it.service()
	if s != nil && cmd.ServiceSig != nil && signedByService(cmd.Tag) {
		own := claim
		own.Auth = cmd.ServiceSig
		it.signed = refTo(v.Add(&own, &s.Key))
		claim.Prefix = s.Fingerprint[:]
	}
	if q != nil {
		it.keyGen = q.keyGen
	} else if _, needs := lookupKind(cmd.Tag.Party()); needs {
		return refuse(v, &claim)
	}
	if err := it.serviceRule(s); !err.IsZero() {
		return none, err
	}
	switch cmd.Tag.Party() {
	case smp.PartyRecipient:
		q.claimRecipient(v, &claim)
	case smp.PartySender:
		return q.claimSender(v, &claim, cmd)
	case smp.PartyLink:
		return q.claimLink(v, &claim, cmd)
	case smp.PartyNotifier:
		n := q.notifier()
		if n == nil || string(n.ID[:]) != string(cmd.EntityID) { // replaced by a command of this drain
			return refuse(v, &claim)
		}
		v.Add(&claim, &n.key)
	case smp.PartyCreator:
		p, _ := smp.ParseNew(it.client.Version, cmd.Params)
		return claimKey(v, &claim, p.AuthKey)
	case smp.PartyRecipientService, smp.PartyNotifierService:
		if s == nil || string(cmd.EntityID) != string(s.ID[:]) {
			return none, smp.ErrService
		}
		it.signed = refTo(v.Add(&claim, &s.Key))
		return none, smp.Error{}
	default:
		return none, smp.ErrCmdProhibited
	}
	return refTo(v.Len() - 1), smp.Error{}
}

// signedByService tells the commands that a service signs beside the queue's key.
func signedByService(tag smp.CommandTag) bool {
	switch tag {
	case smp.CmdNew, smp.CmdSub, smp.CmdNSub:
		return true
	}
	return false
}

// serviceRule is what a session of a service may not do, and which commands have its signature.
func (it *item) serviceRule(s *Service) smp.Error {
	cmd := it.command
	if s != nil && !s.May(cmd.Tag) {
		return smp.ErrCmdProhibited
	}
	if (cmd.ServiceSig != nil) != (s != nil && signedByService(cmd.Tag)) {
		return smp.ErrService
	}
	return smp.Error{}
}

// May tells whether the role of a service lets it give a command.
func (s *Service) May(tag smp.CommandTag) bool {
	role := tag.ServiceRole()
	return role == smp.RoleAny || role == s.Role
}

// refuse fails a claim at the cost of a verification.
func refuse(v *box.Verifier, claim *box.Claim) (ref, smp.Error) {
	if len(claim.Auth) > 0 {
		v.AddDummy(claim)
	}
	return none, smp.ErrAuth
}

// claimKey has the claim verified with a key of the command itself.
func claimKey(v *box.Verifier, claim *box.Claim, der []byte) (ref, smp.Error) {
	k, err := box.ParseAuthKey(der)
	if err != nil {
		return none, smp.ErrCmdSyntax
	}
	return refTo(v.Add(claim, &k)), smp.Error{}
}

func (q *queue) claimRecipient(v *box.Verifier, claim *box.Claim) {
	if q.recipientKey.alg != 0 {
		k := q.recipientKey.key()
		v.Add(claim, &k)
		return
	}
	v.AddDummy(claim) // without keys so far
	for i := range q.rare.recipientKeys {
		v.AddCandidate(&q.rare.recipientKeys[i])
	}
}

// claimSender decides about SEND, which has no authorization until the queue is secured, and about SKEY and LKEY, which
// are authorized by the key that they set, where they may set one.
func (q *queue) claimSender(v *box.Verifier, claim *box.Claim, cmd *Command) (ref, smp.Error) {
	key, secured := q.secured()
	if cmd.Tag != smp.CmdSend {
		der, _ := smp.ParseKey(cmd.Params)
		k, err := box.ParseAuthKey(der)
		if err != nil {
			return none, smp.ErrCmdSyntax
		}
		if q.mode != ModeMessaging || secured && k != key {
			return refuse(v, claim)
		}
		return refTo(v.Add(claim, &k)), smp.Error{}
	}
	switch {
	case secured && len(claim.Auth) > 0:
		return refTo(v.Add(claim, &key)), smp.Error{}
	case !secured && len(claim.Auth) == 0:
		return none, smp.Error{}
	}
	return refuse(v, claim)
}

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
	c.out.tally.Add(tally.QueuesSecured, 1)
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
