package shard

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"switchyard/box"
	"switchyard/smp"
)

// actions are the commands, as often as they should come.
var actions = []smp.CommandTag{
	smp.CmdSend, smp.CmdSend, smp.CmdSend, smp.CmdSend, smp.CmdSend, smp.CmdSend, smp.CmdSend,
	smp.CmdAck, smp.CmdAck, smp.CmdAck, smp.CmdAck, smp.CmdAck, smp.CmdAck, smp.CmdAck,
	smp.CmdSub, smp.CmdSub, smp.CmdSub, smp.CmdGet, smp.CmdQue, smp.CmdKey, smp.CmdSKey, smp.CmdRKey,
	smp.CmdNKey, smp.CmdNDel, smp.CmdNSub, smp.CmdNSub, smp.CmdLSet, smp.CmdLDel, smp.CmdLKey, smp.CmdLGet,
}

// commands sends a block of commands to one queue. What follows with luck meets it in one drain.
func (c *modelCheck) commands() { c.commandsOf(c.clients[c.IntN(len(c.clients))]) }

func (c *modelCheck) commandsOf(client *client) {
	q := c.queue()
	if c.strays(q) && c.IntN(2) == 0 {
		c.settle()
		c.give(c.strayBlock(client, q, 1+c.IntN(3), smp.CmdSend, smp.CmdSend, smp.CmdSend, smp.CmdSKey, smp.CmdNSub))
		c.settle()
		return
	}
	block, cmds := c.blockOf(client, 1+max(0, c.IntN(8)-4), func() *modelQueue { return q })
	c.give(client, block, cmds)
}

// blockOf makes a block of as many commands at most, to queues that it asks for; it may be empty.
func (c *modelCheck) blockOf(client *client, size int, queue func() *modelQueue) (block []action, cmds []command) {
	for range size {
		a := c.action(client, queue())
		if c.room != nil && !c.mayGive(&a) {
			a = c.actionOf(client, a.queue, smp.CmdSend)
			if c.strays(a.queue) {
				a = c.actionOf(client, a.queue, smp.CmdQue)
			}
		}
		cmd := c.encode(&a)
		large := len(cmd.text) > 1000 // fills a block
		if len(cmd.entity) > 0 && !(large && len(cmds) > 0) {
			block, cmds = append(block, a), append(cmds, cmd)
		}
		if large {
			break
		}
	}
	for ; blockLength(client, cmds) > smp.BlockSize; block, cmds = block[:len(block)-1], cmds[:len(cmds)-1] {
	}
	return block, cmds
}

// blockLength is how many bytes commands have, when there are so many that a block may not have room for them.
func blockLength(client *client, cmds []command) (n int) {
	if len(cmds) < smp.BlockSize/longStray {
		return 0
	}
	for i := range cmds {
		n += len(client.transmission(&cmds[i]))
	}
	return n
}

// give gives a block of commands to the model and to the router, when that is to execute it at once.
func (c *modelCheck) give(client *client, block []action, cmds []command) {
	if len(block) > 0 {
		c.logBlock(block)
		if c.small[client] += len(block); c.small[client] >= flowLimit {
			c.router.sync()
			clear(c.small)
			c.small[client] = len(block)
		}
		c.model.do(block, func(*action) {})
		client.send(cmds...)
	}
}

func (c *modelCheck) logBlock(block []action) {
	for i := range block {
		a := &block[i]
		c.log("client %d %v queue %d signed %d astray %v", c.number(a.client), a.op, a.queue.number, slices.Index(c.keys, a.key), a.astray)
	}
}

// queue chooses one, mostly one that is there.
func (c *modelCheck) queue() *modelQueue {
	if live := c.live(); len(live) > 0 && c.IntN(40) > 0 {
		return live[c.IntN(len(live))]
	}
	return c.model.queues[c.IntN(len(c.model.queues))]
}

