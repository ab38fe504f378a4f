package shard

import (
	"switchyard/box"
	"switchyard/smp"
)

// authorize verifies the authorizations of all items as one batch.
func (c *core) authorize() {
	for i := range c.items {
		if it := &c.items[i]; it.command != nil && it.elsewhere == 0 && it.err.IsZero() {
			it.claim, it.err = c.claim(&c.verifier, it)
		}
	}
	c.verifier.Run()
}

// verdict is the outcome for an item at the moment of its execution: zero when the command may be executed. When a
// command before it in the drain has changed the keys of its queue, it is verified again, by itself.
func (c *core) verdict(it *item) smp.Error {
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
	case q != nil && q.gone, it.claim >= 0 && !v.Ok(int(it.claim)):
		return smp.ErrAuth
	}
	return c.blocked(it)
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

// claim adds what decides about an item to the verifier. It returns the claim's place there, -1 when no signature
// decides, and an error when the item fails whatever the signature is: then a dummy costs what a signature would.
func (c *core) claim(v *box.Verifier, it *item) (int32, smp.Error) {
	cmd, q := it.command, it.queue
	claim := box.Claim{
		Authorized: box.Authorized{SessionID: it.client.SessionID, Signed: cmd.Signed, CorrID: cmd.CorrID},
		Auth:       cmd.Auth,
		SessionKey: &it.client.SecretKey,
	}
	if q != nil {
		it.keyGen = q.keyGen
	} else if _, needs := lookupKind(cmd.Tag.Party()); needs {
		return refuse(v, &claim)
	}
	if cmd.ServiceSig != nil {
		return -1, smp.ErrService
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
		return -1, smp.ErrService // the session is not that of a service
	default:
		return -1, smp.ErrCmdProhibited
	}
	return int32(v.Len() - 1), smp.Error{}
}

// refuse fails a claim at the cost of a verification.
func refuse(v *box.Verifier, claim *box.Claim) (int32, smp.Error) {
	if len(claim.Auth) > 0 {
		v.AddDummy(claim)
	}
	return -1, smp.ErrAuth
}

// claimKey has the claim verified with a key of the command itself.
func claimKey(v *box.Verifier, claim *box.Claim, der []byte) (int32, smp.Error) {
	k, err := box.ParseAuthKey(der)
	if err != nil {
		return -1, smp.ErrCmdSyntax
	}
	return int32(v.Add(claim, &k)), smp.Error{}
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
func (q *queue) claimSender(v *box.Verifier, claim *box.Claim, cmd *Command) (int32, smp.Error) {
	key, secured := q.secured()
	if cmd.Tag != smp.CmdSend {
		der, _ := smp.ParseKey(cmd.Params)
		k, err := box.ParseAuthKey(der)
		if err != nil {
			return -1, smp.ErrCmdSyntax
		}
		if q.mode != ModeMessaging || secured && k != key {
			return refuse(v, claim)
		}
		return int32(v.Add(claim, &k)), smp.Error{}
	}
	switch {
	case secured && len(claim.Auth) > 0:
		return int32(v.Add(claim, &key)), smp.Error{}
	case !secured && len(claim.Auth) == 0:
		return -1, smp.Error{}
	}
	return refuse(v, claim)
}
