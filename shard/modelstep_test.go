package shard

import (
	"bytes"
	"fmt"
	"slices"

	"switchyard/box"
	"switchyard/smp"
)

type testClient = client

// actions are the commands, as often as they should come.
var actions = []smp.CommandTag{
	smp.CmdSend, smp.CmdSend, smp.CmdSend, smp.CmdSend, smp.CmdSend, smp.CmdSend, smp.CmdSend,
	smp.CmdAck, smp.CmdAck, smp.CmdAck, smp.CmdAck, smp.CmdAck, smp.CmdAck, smp.CmdAck,
	smp.CmdSub, smp.CmdSub, smp.CmdSub, smp.CmdGet, smp.CmdQue, smp.CmdKey, smp.CmdSKey, smp.CmdRKey,
	smp.CmdNKey, smp.CmdNDel, smp.CmdNSub, smp.CmdNSub,
}

// action makes a command that mostly makes sense.
func (c *modelCheck) action(client *client, q *modelQueue) action {
	a := action{client: client, queue: q, ntfs: q.known, op: actions[c.IntN(len(actions))]}
	switch n := c.IntN(150); {
	case n < 2:
		a.op = smp.CmdOff
	case n < 4:
		a.op = smp.CmdDel
	}
	a.key = q.keys[c.IntN(len(q.keys))]
	switch a.op {
	case smp.CmdSend:
		c.sent++
		a.key, a.body, a.tooLarge = q.senderKey, fmt.Sprint("message ", c.sent), c.IntN(50) == 0
	case smp.CmdAck:
		a.message = c.ackOf(client, q)
	case smp.CmdKey, smp.CmdSKey, smp.CmdNKey:
		a.keys = []*box.PrivateKey{c.keys[c.IntN(len(c.keys))]}
		if a.op == smp.CmdSKey {
			a.key = a.keys[0]
		}
	case smp.CmdRKey:
		a.keys = []*box.PrivateKey{a.key}
		for range c.IntN(3) {
			a.keys = append(a.keys, c.keys[c.IntN(len(c.keys))])
		}
		c.Shuffle(len(a.keys), func(i, j int) { a.keys[i], a.keys[j] = a.keys[j], a.keys[i] })
	case smp.CmdNSub:
		a.key = q.notifierKey
	}
	if c.IntN(25) == 0 || a.key == nil && a.op != smp.CmdSend {
		a.key = c.keys[c.IntN(len(c.keys))]
	}
	return a
}

// ackOf chooses what to acknowledge: mostly the message that waits for it; nil for an empty ID.
func (c *modelCheck) ackOf(client *client, q *modelQueue) *modelMessage {
	s := q.gets[client]
	if q.sub != nil && q.sub.client == client {
		s = q.sub
	}
	switch {
	case s != nil && s.delivered != nil && s.delivered.id != nil && c.IntN(8) > 0:
		return s.delivered
	case len(c.known) > 0 && c.IntN(3) > 0:
		return c.known[c.IntN(len(c.known))]
	}
	return nil
}

// encode makes the command of an action; without an entity when there is nothing to name yet.
func (c *modelCheck) encode(a *action) command {
	cmd := command{key: a.key, entity: a.queue.recipient}
	switch a.op {
	case smp.CmdSend:
		body := []byte(a.body)
		if a.tooLarge {
			body = make([]byte, smp.MaxBody(smp.CurrentVersion)+1)
		}
		cmd.entity, cmd.text = a.queue.sender, smp.AppendSend(nil, false, body)
	case smp.CmdAck:
		var id []byte
		if a.message != nil {
			id = a.message.id
		}
		cmd.text = smp.AppendAck(nil, id)
	case smp.CmdKey:
		cmd.text = smp.AppendKey(nil, spki(a.keys[0]))
	case smp.CmdSKey:
		cmd.entity, cmd.text = a.queue.sender, smp.AppendSKey(nil, spki(a.keys[0]))
	case smp.CmdRKey:
		var keys [][]byte
		for _, k := range a.keys {
			keys = append(keys, spki(k))
		}
		cmd.text = smp.AppendRKey(nil, keys...)
	case smp.CmdNKey:
		dh := spki(c.router.newKeyOf(box.X25519))
		cmd.text = smp.AppendNKey(nil, smp.NKeyParams{Key: spki(a.keys[0]), DHKey: dh})
	case smp.CmdNSub:
		cmd.entity, cmd.text = a.queue.notifier, smp.AppendNSub(nil)
	default:
		cmd.text = []byte(a.op.String())
	}
	return cmd
}

// compare checks that the clients have received what the model says, of each queue in its order.
func (c *modelCheck) compare() {
	c.t.Helper()
	c.router.sync()
	for i, client := range c.clients {
		for _, m := range client.pending() {
			q := c.named[m.entity]
			k := slices.IndexFunc(c.model.out, func(e expected) bool { return e.client == client && e.queue == q })
			if k < 0 {
				c.t.Errorf("client %d got %s more than the model says", i, m.text())
				return
			}
			c.compareOne(i, &m, &c.model.out[k])
			c.model.out = slices.Delete(c.model.out, k, k+1)
		}
	}
	for _, e := range c.model.out {
		c.t.Errorf("client %d did not get %s", slices.Index(c.clients, e.client), e.describe())
	}
	c.model.out = nil
}

func (e *expected) describe() string {
	if e.message != nil {
		return fmt.Sprintf("MSG %q", e.message.body)
	}
	return e.text
}

func (c *modelCheck) compareOne(i int, m *received, e *expected) {
	text := e.text
	if e.message != nil {
		text = "MSG"
	}
	if m.text() != text || e.event != (m.corr == "") {
		c.t.Errorf("client %d got %s, the model says %s", i, m.text(), e.describe())
		return
	}
	if m.tag == smp.RespNID {
		nid, _ := smp.ParseNID(m.params)
		e.queue.notifier, e.queue.known = nid.NotifierID, e.ntfs
		c.named[string(nid.NotifierID)] = e.queue
	}
	if e.message == nil {
		return
	}
	msg := m.msg(c.t)
	body := e.queue.open(c.t, msg)
	if m.entity != string(e.queue.recipient) || body.Quota != e.message.quota || body.Time != e.message.time ||
		!body.Quota && string(body.Body) != e.message.body {
		c.t.Errorf("client %d got the message %q (quota %v), the model says %q", i, body.Body, body.Quota, e.message.body)
	}
	switch {
	case e.message.id == nil:
		e.message.id = msg.ID
		c.known = append(c.known, e.message)
	case !bytes.Equal(e.message.id, msg.ID):
		c.t.Errorf("client %d got the message %q with another ID", i, body.Body)
	}
}
