package shard

import (
	"slices"

	"switchyard/box"
	"switchyard/shard/linkid"
	"switchyard/smp"
)

// A short link is an ID under which a queue's link data is found: that of a messaging queue is read once, by whoever
// secures the queue with it (LKEY), that of a contact queue by anybody (LGET). The data is not kept in memory.
//
// The link ID of a messaging queue is drawn in the queue's partition. That of a contact queue is the client's, so its
// commands come to the shard of its partition, which forwards them to the shard of the queue (core.go). Package linkid
// draws how shards agree who has an ID while it is given away or taken away.

// LinkData is what a short link leads to, beside the queue's sender ID.
type LinkData struct {
	Fixed []byte // cannot be changed
	User  []byte
}

// freshLink is link data that the transaction at hand stores: until the commit it cannot be read from the store.
type freshLink struct {
	queue *queue
	data  LinkData
}

// linkID is the ID of the queue's link, nil without.
func (q *queue) linkID() []byte {
	if q.rare == nil {
		return nil
	}
	return q.rare.linkID
}

// securedMessaging tells that the queue is one whose link has served: its sender is known.
func (q *queue) securedMessaging() bool {
	_, secured := q.secured()
	return q.mode != ModeContact && secured
}

// isContact tells that anybody may read the queue's link data.
func (q *queue) isContact() bool {
	_, secured := q.secured()
	return q.mode == ModeContact || q.mode == ModeUnset && !secured
}

// claimLink decides about LKEY, which is authorized by the key that it sets, where it may set one, and LGET, which
// has no authorization. A command before it in the drain may have removed the link.
func (q *queue) claimLink(v *box.Verifier, claim *box.Claim, cmd *Command) (ref, smp.Error) {
	if string(q.linkID()) != string(cmd.EntityID) {
		return refuse(v, claim)
	}
	if cmd.Tag == smp.CmdLKey {
		return q.claimSender(v, claim, cmd)
	}
	if !q.isContact() {
		return none, smp.ErrAuth
	}
	return none, smp.Error{}
}

// newLink gives a new queue its IDs and that of its link, which the client has determined. What it asks for may be
// prohibited, or its sender ID taken. Nothing is stored yet.
func (c *core) newLink(it *item, q *queue, p *smp.NewParams) smp.Error {
	q.senderID = box.SenderIDFromCorrID(it.command.CorrID)
	if string(q.senderID[:]) != string(p.SenderID) {
		return smp.ErrCmdProhibited
	}
	c.drawIn(&q.recipientID, c.partitions.Of(q.senderID[:]))
	linkID := p.LinkID
	if p.Mode != smp.ModeContact {
		var id smp.ID
		c.drawBeside(&id, c.partitions.Of(q.senderID[:]))
		linkID = id[:]
	}
	q.needRare().linkID = append([]byte(nil), linkID...)
	switch taken, _, err := c.idTaken(BySender, q.senderID[:]); {
	case err != nil:
		return storeError(err)
	case taken:
		return smp.ErrAuth
	}
	return smp.Error{}
}

// idTaken tells whether an ID that a client has chosen names a queue, and of which shard, or can name none.
func (c *core) idTaken(kind IDKind, id []byte) (taken bool, by int, err error) {
	if len(id) == 0 || c.cache.find(kind, id) != nil {
		return true, c.index, nil
	}
	l := []Lookup{{Kind: kind, ID: id}}
	c.store.Load(l)
	l[0].forget()
	if owner, ok := c.misplaced(&l[0]); ok {
		return true, owner, nil
	}
	return l[0].Found != nil && !c.lostID(&l[0].Found.Record.RecipientID), c.index, l[0].Err
}

// lostID tells of a queue that the store finds by an ID and memory does not, whether it has lost that ID in this drain.
func (c *core) lostID(recipientID *smp.ID) bool {
	if q := c.cache.byRecipient[*recipientID]; q != nil {
		return !c.cache.stale(q)
	}
	return slices.ContainsFunc(c.items, func(it item) bool {
		return it.queue != nil && it.queue.gone && it.queue.recipientID == *recipientID
	})
}

// putLink stores link data. The slices stay valid until the end of the drain.
func (c *core) putLink(q *queue, d LinkData) {
	c.write().PutLink(&q.recipientID, &d)
	c.freshLinks = append(c.freshLinks, freshLink{q, d})
}

// linkData reads the data of the queue's link.
func (c *core) linkData(q *queue) (LinkData, error) {
	for i := len(c.freshLinks) - 1; i >= 0; i-- {
		if c.freshLinks[i].queue == q {
			return c.freshLinks[i].data, nil
		}
	}
	return c.store.Link(&q.recipientID)
}

// removeLink takes the link away, if there is one. The caller stores the queue.
func (c *core) removeLink(q *queue) bool {
	id := q.linkID()
	if id == nil {
		return false
	}
	c.beginRemoval(ByLink, id)
	delete(c.cache.byLink, string(id))
	c.write().DeleteLink(&q.recipientID, id)
	q.rare.linkID = nil
	q.keyGen++ // commands that name the link are judged again
	return true
}

