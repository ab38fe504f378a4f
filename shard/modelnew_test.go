package shard

import (
	"bytes"
	"fmt"
	"slices"

	"switchyard/box"
	"switchyard/smp"
)

// create says how NEW is answered; taken link IDs and sender IDs are those of other queues.
func (m *model) create(p *smp.NewParams, corr []byte) string {
	derived := box.SenderIDFromCorrID(corr)
	switch {
	case string(p.BasicAuth) != modelPassword:
		return "AUTH"
	case p.HasLink && string(p.SenderID) != string(derived[:]):
		return "CMD PROHIBITED"
	case p.HasLink && p.Mode == smp.ModeContact && m.holder(p.LinkID) != nil:
		return "AUTH"
	}
	for _, q := range m.queues {
		if p.HasLink && !q.gone && string(q.sender) == string(p.SenderID) {
			return "AUTH"
		}
	}
	return "IDS"
}

// create makes a queue, or fails to.
func (c *modelCheck) create() {
	client := c.clients[c.IntN(len(c.clients))]
	v := client.shard.Version
	o := queueOptions{mode: c.queueMode(v), subscribe: c.IntN(2) == 0, notifier: v >= 17 && c.IntN(2) == 0, password: modelPassword}
	if c.IntN(20) == 0 {
		o.password = "guess"
	}
	p, q, dh := c.newQueue(o)
	corr := fmt.Append(nil, "NEW ", c.step)
	if v >= smp.VersionShortLinks && o.mode != smp.ModeUnset && c.IntN(2) == 0 {
		corr = c.withLink(&p, q)
	}
	want := c.model.create(&p, corr)
	c.log("client %d of version %d: NEW queue %d %+v: %s", c.number(client), v, q.number, o, want)
	client.send(command{key: q.key, text: smp.AppendNew(nil, v, &p), corr: corr})
	m := client.response(corr)
	if m.text() != want {
		c.t.Errorf("NEW: got %s, the model says %s", m.text(), want)
		return
	}
	if want != "IDS" {
		return
	}
	ids := q.created(c.t, v, &m, dh)
	c.checkIDs(q, v, &p, &ids)
	if o.subscribe {
		q.sub = &modelSub{client: client}
	}
	c.named[string(q.recipient)] = q
	c.model.queues = append(c.model.queues, q)
}

// queueMode is one that the version can say.
func (c *modelCheck) queueMode(v smp.Version) smp.QueueMode {
	switch {
	case v < smp.VersionSndAuthKey:
		return smp.ModeUnset
	case v < smp.VersionShortLinks:
		return []smp.QueueMode{smp.ModeMessaging, smp.ModeContact}[c.IntN(2)]
	}
	return []smp.QueueMode{smp.ModeMessaging, smp.ModeContact, smp.ModeUnset}[c.IntN(3)]
}

func (c *modelCheck) newQueue(o queueOptions) (p smp.NewParams, q *modelQueue, dh *box.PrivateKey) {
	c.made++
	q = &modelQueue{number: c.made, mode: o.mode, gets: map[*client]*modelSub{}}
	q.key, dh = c.newKey(), c.router.newKeyOf(box.X25519)
	q.keys = []*box.PrivateKey{q.key}
	p = smp.NewParams{AuthKey: spki(q.key), DHKey: spki(dh), BasicAuth: []byte(o.password), Subscribe: o.subscribe, Mode: o.mode}
	if o.notifier {
		q.ntf = c.newNotifier()
		q.knownNtf = q.ntf
		p.HasNtf, p.Ntf = true, smp.NKeyParams{Key: spki(q.ntf.key), DHKey: spki(q.ntf.dh)}
	}
	return p, q, dh
}

func (c *modelCheck) newNotifier() *modelNotifier {
	return &modelNotifier{key: c.keys[c.IntN(len(c.keys))], dh: c.router.newKeyOf(box.X25519)}
}

// withLink gives NEW link data, and returns the correlation ID that goes with its sender ID. Some ask for what is taken
// or prohibited.
func (c *modelCheck) withLink(p *smp.NewParams, q *modelQueue) (corr []byte) {
	q.link = &modelLink{id: linkOf(q), fixed: "fixed", user: fmt.Sprint("user ", q.number)}
	number := q.number
	switch live := c.live(); c.IntN(8) {
	case 0:
		if len(live) > 0 {
			number = live[c.IntN(len(live))].number
		}
	case 1, 2:
		q.link.id = c.sharedLink()
	}
	corr = fmt.Append(nil, "queue ", number)
	sender := box.SenderIDFromCorrID(corr)
	if c.IntN(12) == 0 {
		sender[0]++
	}
	p.HasLink, p.LinkID, p.SenderID, p.Fixed, p.User = true, q.link.id, sender[:], []byte(q.link.fixed), []byte(q.link.user)
	return corr
}

// linkOf is the link ID that clients choose for a queue.
func linkOf(q *modelQueue) []byte { return fmt.Append(nil, "link of queue ", q.number) }

var sharedLinks = []byte("shared link ")

// sharedLink is a link ID that clients choose for several queues.
func (c *modelCheck) sharedLink() []byte { return fmt.Append(slices.Clone(sharedLinks), c.IntN(4)) }

// checkIDs checks what IDS says beside the two IDs, and learns the other ones.
func (c *modelCheck) checkIDs(q *modelQueue, v smp.Version, p *smp.NewParams, ids *smp.IDs) {
	if v >= smp.VersionSndAuthKey && ids.Mode != q.mode {
		c.t.Errorf("IDS of mode %c, want %c", ids.Mode, q.mode)
	}
	if q.link != nil {
		if !bytes.Equal(q.sender, p.SenderID) || len(ids.LinkID) == 0 || q.mode == smp.ModeContact && !bytes.Equal(ids.LinkID, p.LinkID) {
			c.t.Errorf("IDS of sender %x, link %q", ids.SenderID, ids.LinkID)
		}
		q.link.id, q.knownLink = ids.LinkID, ids.LinkID
	} else if len(ids.LinkID) > 0 {
		c.t.Errorf("IDS with link %x", ids.LinkID)
	}
	if ids.HasNtf != (q.ntf != nil) {
		c.t.Errorf("IDS with notifier: %v", ids.HasNtf)
	} else if q.ntf != nil {
		c.learnNotifier(q, q.ntf, smp.NID{NotifierID: ids.Ntf.NotifierID, DHKey: ids.Ntf.DHKey})
	}
}

// learnNotifier takes what the router has said of credentials.
func (c *modelCheck) learnNotifier(q *modelQueue, n *modelNotifier, nid smp.NID) {
	theirs, err := box.ParseX25519(nid.DHKey)
	if err != nil {
		c.t.Fatal(err)
	}
	ours, _ := n.dh.X25519()
	if err := box.DH(&n.secret, ours, &theirs); err != nil {
		c.t.Fatal(err)
	}
	n.id = bytes.Clone(nid.NotifierID)
	q.knownNtf = n
	c.named[string(n.id)] = q
}