// linkCommand gives a command that names a link, or sets one, by itself.
func (c *modelCheck) linkCommand() {
	client, q := c.clients[c.IntN(len(c.clients))], c.queue()
	a := c.actionOf(client, q, []smp.CommandTag{smp.CmdLGet, smp.CmdLKey, smp.CmdLSet}[c.IntN(3)])
	if a.op == smp.CmdLSet && c.IntN(3) == 0 {
		a.link.id = c.sharedLink()
	}
	if cmd := c.encode(&a); len(cmd.entity) > 0 {
		c.give(client, []action{a}, []command{cmd})
	}
}

// strays tells of a queue whose sender ID is of another shard, as those of imported queues are.
func (c *modelCheck) strays(q *modelQueue) bool {
	return c.router.set.partitions.Shard(q.sender) != c.router.set.partitions.Shard(q.recipient)
}

// longStray is more bytes than a command of a strayBlock has, but for a SEND that fills a block: most are the session ID, the
// correlation ID, the entity ID, a key and a signature of Ed448.
const longStray = 320

// strayBlock makes a block of commands to a queue that name it by such an ID, all by the same.
func (c *modelCheck) strayBlock(client *client, q *modelQueue, size int, ops ...smp.CommandTag) (_ *client, block []action, cmds []command) {
	op := ops[c.IntN(len(ops))]
	c.strayed++
	for range min(size, smp.BlockSize/longStray) {
		a := c.actionOf(client, q, op)
		cmd := c.encode(&a)
		large := len(cmd.text) > 1000 // fills a block
		if len(cmd.entity) > 0 && !(large && len(cmds) > 0) {
			block, cmds = append(block, a), append(cmds, cmd)
		}
		if large {
			break
		}
	}
	return client, block, cmds
}

// foreign tells of a command that names a queue by an ID of another shard, or by one that may be another queue's: it does not
// keep its place among others to the queue.
func (c *modelCheck) foreign(op smp.CommandTag, q *modelQueue) bool {
	switch op {
	case smp.CmdLGet, smp.CmdLKey:
		return !c.keepsPlace(q.knownLink, q)
	case smp.CmdSend, smp.CmdSKey:
		return c.strays(q)
	case smp.CmdNSub:
		return q.knownNtf != nil && !c.keepsPlace(q.knownNtf.id, q)
	}
	return false
}

// keepsPlace tells that a command which names the link keeps its place among others to the queue: one that the router
// passes on from the shard of the link to that of the queue does not, nor does one that names a link which may be
// another's.
func (c *modelCheck) keepsPlace(link []byte, q *modelQueue) bool {
	shardOf := c.router.set.partitions.Shard
	return shardOf(link) == shardOf(q.recipient) && !bytes.HasPrefix(link, sharedLinks)
}

// action makes a command that mostly makes sense.
func (c *modelCheck) action(client *client, q *modelQueue) action {
	op := actions[c.IntN(len(actions))]
	switch n := c.IntN(150); {
	case n < 2:
		op = smp.CmdOff
	case n < 4:
		op = smp.CmdDel
	case c.foreign(op, q):
		op = smp.CmdQue
	}
	return c.actionOf(client, q, op)
}