// setLink answers LSET: a link is made, or the user's part of its data is replaced. A link ID that leads to another queue is
// refused, where the reference differs between its stores.
func (c *core) setLink(it *item) {
	q := it.queue
	p, _ := smp.ParseLSet(it.command.Params)
	if err := c.mayLink(q, &p); !err.IsZero() {
		c.fail(it, err)
		return
	}
	if q.linkID() == nil {
		if !c.grantLink(it, p.LinkID) {
			return
		}
		q.needRare().linkID = append([]byte(nil), p.LinkID...)
		c.cache.byLink[string(p.LinkID)] = q
		c.putQueue(q)
	}
	c.putLink(q, LinkData{Fixed: p.Fixed, User: p.User})
	c.answer(it, smp.AppendOK)
}

// mayLink judges LSET: not on a queue whose link has served, and an existing link keeps its ID and its fixed data.
func (c *core) mayLink(q *queue, p *smp.LinkParams) smp.Error {
	if q.securedMessaging() {
		return smp.ErrAuth
	}
	id := q.linkID()
	if id == nil {
		return smp.Error{}
	}
	if string(id) != string(p.LinkID) {
		return smp.ErrAuth
	}
	old, err := c.linkData(q)
	switch {
	case err != nil:
		return storeError(err)
	case string(old.Fixed) != string(p.Fixed):
		return smp.ErrAuth
	}
	return smp.Error{}
}

// deleteLink answers LDEL.
func (c *core) deleteLink(it *item) {
	if c.removeLink(it.queue) {
		c.putQueue(it.queue)
	} else {
		c.confirm(it.queue)
	}
	c.answer(it, smp.AppendOK)
}

// readLink answers LGET, and LKEY after it has secured the queue.
func (c *core) readLink(it *item) {
	q := it.queue
	d, err := c.linkData(q)
	if err != nil {
		c.fail(it, storeError(err))
		return
	}
	w := c.respond(it)
	w.head = smp.AppendLnk(w.head, smp.Lnk{SenderID: q.senderID[:], Fixed: d.Fixed, User: d.User})
	w.end()
}

// grantLink tells whether the queue of an item may have a link ID, and answers if not.
func (c *core) grantLink(it *item, id []byte) bool {
	taken, by, err := c.linkTaken(id)
	switch {
	case err != nil:
		c.fail(it, storeError(err))
	case !taken:
		return true
	case by == c.index:
		c.fail(it, c.refusal())
	default:
		c.handOn(it, batchRefusal, by)
	}
	return false
}

// linkTaken tells whether a link ID leads to a queue, or another shard is giving it to one, and which shard that is. When
// it is free it stays reserved until the end of the drain, so that nothing may follow which keeps the queue from having it.
func (c *core) linkTaken(id []byte) (taken bool, by int, err error) {
	name := string(id)
	by, first := c.links.Reserve(name, c.index)
	if by != c.index {
		return true, by, nil
	}
	taken, by, err = c.idTaken(ByLink, id)
	switch {
	case !first: // it stays reserved for the command before
	case err != nil || taken:
		c.links.Release(name)
	default:
		c.reserved = append(c.reserved, name)
	}
	return taken, by, err
}

// refuse answers a batchRefusal. When the ID does not lead here after all, it was not stored, or is free again: the client
// may try again.
func (c *core) refuse(b *Batch) {
	it := item{client: b.Client, command: &b.Commands[0]}
	if taken, by, err := c.idTaken(ByLink, it.newLinkID()); err == nil && taken && by == c.index {
		c.fail(&it, c.refusal())
	} else {
		c.fail(&it, errStore)
	}
}

// refusal is the answer for a link ID that is taken, unless the store may still show what it has not kept.
func (c *core) refusal() smp.Error {
	if c.doubt {
		return errStore
	}
	return smp.ErrAuth
}

// newLinkID is the link ID that LSET or NEW asks for.
func (it *item) newLinkID() []byte {
	if it.command.Tag == smp.CmdNew {
		p, _ := smp.ParseNew(it.client.Version, it.command.Params)
		return p.LinkID
	}
	p, _ := smp.ParseLSet(it.command.Params)
	return p.LinkID
}

// dropReserved ends the reservations of a drain, whose writes can be seen, or have failed.
func (c *core) dropReserved() {
	if len(c.reserved) == 0 {
		return
	}
	c.links.Release(c.reserved...)
	clear(c.reserved)
	c.reserved = c.reserved[:0]
}

// beginRemoval notes that the drain takes an ID away from a queue, if commands that name it come to another shard.
func (c *core) beginRemoval(kind IDKind, id []byte) {
	if len(id) == 0 || c.partitions.Shard(id) == c.index {
		return
	}
	name := linkid.Name{Kind: uint8(kind), ID: string(id)}
	c.links.BeginRemoval(name, linkid.Removal{Shard: c.index, Drain: c.out})
	c.out.removals = append(c.out.removals, name)
}

// missing decides about a lookup by an ID that may have been another shard's queue's, and has found nothing: which shard is to
// tell so, and whether the store may show what it has not kept.
func (c *core) missing(kind IDKind, id []byte) (elsewhere ref, err error) {
	by, removed := c.links.RemovedBy(uint8(kind), id)
	switch {
	case removed && by != c.index:
		return refTo(by), nil
	case removed && c.doubt:
		return none, errStore
	}
	return none, nil
}
