package shard

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"switchyard/box"
	"switchyard/smp"
)

// compare checks that the clients have received what the model says, of each queue in its order.
func (c *modelCheck) compare() {
	c.t.Helper()
	c.settle()
	c.follow(func(*action) {})
	c.compareLeft()
	for _, client := range c.clients {
		for _, m := range client.pending() {
			c.compareReply(client, &m)
		}
		c.checkCounts(client)
	}
	for i := range c.model.out {
		c.t.Errorf("client %d did not get %s", c.number(c.model.out[i].client), c.model.out[i].describe())
	}
	c.model.out = nil
}

// settle waits until the router has answered everything, what is put off first. A command that goes from one shard to another is
// behind what the first one has been asked before it, and in front of what the other one is asked behind that.
func (c *modelCheck) settle() {
	clear(c.small)
	if len(c.given) > 0 {
		c.router.syncLanes()
	}
	for range 3 {
		c.router.sync()
	}
}

func (c *modelCheck) compareReply(client *client, m *received) {
	c.t.Helper()
	q := c.queueOf(client, m)
	if q == nil {
		c.t.Errorf("client %d got %s of an unknown entity", c.number(client), m.text())
		return
	}
	k := slices.IndexFunc(c.model.out, func(e expected) bool { return e.client == client && e.queue == q })
	if k < 0 {
		c.t.Errorf("client %d got %s of queue %d more than the model says", c.number(client), m.text(), q.number)
		return
	}
	e := c.model.out[k]
	c.model.out = slices.Delete(c.model.out, k, k+1)
	if m.text() != e.text || m.corr != e.corr || m.entity != string(e.entity) {
		c.t.Errorf("client %d got %s (%x of %x), the model says %s (%x of %x) of queue %d",
			c.number(client), m.text(), m.corr, m.entity, e.describe(), e.corr, e.entity, q.number)
		return
	}
	switch m.tag {
	case smp.RespMsg:
		c.compareMessage(m, &e)
	case smp.RespNMsg:
		c.compareNotification(m, &e)
	case smp.RespInfo:
		c.compareInfo(m, &e)
	case smp.RespLnk:
		lnk, ok := smp.ParseLnk(m.params)
		if !ok || !bytes.Equal(lnk.SenderID, q.sender) || string(lnk.Fixed) != e.link.fixed || string(lnk.User) != e.link.user {
			c.t.Errorf("LNK %x %q %q, the model says %+v", lnk.SenderID, lnk.Fixed, lnk.User, *e.link)
		}
	case smp.RespNID:
		nid, _ := smp.ParseNID(m.params)
		c.learnNotifier(q, e.ntf, nid)
	}
}

// queueOf is the queue that a reply is about: that of the command, or of the entity.
func (c *modelCheck) queueOf(client *client, m *received) *modelQueue {
	if m.corr == "" {
		return c.named[m.entity]
	}
	i := slices.IndexFunc(c.model.out, func(e expected) bool { return e.client == client && e.corr == m.corr })
	if i < 0 {
		c.t.Fatalf("client %d got %s to a command that it has not given, or twice", c.number(client), m.text())
	}
	return c.model.out[i].queue
}

func (e *expected) describe() string {
	if e.message != nil {
		return fmt.Sprintf("%s %.40q", e.text, e.message.body)
	}
	return e.text
}

func (c *modelCheck) compareMessage(m *received, e *expected) {
	msg := m.msg(c.t)
	body := e.queue.open(c.t, msg)
	if got := stored(body.Time, body.Quota, body.Notify, body.Body); got != e.message.stored() {
		c.t.Errorf("MSG %.60s, the model says %.60s", got, e.message.stored())
	}
	c.learn(e.message, msg.ID)
}

// learn takes the ID of a message, which never changes.
func (c *modelCheck) learn(message *modelMessage, id []byte) {
	switch {
	case message.id == nil:
		message.id = bytes.Clone(id)
		c.known = append(c.known[max(0, len(c.known)-100):], message)
	case !bytes.Equal(message.id, id):
		c.t.Errorf("message %.40q has another ID than before", message.body)
	}
}

func (c *modelCheck) compareNotification(m *received, e *expected) {
	nmsg, ok := smp.ParseNMsg(m.params)
	if !ok || len(nmsg.Encrypted) != smp.NtfMetaSize {
		c.t.Fatalf("NMSG %x", m.params)
	}
	var subkey [32]byte
	box.Precompute(&subkey, &e.ntf.secret)
	plain, ok := box.OpenUsed(bytes.Clone(nmsg.Encrypted), &nmsg.Nonce, &subkey)
	meta, parsed := smp.ParseNtfMeta(plain)
	if !ok || !parsed || meta.Time != e.message.time {
		c.t.Errorf("NMSG opens: %v, time %d, the model says %d", ok, meta.Time, e.message.time)
		return
	}
	c.learn(e.message, meta.MsgID)
}

func (c *modelCheck) compareInfo(m *received, e *expected) {
	got, ok := smp.ParseInfo(m.params)
	want := e.info.Info
	if first := e.info.first; first != nil && ok && got.Msg != nil {
		c.learn(first, got.Msg.ID)
		want.Msg = first.info()
	}
	if delivered := e.info.delivered; delivered != nil && ok && got.Sub != nil {
		c.learn(delivered, got.Sub.Delivered)
		want.Sub.Delivered = delivered.id
	}
	if text := smp.AppendInfo(nil, &want); string(text) != "INFO "+string(m.params) {
		c.t.Errorf("INFO %s, the model says %s", m.params, text)
	}
}

// checkCounts checks what the loops read of a connection: how many subscriptions it has, and what it has not read.
func (c *modelCheck) checkCounts(client *client) {
	var subs int32
	unread := 0
	for _, q := range c.model.queues {
		if q.sub != nil && q.sub.client == client {
			subs++
		}
		if q.ntf != nil && q.ntf.sub == client {
			subs++
		}
	}
	if client.stalled {
		unread = DeliveryWindow
	}
	if n, w := client.shard.Subscriptions.Load(), client.shard.Window.Taken(); n != subs || w != unread {
		c.t.Errorf("client %d has %d subscriptions, %d messages to read, the model says %d, %d", c.number(client), n, w, subs, unread)
	}
}

func (m *modelMessage) info() *smp.InfoMsg {
	i := &smp.InfoMsg{ID: m.id, Time: time.Unix(m.time, 0), Type: smp.InfoMessage}
	if m.quota {
		i.Type = smp.InfoQuota
	}
	return i
}
