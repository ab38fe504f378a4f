package client

import "switchyard/smp"

// Command is one command, ready to be authorized and sent. It refers to the slices it was made of until Do returns,
// to the entity ID until the response.
type Command struct {
	tag    smp.CommandTag
	key    *Key // nil: not authorized
	entity []byte
	data   []byte // body of SEND, message ID of ACK, key of KEY and SKEY; the whole command when tag is 0
	notify bool
	keys   [][]byte         // of RKEY
	new    *smp.NewParams   // of NEW
	subs   *smp.ServiceSubs // of SUBS and NSUBS
}

// append appends the command as version v has it.
func (c *Command) append(b []byte, v smp.Version) []byte {
	switch c.tag {
	case smp.CmdSend:
		return smp.AppendSend(b, c.notify, c.data)
	case smp.CmdAck:
		return smp.AppendAck(b, c.data)
	case smp.CmdKey:
		return smp.AppendKey(b, c.data)
	case smp.CmdSKey:
		return smp.AppendSKey(b, c.data)
	case smp.CmdRKey:
		return smp.AppendRKey(b, c.keys...)
	case smp.CmdNew:
		return smp.AppendNew(b, v, c.new)
	case smp.CmdSubs:
		return smp.AppendSubs(b, v, *c.subs)
	case smp.CmdNSubs:
		return smp.AppendNSubs(b, v, *c.subs)
	case 0:
		return append(b, c.data...)
	}
	return append(b, c.tag.String()...) // the others have no parameters
}

// Ping asks the router whether it is there: PONG.
func Ping() Command { return Command{tag: smp.CmdPing} }

// Raw sends the bytes of command as they are. entity may be empty and key nil.
func Raw(key *Key, entity, command []byte) Command {
	return Command{key: key, entity: entity, data: command}
}

func (q *RcvQueue) command(tag smp.CommandTag) Command {
	return Command{tag: tag, key: q.Key, entity: q.ID}
}

// Sub subscribes: SOK (OK before version 16), and an EventMessage when the queue has one.
func (q *RcvQueue) Sub() Command { return q.command(smp.CmdSub) }

// Ack acknowledges a message: OK, or MSG, the next message.
func (q *RcvQueue) Ack(msgID []byte) Command {
	c := q.command(smp.CmdAck)
	c.data = msgID
	return c
}

// Get takes a look at the first message without subscribing: MSG or OK.
func (q *RcvQueue) Get() Command { return q.command(smp.CmdGet) }

// Secure sets the sender's key (KEY): OK.
func (q *RcvQueue) Secure(senderSPKI []byte) Command {
	c := q.command(smp.CmdKey)
	c.data = senderSPKI
	return c
}

// SetKeys replaces the recipient's keys (RKEY), 1 to 255: OK.
func (q *RcvQueue) SetKeys(spkis ...[]byte) Command {
	c := q.command(smp.CmdRKey)
	c.keys = spkis
	return c
}

// Off suspends the queue for senders: OK.
func (q *RcvQueue) Off() Command { return q.command(smp.CmdOff) }

// Del deletes the queue: OK.
func (q *RcvQueue) Del() Command { return q.command(smp.CmdDel) }

// Que asks for the queue's state: INFO.
func (q *RcvQueue) Que() Command { return q.command(smp.CmdQue) }

// Send sends a message: OK.
func (s *SndQueue) Send(notify bool, body []byte) Command {
	return Command{tag: smp.CmdSend, key: s.Key, entity: s.ID, data: body, notify: notify}
}

// Secure sets the sender's key by the sender itself (SKEY), with the queue's Key, which must not be nil: OK.
func (s *SndQueue) Secure() Command {
	return Command{tag: smp.CmdSKey, key: s.Key, entity: s.ID, data: s.Key.SPKI()}
}