func (c *modelCheck) actionOf(client *client, q *modelQueue, op smp.CommandTag) action {
	c.corrs++
	a := action{client: client, queue: q, op: op, astray: c.IntN(60) == 0 && !c.strays(q),
		corr: string(binary.BigEndian.AppendUint64(make([]byte, 16), c.corrs))}
	a.key = q.keys[c.IntN(len(q.keys))]
	switch a.op {
	case smp.CmdSend:
		c.made++
		a.key, a.body, a.notify, a.tooLarge = q.senderKey, fmt.Sprint("message ", c.made), c.IntN(2) == 0, c.IntN(50) == 0
		if c.IntN(30) == 0 {
			a.body += strings.Repeat(".", smp.MaxBody(client.shard.Version)-len(a.body))
		}
	case smp.CmdAck:
		a.message = c.ackOf(client, q)
	case smp.CmdKey, smp.CmdSKey, smp.CmdLKey:
		a.keys = []*box.PrivateKey{c.keys[c.IntN(len(c.keys))]}
		if a.op != smp.CmdKey {
			a.key = a.keys[0]
		}
		a.link = &modelLink{id: q.knownLink}
	case smp.CmdRKey:
		a.keys = []*box.PrivateKey{a.key}
		for range c.IntN(3) {
			a.keys = append(a.keys, c.keys[c.IntN(len(c.keys))])
		}
		c.Shuffle(len(a.keys), func(i, j int) { a.keys[i], a.keys[j] = a.keys[j], a.keys[i] })
	case smp.CmdNKey:
		a.ntf = c.newNotifier()
	case smp.CmdNSub:
		if a.ntf = q.knownNtf; a.ntf != nil {
			a.key = a.ntf.key
		}
	case smp.CmdLSet:
		a.link = c.linkFor(q)
	case smp.CmdLGet:
		a.link = &modelLink{id: q.knownLink}
		a.key = nil
		return a
	}
	if c.IntN(25) == 0 || a.key == nil && a.op != smp.CmdSend {
		a.key = c.keys[c.IntN(len(c.keys))]
	}
	return a
}

// linkFor is what LSET asks for: an update of the user's part, a new link, or what is refused.
func (c *modelCheck) linkFor(q *modelQueue) *modelLink {
	c.made++
	link := &modelLink{id: linkOf(q), fixed: "fixed", user: fmt.Sprint("user ", c.made)}
	if q.link != nil && c.IntN(10) > 0 {
		link.id = q.link.id
	}
	if c.IntN(10) == 0 {
		link.fixed = "changed"
	}
	return link
}

// ackOf chooses what to acknowledge: mostly the message that waits for it; nil for an empty ID.
func (c *modelCheck) ackOf(client *client, q *modelQueue) *modelMessage {
	s := q.subOf(client)
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
	q := a.queue
	entity, text := q.recipient, []byte(a.op.String())
	switch a.op {
	case smp.CmdSend:
		body := []byte(a.body)
		if a.tooLarge {
			body = make([]byte, smp.MaxBody(a.client.shard.Version)+1)
		}
		entity, text = q.sender, smp.AppendSend(nil, a.notify, body)
	case smp.CmdAck:
		var id []byte
		if a.message != nil {
			id = a.message.id
		}
		text = smp.AppendAck(nil, id)
	case smp.CmdKey:
		text = smp.AppendKey(nil, spki(a.keys[0]))
	case smp.CmdSKey:
		entity, text = q.sender, smp.AppendSKey(nil, spki(a.keys[0]))
	case smp.CmdRKey:
		var keys [][]byte
		for _, k := range a.keys {
			keys = append(keys, spki(k))
		}
		text = smp.AppendRKey(nil, keys...)
	case smp.CmdNKey:
		text = smp.AppendNKey(nil, smp.NKeyParams{Key: spki(a.ntf.key), DHKey: spki(a.ntf.dh)})
	case smp.CmdNSub:
		if entity = nil; a.ntf != nil {
			entity = a.ntf.id
		}
	case smp.CmdLSet:
		text = smp.AppendLSet(nil, smp.LinkParams{LinkID: a.link.id, Fixed: []byte(a.link.fixed), User: []byte(a.link.user)})
	case smp.CmdLKey:
		entity, text = a.link.id, smp.AppendLKey(nil, spki(a.keys[0]))
	case smp.CmdLGet:
		entity = a.link.id
	}
	if a.astray {
		entity = astray(q, a.op)
	}
	a.entity = entity
	return command{key: a.key, entity: entity, text: text, corr: []byte(a.corr)}
}

// astray is an ID of the queue that is not the one which the command names.
func astray(q *modelQueue, op smp.CommandTag) []byte {
	if op == smp.CmdSend || op == smp.CmdSKey {
		return q.recipient
	}
	return q.sender
}
